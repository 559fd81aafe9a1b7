//! What a request shows of who sends it.

use std::fmt;

/// The tokens of a request, and what it asks for. Its `Debug` text shows no token.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The caller's token, without space around it.
    pub token: Option<&'a str>,
    /// That of a service that passes the caller's request on.
    pub service_token: Option<&'a str>,
    /// The request's method, in capitals.
    pub method: &'a str,
    /// Its path, as it was sent.
    pub path: &'a str,
    /// The project that the path names.
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
            method: "GET",
            path: "/v3",
            url_project: None,
        };
        assert!(!format!("{shown:?}").contains("secret"));
    }
}
