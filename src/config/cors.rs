//! `[cors]`.

use std::time::Duration;

use super::endpoint::{is_authority, unless_login};
use super::reader::OptionReader;
use super::value::Value;

/// `[cors]`: other origins whose scripts may read answers in a browser. Off unless an origin is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The origins, each `https://host[:port]`, or `*` for all.
    pub allowed_origin: Vec<Origin>,
    /// How long a browser may cache the answer to a preflight request.
    pub max_age: Duration,
    /// Whether a browser may send cookies.
    pub allow_credentials: bool,
}

/// A scheme, a host and optionally a port; or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Returns it as browsers write it in the `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `*`.
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
                "must be an origin, such as https://portal.example.org, without a path",
            ))
        }
    }
}
