#![doc = include_str!("../README.md")]

mod clock;
pub mod http;
pub mod keystone;
mod message;
mod recorder;
mod secret;
pub mod tls;

pub use message::{FULL_FORM, Message};
pub use recorder::{Auth, Builder, Error, Record, Recorder, Stats};
pub use secret::Secret;
pub use tidings_catalog as catalog;
