//! Where events go.

mod log;
mod mask;
mod messaging;

pub use log::Log;
pub use messaging::Messaging;

use crate::event::Envelope;

/// A way for events to go.
pub trait Driver: Send {
    /// Sends the events in their order and says how many of the first of them have arrived.
    fn deliver(&mut self, events: &[Envelope]) -> impl Future<Output = Delivered> + Send;

    /// Ends connections in order.
    fn close(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// What became of some events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    /// How many have arrived, counted from the first. Of those behind them some may have arrived, too.
    pub count: usize,
    /// Why the others have not.
    pub failure: Option<String>,
}
