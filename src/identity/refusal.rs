//! Why a caller, or any caller, cannot be identified.

use crate::outbound;

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
#[error("[keystone_authtoken] cannot be used")]
pub struct SetupError(#[from] outbound::Error);
