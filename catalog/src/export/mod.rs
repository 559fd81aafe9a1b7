//! The whole catalog as a document: JSON for programs such as a dashboard, Markdown for people.

mod json;
mod markdown;

pub use json::json;
pub use markdown::markdown;
