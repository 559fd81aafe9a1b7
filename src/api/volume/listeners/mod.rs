//! `/v3/{project_id}/listeners`: a file for each operation, and what they share.

pub mod access;
mod body;
pub mod claim;
pub mod confirmations;
pub mod create;
pub mod delete;
pub mod deliveries;
pub mod dismiss;
pub mod list;
mod parameters;
pub mod redeliver;
pub mod refusal;
pub mod secret;
pub mod settle;
pub mod show;
pub mod test;
pub mod update;
pub mod view;
