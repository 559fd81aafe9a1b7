//! What a tenant sees in a browser: from view structs to HTML, with the style sheet and the script that go with it.
//!
//! Pure functions: nothing here knows of requests or of a store. Every page is whole without the script, which only adds
//! to it; all that is written into a page is escaped by the templates.

pub mod asset;
pub mod catalog;
pub mod delete;
pub mod detail;
pub mod fault;
mod filters;
pub mod home;
mod item;
mod layout;
pub mod list;
mod moment;
pub mod sign_in;
mod sign_in_words;
mod words;

pub use filters::{Filters, Sort};
pub use item::{Item, Level, Resource};
pub use layout::{Layout, encode};
pub use moment::Moment;
pub use words::words;

/// A template's text. None of them can fail: they write into memory.
fn text(template: &impl askama::Template) -> String {
    template.render().unwrap_or_default()
}
