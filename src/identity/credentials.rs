//! The credentials of a request.

use std::fmt;

/// The tokens of a request, and what it asks for. The `Debug` output hides the tokens.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The caller's token, trimmed.
    pub token: Option<&'a str>,
    /// The token of a service that forwards the caller's request.
    pub service_token: Option<&'a str>,
    /// The type of the service in access rules, if that is not configured.
    pub service_type: Option<&'a str>,
    /// The request's method, in upper case.
    pub method: &'a str,
    /// Its path, as sent.
    pub path: &'a str,
    /// The project in the path.
    pub url_project: Option<&'a str>,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("token", &self.token.map(|_| "***"))
            .field("service_token", &self.service_token.map(|_| "***"))
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_text_shows_no_token() {
        let shown = Credentials {
            token: Some("gAAAA-secret"),
            service_token: Some("gAAAA-secret"),
            service_type: None,
            method: "GET",
            path: "/v3",
            url_project: None,
        };
        assert!(!format!("{shown:?}").contains("secret"));
    }
}
