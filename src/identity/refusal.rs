//! Why a caller, or any caller, cannot be identified.

use crate::outbound;

/// Why a caller could not be identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no token, or none that is valid.
    Unauthorized,
    /// Keystone cannot be asked now; the reason, for the log.
    Unavailable(String),
}

/// Why no caller could ever be identified.
#[derive(Debug, thiserror::Error)]
#[error("[keystone_authtoken] cannot be used")]
pub struct SetupError(#[from] outbound::Error);
