//! Why a caller, or any caller, cannot be identified.

use crate::tls;

/// Why nobody was established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no token, or none that is valid.
    Unauthorized,
    /// It cannot be found out now; for the log, why.
    Unavailable(String),
}

/// Why identities cannot be established at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The certificate authorities of `[keystone_authtoken]` are of no use.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// The HTTP client could not be set up.
    #[error("the HTTP client for Keystone could not be set up")]
    Http(#[from] reqwest::Error),
}
