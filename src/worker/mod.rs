//! Background work in one shape.
//!
//! A [`Worker`] takes steps, which a test can take one at a time, and rests between them. [`Workers`] runs some together:
//! they are told to stop by one token and waited for. A step that panics ends early: it is logged and counted, and the
//! worker goes on after a rest.

mod faults;
mod task;
mod workers;

pub use faults::Faults;
pub use task::{Next, Rest, Task, Worker};
pub use workers::Workers;
