//! The catalog: the built-in one, and the checker's reports about broken files.

#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod broken;
mod events;
mod export;
mod manual;
mod rules;
mod shipped;
mod site;
