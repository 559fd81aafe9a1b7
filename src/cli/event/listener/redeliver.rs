//! `tidings event listener redeliver` and `dismiss`.

use clap::Args;

use super::call::{Call, Period, delivery_id, listener_id};
use super::listeners::Listeners;
use crate::cli::arguments;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::store::delivery::State;

/// Deliver an event to a listener again, or the events of a time.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings event listener redeliver --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 \\
    --delivery-id 0195e1f5-0f1f-7c4e-9f36-1c9a4a0e1d22
  tidings event listener redeliver --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --since 2026-11-29

Of a time, dead letters are delivered again, and the events that the listener never got, as far as [events] keep
reaches.")]
pub struct Redeliver {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// Id of the delivery, which is that of the event.
    #[arg(long, value_name = "ID", required_unless_present = "since", conflicts_with_all = ["since", "until", "state"])]
    delivery_id: Option<String>,
    /// Instead of one delivery: those of events reported at or after this time (UTC).
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    since: Option<i64>,
    /// Only those of events reported before this time (UTC).
    #[arg(long, value_name = "TIME", value_parser = arguments::time, requires = "since")]
    until: Option<i64>,
    /// Those in this state instead of dead letters.
    #[arg(long, value_parser = State::ALL.map(State::name), requires = "since")]
    state: Option<String>,
}

/// Close a dead letter with a reason.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidings event listener dismiss --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 \\
    --delivery-id 0195e1f5-0f1f-7c4e-9f36-1c9a4a0e1d22 --reason 'entered by hand'")]
pub struct Dismiss {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// Id of the delivery, which is that of the event.
    #[arg(long, value_name = "ID")]
    delivery_id: String,
    /// Why it needs no attention.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Redeliver {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let listener = listener_id(&self.listener_id)?;
        if let Some(delivery) = &self.delivery_id {
            let delivery = delivery_id(delivery)?;
            listeners.answer(Call::Redeliver { listener, delivery })?;
            return output.line(&format!("delivery {delivery} is due again"));
        }
        let period = Period {
            since: self.since.unwrap_or(i64::MIN),
            until: self.until,
            state: self
                .state
                .clone()
                .unwrap_or_else(|| State::Dead.name().to_owned()),
        };
        if period.until.is_some_and(|until| period.since >= until) {
            return Err(Failure::Data("--since: must be earlier than --until".to_owned()));
        }
        let count = listeners.answer(Call::RedeliverAll(listener, period))?;
        output.line(&format!("deliveries due again: {count}"))
    }
}

impl Dismiss {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let delivery = delivery_id(&self.delivery_id)?;
        listeners.answer(Call::Dismiss {
            listener: listener_id(&self.listener_id)?,
            delivery,
            reason: self.reason.clone(),
        })?;
        output.line(&format!("delivery {delivery} is dismissed"))
    }
}
