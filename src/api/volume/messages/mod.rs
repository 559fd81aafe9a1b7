//! `/v3/{project_id}/messages`: a file for each operation, and what they share.

pub mod change_states;
pub mod conditions;
pub mod create;
pub mod delete;
mod draft;
mod known_states;
pub mod list;
mod parameters;
pub mod quota;
pub mod read;
pub mod reader;
pub mod search;
pub mod show;
pub mod states;
pub mod stream;
pub mod summary;
pub mod unknown_codes;
mod view;
