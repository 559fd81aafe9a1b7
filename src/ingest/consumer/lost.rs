//! Why a connection to the broker ends.

use crate::bus;

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// It was ordered to stop.
    #[error("stopped")]
    Stopped,
    /// There is no connection.
    #[error(transparent)]
    Unreached(#[from] bus::Error),
    /// The connection failed, or the broker refused.
    #[error("the broker: {0}")]
    Broker(#[from] lapin::Error),
    /// The broker ended the consumer, as when its queue is deleted.
    #[error("the broker delivers no more")]
    Cancelled,
}
