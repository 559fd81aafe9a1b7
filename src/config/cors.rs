//! `[cors]`.

use std::time::Duration;

use super::endpoint::{is_authority, unless_login};
use super::reader::OptionReader;
use super::value::Value;

/// `[cors]`: which other sites' scripts a browser lets read answers. Off while no origin is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The origins, `https://host[:port]` each, or `*` for all.
    pub allowed_origin: Vec<Origin>,
    /// How long a browser may remember the answer to a preflight request.
    pub max_age: Duration,
    /// Whether a browser may send cookies along.
    pub allow_credentials: bool,
}

/// A scheme, a host and maybe a port; or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As browsers write it in the `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for every origin.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            allowed_origin: Vec::new(),
            max_age: Duration::from_secs(3600),
            allow_credentials: false,
        }
    }
}

impl Cors {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("cors");
        let day = Duration::from_secs(86_400);
        Self {
            allowed_origin: section.get("allowed_origin", default.allowed_origin),
            max_age: section.within("max_age", default.max_age, &(Duration::ZERO..=day)),
            allow_credentials: section.get("allow_credentials", default.allow_credentials),
        }
    }
}

impl Value for Origin {
    fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let authority = lower
            .strip_prefix("http://")
            .or_else(|| lower.strip_prefix("https://"));
        if lower == "*" || authority.is_some_and(is_authority) {
            Ok(Self(lower))
        } else {
            Err(unless_login(
                text,
                "is not an origin, such as https://portal.example.org without a path",
            ))
        }
    }
}
