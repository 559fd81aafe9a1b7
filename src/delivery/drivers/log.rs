//! `log`: a line for each event.

use ::log::{Level, Record};

use super::progress::Progress;
use super::{Delivered, Driver, mask};
use crate::bus;
use crate::event::{Envelope, Priority};

/// The prefix of an event type's logger, as in oslo's log driver.
const LOGGER: &str = "oslo.messaging.notification";

/// Writes events to this server's log.
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

/// Uses the `log` crate: the target of a `tracing` event cannot be dynamic.
fn write(event: &Envelope) {
    let level = match event.priority {
        Priority::Debug => Level::Debug,
        Priority::Info => Level::Info,
        Priority::Warn => Level::Warn,
        Priority::Error | Priority::Critical => Level::Error,
        // oslo's driver has no level for these and does not log them.
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
