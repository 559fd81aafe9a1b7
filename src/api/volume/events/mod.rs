//! `/v3/{project_id}/events`: a file for each operation, and what they share.

pub mod create;
pub mod list;
mod report;
mod view;
