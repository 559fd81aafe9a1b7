//! The pages: HTML at the paths where programs get JSON, and at paths of their own below
//! `/v3/{project_id}/messages/-/`.

pub mod answer;
pub mod assets;
mod bars;
pub mod catalog;
mod collect;
pub mod csrf;
pub mod delete;
pub mod detail;
pub mod error;
mod filters;
pub mod home;
mod kind;
pub mod language;
pub mod list;
pub mod mark;
pub mod news;
pub mod overview;
mod recent;
mod row_view;
mod selection;
mod shown;
pub mod trend;
pub mod visit;
