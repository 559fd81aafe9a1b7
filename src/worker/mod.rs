//! The common shape of background work.
//!
//! A [`Worker`] takes steps, which a test can take one at a time, and rests between them. [`Workers`] runs
//! several, stops them with one token and waits for their end. A step that panics is logged and counted, and the worker
//! continues after a rest.

mod faults;
mod task;
mod workers;

pub use faults::Faults;
pub use task::{Next, Rest, Task, Worker};
pub use workers::Workers;
