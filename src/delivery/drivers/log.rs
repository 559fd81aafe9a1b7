//! `log`: a line for each event.

use ::log::{Level, Record};

use super::progress::Progress;
use super::{Delivered, Driver, mask};
use crate::bus;
use crate::event::{Envelope, Priority};

/// What the logger of an event's type is called, as oslo's log driver has it.
const LOGGER: &str = "oslo.messaging.notification";

/// Writes events to the log of this server.
#[derive(Debug, Default)]
pub struct Log;

impl Driver for Log {
    async fn deliver(&mut self, events: &[Envelope], _: &Progress) -> Delivered {
        events.iter().for_each(write);
        Delivered {
            count: events.len(),
            failure: None,
        }
    }
}

/// By way of the `log` crate: the name of a logger of `tracing` cannot depend on the event.
fn write(event: &Envelope) {
    let level = match event.priority {
        Priority::Debug => Level::Debug,
        Priority::Info => Level::Info,
        Priority::Warn => Level::Warn,
        Priority::Error | Priority::Critical => Level::Error,
        // oslo's driver has no level for these and writes nothing.
        Priority::Audit | Priority::Sample => return,
    };
    match line(event) {
        Ok(line) => {
            let target = format!("{LOGGER}.{}", event.event_type);
            let mut record = Record::builder();
            record.level(level).target(&target);
            ::log::logger().log(&record.args(format_args!("{line}")).build());
        }
        Err(error) => tracing::error!(event = %event.message_id, %error, "an event cannot be logged"),
    }
}

fn line(event: &Envelope) -> Result<String, serde_json::Error> {
    let mut payload = serde_json::from_str(&event.payload)?;
    mask::mask(&mut payload);
    bus::plain(event, payload)
}
