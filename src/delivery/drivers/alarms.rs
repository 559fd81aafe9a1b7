//! A broker's flow control alarms.

use futures_util::StreamExt;
use lapin::{Connection, Event};
use tokio::task::AbortHandle;

/// Logs when a broker blocks publishers and when it unblocks them; until dropped.
#[derive(Debug)]
pub(super) struct Alarms(AbortHandle);

impl Alarms {
    /// Watches this connection. Requires a tokio runtime.
    pub(super) fn watch(connection: &Connection) -> Self {
        let mut events = connection.events_listener();
        let watching = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::ConnectionBlocked(reason) => {
                        tracing::warn!(reason, "the message broker has blocked publishers; events wait");
                    }
                    Event::ConnectionUnblocked => {
                        tracing::info!("the message broker accepts events again");
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
