//! Delivers events to listeners.
//!
//! A step settles what was tried, finds the listeners with deliveries that are due, claims some of each and tries them, each in a
//! task of its own and outside of any transaction. Of receivers that keep up, more is claimed than is tried at a time, and attempts go
//! on while a transaction settles and claims. Every server does so: a claim is a lease, and what a server that died had
//! claimed becomes due again when the lease ends. The same event is then delivered again, with the same id.

mod attempt;
mod backlogs;
mod deliverer;
mod exchange;
mod health;
mod lane;
mod lanes;
mod settlement;
mod terms;

pub use backlogs::Backlogs;
pub use deliverer::Deliverer;
