//! The pages for tenants: from view structs to HTML, with the style sheet and the script.
//!
//! Pure functions without requests or a store. Every page works without the script, which only enhances it; the
//! templates escape everything they insert.

pub mod asset;
pub mod catalog;
pub mod chart;
pub mod confirm;
mod confirm_words;
pub mod delete;
pub mod detail;
pub mod fault;
mod filters;
pub mod home;
mod inbox_words;
mod item;
mod layout;
mod levels;
pub mod list;
mod moment;
mod notice;
pub mod overview;
mod overview_filters;
mod overview_words;
pub mod panel;
mod panel_words;
pub mod sign_in;
mod sign_in_words;
pub mod trend;
mod words;

pub use filters::{Filters, Sort};
pub use item::{Item, Level, Resource};
pub use layout::{Layout, encode};
pub use levels::Levels;
pub use moment::Moment;
pub use notice::{Extent, Notice, with_notice};
pub use overview_filters::OverviewFilters;
pub use words::words;

/// Renders a template. None can fail: they write into memory.
fn text(template: &impl askama::Template) -> String {
    template.render().unwrap_or_default()
}
