//! What browsers ask for: pages, forms and the sign-in.

pub mod confirm;
mod cookie;
pub mod page;
pub mod service;
pub mod sign_in;
