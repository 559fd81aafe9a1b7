//! The options of pull listeners, which have none of their own.

use clap::Args;

use super::fields::{ListenerFields, Options};
use crate::cli::failure::Failure;
use crate::listener::Kind;

/// Nothing: the receiver decides when it fetches.
#[derive(Debug, Args)]
pub struct PullOptions {}

impl Options for PullOptions {
    const KIND: Kind = Kind::Pull;
    const REQUIRED: &'static [&'static str] = &["event_types"];
    const CREATE: &'static str = "\
Example:
  tidings event listener pull create --project p1 --event-type 'message.*' --name inbox";
    const UPDATE: &'static str = "\
Example:
  tidings event listener pull update --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --order resource";

    fn set(&self, _: &mut ListenerFields) -> Result<(), Failure> {
        Ok(())
    }
}
