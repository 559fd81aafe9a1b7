//! Why a connection to the broker ended.

use crate::bus;

/// Why consuming ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// It was told to stop.
    #[error("stopped")]
    Stopped,
    /// The broker is unreachable.
    #[error(transparent)]
    Unreached(#[from] bus::Error),
    /// The connection failed, or the broker refused a request.
    #[error("the broker: {0}")]
    Broker(#[from] lapin::Error),
    /// The broker cancelled the consumer, for example because its queue was deleted.
    #[error("the broker cancelled the consumer")]
    Cancelled,
}
