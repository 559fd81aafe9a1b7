//! What a server's start may fail for.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::config::Bind;
use crate::identity::session::KeyError;
use crate::identity::{SetupError, UnknownPrefix, policy};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// Which one.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Keystone cannot be asked.
    #[error("Keystone cannot be used")]
    Identity(#[from] SetupError),
    /// The rules cannot be used.
    #[error(transparent)]
    Policy(#[from] policy::PolicyFaults),
    /// There is no key for sessions.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// There is no room for connections.
    #[error("the limit of open files (ulimit -n) is {limit}; this server needs at least {needed}")]
    Descriptors {
        /// The limit.
        limit: u64,
        /// The lowest one that would do.
        needed: u64,
    },
    /// An owner of nothing.
    #[error(transparent)]
    Owners(#[from] UnknownPrefix),
}

impl StartError {
    /// What the system says of an address.
    pub(super) fn bind(bind: &Bind, source: io::Error) -> Self {
        Self::Bind {
            address: bind.to_string(),
            source,
        }
    }
}

/// All addresses that a configured one stands for.
pub(super) fn resolve(bind: &Bind) -> Result<Vec<SocketAddr>, StartError> {
    bind.to_socket_addrs()
        .map(Iterator::collect)
        .map_err(|source| StartError::bind(bind, source))
}
