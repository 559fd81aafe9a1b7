//! `/v3/messages` in a browser: the operators' view of all projects, and the parts of the system.

pub mod act;
mod asked;
mod coverage;
mod failures;
mod figures;
mod flow;
mod listeners;
mod maker;
mod operator;
mod panels;
pub mod show;
mod upkeep;
