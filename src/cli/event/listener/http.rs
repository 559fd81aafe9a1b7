//! `tidings event listener http`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::delivery::Registrar;
use crate::listener::{ListenerSeal, Reach};

/// Manage http listeners.
#[derive(Debug, Subcommand)]
pub enum HttpCommand {
    /// Create a listener.
    Create(Create),
}

/// Create a listener.
#[derive(Debug, Args)]
pub struct Create {
    /// An event type, a glob such as repo.*, or * for all; may be repeated.
    #[arg(long = "event-type", required = true)]
    event_types: Vec<String>,
    /// The full URL to send events to.
    #[arg(long)]
    url: String,
    /// The project whose events it gets, instead of all.
    #[arg(long)]
    project: Option<String>,
}

impl HttpCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let Self::Create(create) = self;
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": create.url },
            "event_types": create.event_types,
        });
        let reach = create.project.clone().map_or(Reach::Cloud, Reach::Project);
        context.with_store(|store| async move {
            let seal = Arc::new(ListenerSeal::new(&context.config));
            let registrar = Registrar::new(&context.config, store, context.clock.clone(), seal);
            let members = members.as_object().cloned().unwrap_or_default();
            let created = registrar.create(reach, &members).await;
            created.map_err(|error| Failure::Data(error.to_string()))
        })?;
        output.line("Event listener successfully created")
    }
}
