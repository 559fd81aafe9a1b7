//! A microversion.

use std::fmt;

/// A microversion of a service's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Microversion {
    major: u32,
    minor: u32,
}

impl Microversion {
    /// Microversion `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads `^([1-9]\d*)\.([1-9]\d*|0)$`. A number too large for this program is the largest one.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let (major, minor) = text.split_once('.')?;
        if major.starts_with('0') || (minor.starts_with('0') && minor != "0") {
            return None;
        }
        Some(Self::new(number(major)?, number(minor)?))
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
