//! Sending events: from the outbox to the drivers.
//!
//! Each driver has a [`Dispatcher`]. Of several servers the one that holds the driver's lease sends, so that events of one
//! server arrive in the order in which they were reported. A step claims the oldest events, sends them outside any
//! transaction, and takes out what has arrived: an event that was sent and not taken out, since the server died in between,
//! is sent again, with the same id.

mod bounds;
mod dispatcher;
mod drivers;
mod last_release;
mod lease;
mod patience;
mod service;

pub use bounds::Bounds;
pub use dispatcher::{Dispatcher, Pace, Step};
pub use drivers::{Delivered, Driver, Progress};
pub use lease::Lease;
pub(crate) use service::{SetupError, check, dispatchers};
