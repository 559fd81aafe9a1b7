//! The catalog: what is shipped, and what the checker says about broken files.

#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod broken;
mod events;
mod export;
mod rules;
mod shipped;
mod site;
