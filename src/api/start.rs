//! Why a server may fail to start.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::config::Bind;
use crate::identity::{SetupError, UnknownPrefix, policy};
use crate::seal::KeyError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot listen on the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: String,
        /// The cause.
        source: io::Error,
    },
    /// Keystone cannot be used.
    #[error("Keystone cannot be used")]
    Identity(#[from] SetupError),
    /// The policy is invalid.
    #[error(transparent)]
    Policy(#[from] policy::PolicyFaults),
    /// The keys of sessions or of listeners' secrets are invalid.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The limit of open files leaves no room for connections.
    #[error("the limit of open files (ulimit -n) is {limit}; this server needs at least {needed}")]
    Descriptors {
        /// The limit.
        limit: u64,
        /// The lowest sufficient limit.
        needed: u64,
    },
    /// An owner of an unknown prefix.
    #[error(transparent)]
    Owners(#[from] UnknownPrefix),
}

impl StartError {
    /// A failure to bind an address.
    pub(super) fn bind(bind: &Bind, source: io::Error) -> Self {
        Self::Bind {
            address: bind.to_string(),
            source,
        }
    }
}

/// Resolves a configured address.
pub(super) fn resolve(bind: &Bind) -> Result<Vec<SocketAddr>, StartError> {
    bind.to_socket_addrs()
        .map(Iterator::collect)
        .map_err(|source| StartError::bind(bind, source))
}
