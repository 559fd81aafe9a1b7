//! Delivers waiting events to the drivers.
//!
//! Each driver has a [`Dispatcher`]. Of several servers, the holder of the driver's lease delivers, so that the events
//! of one server arrive in the order in which they were reported. A step claims the oldest events, sends them outside
//! of any transaction, and removes the delivered ones. If the server dies before it removes an event, the event is sent
//! again, with the same id.

mod bounds;
mod changes;
mod confirmations;
mod dispatcher;
mod drivers;
mod expansion;
mod last_release;
mod lease;
mod listeners;
mod lost_key;
mod notifiers;
mod patience;
pub mod pull;
mod registrar;
mod registrar_error;
mod rotation;
mod service;

pub use bounds::Bounds;
pub use confirmations::{Asker, Confirmations};
pub use dispatcher::{Dispatcher, Pace, Step};
pub use drivers::{Delivered, Driver, Progress};
pub use expansion::follow_catalog;
pub use lease::Lease;
pub use listeners::{Backlogs, Deliverer};
pub use notifiers::{AmqpNotifier, EmailNotifier, EventBody, Notice, Outcome, Question, Verdict};
pub use registrar::Registrar;
pub use registrar_error::RegistrarError;
pub(crate) use service::{SetupError, check, dispatchers};
