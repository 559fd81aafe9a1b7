//! `tidings event send`.

use std::sync::Arc;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::event::{Envelope, Report, Reporter};
use crate::store::Batch;

/// Report an event, as a service does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings event send --project p1 --type image.upload --priority ERROR --payload 'Image storage media is full'
  tidings event send --project p1 --type repo.sync.start --payload '{\"repo_id\": \"pulp-f17\"}'

The event is written to the database; a running server delivers it to the drivers in
[oslo_messaging_notifications] and to listeners.")]
pub struct Send {
    /// The project that the event is about.
    #[arg(long)]
    project: String,
    /// An event type; see `tidings event types`.
    #[arg(long = "type", value_name = "TYPE")]
    event_type: String,
    /// INFO, WARN or ERROR.
    #[arg(long, default_value = "INFO")]
    priority: String,
    /// The payload: a JSON object, or a text.
    #[arg(long)]
    payload: String,
    /// The publisher, instead of this host.
    #[arg(long)]
    publisher_id: Option<String>,
    /// The id of the request that caused it.
    #[arg(long)]
    request_id: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Send {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        context.check_project(&self.project)?;
        let checked = self.report()?.check().map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failure::Data(faults.join("; "))
        })?;
        let reporter = Reporter::new(&context.config);
        let now = context.clock.now();
        let event = reporter.envelope(checked, &self.project, reporter.next_id(now), now);
        let id = event.message_id.to_string();
        let events: Arc<[Envelope]> = [event].into();
        let batch = || Batch {
            events: reporter.outgoing(Arc::clone(&events)),
            ..Batch::default()
        };
        context.with_store(|store| async move {
            let recorded = store.record(batch).await;
            recorded.map_err(Failure::store("the event cannot be written"))
        })?;
        if !reporter.takes(&self.event_type) {
            output.note(
                "tidings: warning: it is not delivered: no driver or listener accepts it, or its type is disabled",
            );
        }
        match self.output {
            Format::Json => output.json(&serde_json::json!({ "message_id": id })),
            Format::Table => output.line(&id),
        }
    }

    /// Text that starts like an object must be one; anything else is a plain text.
    fn report(&self) -> Result<Report, Failure> {
        let payload = if self.payload.trim_start().starts_with('{') {
            serde_json::from_str(&self.payload)
                .map_err(|error| Failure::Data(format!("--payload: {error}")))?
        } else {
            self.payload.clone().into()
        };
        Ok(Report {
            event_type: self.event_type.clone(),
            priority: self.priority.clone(),
            payload,
            publisher_id: self.publisher_id.clone(),
            request_id: self.request_id.clone(),
            call_report: None,
        })
    }
}
