//! `GET /openapi.json`: the API as a document that programs read.

pub mod document;
mod drafts;
mod reports;
mod shorthand;
