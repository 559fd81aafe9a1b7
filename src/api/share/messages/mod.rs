//! `/v2/{project_id}/messages`: a file for each operation, and what they share.

pub mod delete;
mod fields;
mod find;
pub mod list;
mod parameters;
pub mod show;
mod view;
