//! Where events go.

mod alarms;
mod log;
mod mask;
mod messaging;
mod progress;

pub use log::Log;
pub use messaging::Messaging;
pub use progress::Progress;

use crate::event::Envelope;

/// A way for events to go.
pub trait Driver: Send {
    /// Sends the events in their order and says how many of the first of them have arrived, in `progress` as soon as each
    /// has. It may be dropped at any point.
    fn deliver(&mut self, events: &[Envelope], progress: &Progress)
    -> impl Future<Output = Delivered> + Send;

    /// Forgets a connection on which nothing goes forth, without a word to the other side, which would not hear it; gives
    /// what is known of the reason.
    fn give_up(&mut self) -> String {
        "the driver is stuck".to_owned()
    }

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
