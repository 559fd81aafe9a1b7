//! Why a listener is not created or changed.

use super::rotation::TooMany;
use crate::listener::{ListenerFault, OpenError, SealError};
use crate::store;

/// Why a listener is not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistrarError {
    /// Some of its settings are invalid.
    #[error("{}", crate::brief::listed(.0, "; ", 20))]
    Invalid(Vec<ListenerFault>),
    /// Too many addresses of its project would be unconfirmed.
    #[error(
        "the project would have more than {0} addresses whose owners have not confirmed; those that do not are forgotten after \
         30 days"
    )]
    Unconfirmed(u64),
    /// Its project's listeners name as many confirmed addresses as it may have.
    #[error("the listeners of the project name {0} confirmed addresses, the most that they may")]
    Confirmed(u64),
    /// Its project has as many as it may have.
    #[error("the project has {0} listeners, the most that it may have")]
    Quota(u64),
    /// Its secrets cannot be stored.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A stored listener cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Too many earlier secrets still sign.
    #[error(transparent)]
    Rotation(#[from] TooMany),
    /// Any error of the database: [`store::Error::NotFound`], or [`store::Error::Conflict`] for a name that is taken by a
    /// different listener and for a change at the same time.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<ListenerFault> for RegistrarError {
    fn from(fault: ListenerFault) -> Self {
        Self::Invalid(vec![fault])
    }
}
