//! The build script's output.
#![allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unused_imports,
    reason = "generated"
)]

use super::definition::{EventType, Resource, Service};
use super::level::Level;
use super::rule::{Argument, Condition, Events, Glob, Outcome, OwnerRule, Place, Rule};

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
