//! How a recorder says who it is. Secrets never reach a log, a `Debug` text or the spool.

use std::fmt;

use reqwest::header::HeaderValue;

use super::Error;

/// Who records. The server wants the role `service` or `admin`.
#[derive(Clone)]
#[non_exhaustive]
pub enum Auth {
    /// A server without identity service (`noauth`): the name to record under. The role `service` is asked
    /// for.
    NoAuth {
        /// The user's name; without a colon.
        user: String,
    },
    /// A token that is sent as it is. The recorder cannot renew it: for tests, and for tokens that do not
    /// expire.
    Token(String),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAuth { user } => f.debug_struct("NoAuth").field("user", user).finish(),
            Self::Token(_) => f.write_str("Token(..)"),
        }
    }
}

impl Auth {
    /// Finds out at start, not at the first message, whether this can be sent in a header.
    pub(super) fn check(&self) -> Result<(), Error> {
        let usable = match self {
            Self::NoAuth { user } => !user.is_empty() && !user.contains(':'),
            Self::Token(token) => !token.is_empty(),
        };
        if usable && self.header("0").is_some() {
            Ok(())
        } else {
            Err(Error::Credentials)
        }
    }

    /// The value of `X-Auth-Token` for a batch of `project`.
    pub(super) fn header(&self, project: &str) -> Option<HeaderValue> {
        let value = match self {
            Self::NoAuth { user } => HeaderValue::try_from(format!("{user}:{project}:service")),
            Self::Token(token) => HeaderValue::try_from(token.as_str()),
        };
        let mut value = value.ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_hides_the_token() {
        let auth = Auth::Token("gAAAAA-secret".into());
        assert_eq!(format!("{auth:?}"), "Token(..)");
        assert!(!format!("{:?}", auth.header("p")).contains("secret"));
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        let auth = |user: &str| Auth::NoAuth { user: user.into() }.check().is_ok();
        assert!(auth("cinder"));
        assert!(!auth("") && !auth("a:b") && !auth("a\nb"));
        assert!(Auth::Token("x\r\ny".into()).check().is_err());
    }
}
