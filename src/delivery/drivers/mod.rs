//! The drivers of events.

mod alarms;
mod log;
mod mask;
mod messaging;
mod progress;

pub use log::Log;
pub use messaging::Messaging;
pub use progress::Progress;

use crate::event::Envelope;

/// A driver.
pub trait Driver: Send {
    /// Sends the events in order and returns how many of them, from the first, were delivered; `progress` counts each
    /// as soon as it is. May be cancelled at any point.
    fn deliver(&mut self, events: &[Envelope], progress: &Progress)
    -> impl Future<Output = Delivered> + Send;

    /// Drops a stalled connection without notifying the other side, which would not read it; returns what is known
    /// about the reason.
    fn give_up(&mut self) -> String {
        "the driver is stuck".to_owned()
    }

    /// Closes connections cleanly.
    fn close(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// The result of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    /// How many events were delivered, counted from the first. Some of the later ones may have been delivered too.
    pub count: usize,
    /// Why the others were not.
    pub failure: Option<String>,
}
