//! `/v3/{project_id}/messages`: a file for each operation, and what they share.

pub mod conditions;
pub mod create;
pub mod delete;
mod draft;
pub mod list;
mod parameters;
pub mod quota;
pub mod read;
mod read_flags;
pub mod reader;
pub mod search;
pub mod show;
pub mod stream;
pub mod summary;
pub mod unknown_codes;
mod view;
