//! `tidings event listener redeliver` and `dismiss`.

use clap::Args;

use super::call::{Call, delivery_id, listener_id};
use super::listeners::Listeners;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Deliver an event to a listener again.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidings event listener redeliver --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 \\
    --delivery-id 0195e1f5-0f1f-7c4e-9f36-1c9a4a0e1d22")]
pub struct Redeliver {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// Id of the delivery.
    #[arg(long, value_name = "ID")]
    delivery_id: String,
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
    /// Id of the delivery.
    #[arg(long, value_name = "ID")]
    delivery_id: String,
    /// Why nobody needs it any more.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Redeliver {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let delivery = delivery_id(&self.delivery_id)?;
        listeners.answer(Call::Redeliver {
            listener: listener_id(&self.listener_id)?,
            delivery,
        })?;
        output.line(&format!("delivery {delivery} is due again"))
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
