//! Why a connection to a server cannot be made.

use diesel::ConnectionError;

use crate::config::Server;
use crate::store::error::Error;

/// The file of trusted authorities on Debian and its derivatives, for libraries without a suitable default.
pub(super) const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The error of a failed connection: what kind of obstacle it is, then the driver's own text on one line, which never
/// contains the password.
pub(super) fn of(server: &Server, error: &ConnectionError) -> Error {
    let text = error.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::Unavailable(format!("{server}: {} ({text})", obstacle(&text)))
}

/// Classifies an obstacle by the driver's text.
fn obstacle(text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "authentication failed",
        "no password supplied",
        "Access denied for user",
        "pg_hba.conf",
    ]) && !text.contains("to database")
    {
        "the server refuses the user or the password"
    } else if has(&["Unknown database", "to database"]) || (has(&["database"]) && has(&["does not exist"])) {
        "the server has no such database for this user"
    } else if has(&["certificate", "SSL", "TLS"]) {
        "there is no trusted TLS connection"
    } else if has(&[
        "too many clients",
        "too many connections",
        "Too many connections",
        "connection slots",
        "max_user_connections",
    ]) {
        "the server takes no more connections"
    } else if has(&["Connection refused", "(111)"]) {
        "the server refuses the connection"
    } else {
        "the server cannot be reached"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_obstacle_is_classified() {
        let full = "the server takes no more connections";
        for (text, want) in [
            ("FATAL: sorry, too many clients already", full),
            ("FATAL: too many connections for role \"tidings\"", full),
            (
                "FATAL: remaining connection slots are reserved for superusers",
                full,
            ),
            ("Too many connections", full),
            (
                "User tidings already has more than 'max_user_connections' active connections",
                full,
            ),
            (
                "connection to server at \"127.0.0.1\", port 1 failed: Connection refused Is the server running?",
                "the server refuses the connection",
            ),
            (
                "Can't connect to server on '127.0.0.1' (111)",
                "the server refuses the connection",
            ),
            (
                "connection to server at \"192.0.2.1\" failed: No route to host",
                "the server cannot be reached",
            ),
            (
                "Can't connect to server on '192.0.2.1' (110)",
                "the server cannot be reached",
            ),
            (
                "could not translate host name \"db\" to address",
                "the server cannot be reached",
            ),
            (
                "Access denied for user 'tidings'@'localhost'",
                "the server refuses the user or the password",
            ),
        ] {
            assert_eq!(obstacle(text), want, "{text}");
        }
    }
}
