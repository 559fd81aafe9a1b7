//! What a broker says of itself while it has no room.

use futures_util::StreamExt;
use lapin::{Connection, Event};
use tokio::task::AbortHandle;

/// Tells the log when a broker blocks who publishes, and when no longer; until it is dropped.
#[derive(Debug)]
pub(super) struct Alarms(AbortHandle);

impl Alarms {
    /// Of this connection. Needs a runtime of tokio.
    pub(super) fn watch(connection: &Connection) -> Self {
        let mut events = connection.events_listener();
        let watching = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::ConnectionBlocked(reason) => {
                        tracing::warn!(
                            reason,
                            "the message broker has blocked all who publish; events wait"
                        );
                    }
                    Event::ConnectionUnblocked => {
                        tracing::info!("the message broker lets events in again");
                    }
                    _ => {}
                }
            }
        });
        Self(watching.abort_handle())
    }
}

impl Drop for Alarms {
    fn drop(&mut self) {
        self.0.abort();
    }
}
