//! Outgoing HTTP calls: one way to build their clients, and a guard for addresses that others supply.

mod address;
mod client;
mod guard;
mod guarded;
mod lookups;

pub use client::{Error, Settings, client};
pub use guard::{Guard, Refused, check_form};
pub use guarded::{Answer, CallError, GuardedClient};
pub use lookups::{Lookups, on_behalf_of};
