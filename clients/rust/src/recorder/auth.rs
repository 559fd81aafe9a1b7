//! How a recorder authenticates. Secrets never reach a log, a `Debug` text or the spool.

use std::fmt;

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::keystone::Login;

use super::error::Error;

/// The recorder's credentials. The server requires the role `service` or `admin`.
#[derive(Clone)]
#[non_exhaustive]
pub enum Auth {
    /// For a server without an identity service (`noauth`): the name to record under. The recorder requests the role
    /// `service`.
    NoAuth {
        /// The user's name, without a colon.
        user: String,
    },
    /// A token that is sent as it is. The recorder cannot renew it: use it in tests, or if tokens do not expire.
    Token(String),
    /// A Keystone user or application credential. The recorder acquires tokens with it and renews them before they
    /// expire.
    Keystone {
        /// Keystone's address, with or without `/v3`: `OS_AUTH_URL`.
        auth_url: String,
        /// The user or application credential.
        login: Box<Login>,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAuth { user } => f.debug_struct("NoAuth").field("user", user).finish(),
            Self::Token(_) => f.write_str("Token(..)"),
            Self::Keystone { auth_url, login } => f
                .debug_struct("Keystone")
                .field("auth_url", auth_url)
                .field("login", login)
                .finish(),
        }
    }
}

impl Auth {
    /// Authenticates as a user or an application credential of the Keystone at `auth_url`.
    pub fn keystone(auth_url: impl Into<String>, login: Login) -> Self {
        Self::Keystone {
            auth_url: auth_url.into(),
            login: Box::new(login),
        }
    }

    /// Fails at start rather than at the first message if the credentials cannot be sent.
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_usable = match self {
            Self::NoAuth { user } => !user.is_empty() && !user.contains(':') && header(user).is_some(),
            Self::Token(token) => !token.is_empty() && header(token).is_some(),
            Self::Keystone { auth_url, login } => {
                endpoint(auth_url).map_err(Error::AuthUrl)?;
                login.is_complete()
            }
        };
        if is_usable {
            Ok(())
        } else {
            Err(Error::Credentials)
        }
    }
}

/// Returns a token as the value of `X-Auth-Token`.
pub(super) fn header(token: &str) -> Option<HeaderValue> {
    // A server answers other characters with 400, as if the messages were at fault.
    let mut value = HeaderValue::try_from(token)
        .ok()
        .filter(|value| value.to_str().is_ok())?;
    value.set_sensitive(true);
    Some(value)
}

/// Parses the address of a server, or says what is wrong with it.
pub(super) fn endpoint(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("must begin with http:// or https:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or fragment");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_hides_the_token() {
        let auth = Auth::Token("gAAAAA-secret".into());
        assert_eq!(format!("{auth:?}"), "Token(..)");
        let login = Login::password("nova", "hunter2", "service");
        let shown = format!("{:?}", Auth::keystone("http://keystone.test:5000", login));
        assert!(shown.contains("nova") && !shown.contains("hunter2"), "{shown}");
        assert!(!format!("{:?}", header("secret")).contains("secret"));
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        let auth = |user: &str| Auth::NoAuth { user: user.into() }.check().is_ok();
        assert!(auth("cinder"));
        assert!(!auth("") && !auth("a:b") && !auth("a\nb") && !auth("zo\u{eb}"));
        assert!(Auth::Token("x\r\ny".into()).check().is_err());
    }
}
