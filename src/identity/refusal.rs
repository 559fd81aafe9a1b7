//! Why callers cannot be authenticated.

use crate::outbound;

/// Why a caller could not be authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The token is missing or invalid.
    Unauthorized,
    /// Keystone is unavailable; the reason is for the log.
    Unavailable(String),
}

/// Why no caller could ever be authenticated.
#[derive(Debug, thiserror::Error)]
#[error("[keystone_authtoken] cannot be used")]
pub struct SetupError(#[from] outbound::Error);
