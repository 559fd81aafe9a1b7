//! Where the listeners are.

use clap::Args;
use serde_json::Value;

use super::call::Call;
use super::database;
use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// Where to find the listeners.
#[derive(Debug, Args)]
pub struct Place {}

/// The listeners.
pub enum Listeners {
    /// In the configured database.
    Database(Box<Context>),
}

impl Place {
    /// Finds them. The configuration is read only for the database.
    pub fn listeners(
        &self,
        context: impl FnOnce() -> Result<Context, Failure>,
    ) -> Result<Listeners, Failure> {
        Ok(Listeners::Database(Box::new(context()?)))
    }
}

impl Listeners {
    /// Answers a call.
    pub fn answer(&self, call: Call) -> Result<Value, Failure> {
        match self {
            Self::Database(context) => database::answer(context, call),
        }
    }
}
