//! The recovery from reported failures: judging, claims, leases, messages, and what crashes leave.

mod claims;
mod desk;
mod engines;
mod events;
mod import;
mod isolation;
mod leases;
mod messages;
mod metrics;
mod purge;
mod simulation;
mod worker;
