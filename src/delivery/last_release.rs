//! Moves events that servers of the previous release leave in the outbox. To be removed with the next release.

use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::store::{Error, Store, delivery};

/// How often the outbox is checked.
const INTERVAL: Duration = Duration::from_secs(5);

/// Moves the events of one target from the outbox to the deliveries.
#[derive(Debug, Default)]
pub(super) struct LastRelease {
    next: Option<Instant>,
}

impl LastRelease {
    /// Moves all events that no server of the previous release is delivering, if it is time to check.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn take_over(
        &mut self,
        store: &Store,
        clock: &Clock,
        target: &'static str,
    ) -> Result<(), Error> {
        let checked = Instant::now();
        if self.next.is_some_and(|next| checked < next) {
            return Ok(());
        }
        let mut waits = store
            .read(move |read| delivery::outbox_waits(read, target))
            .await?;
        while waits {
            let now = clock.now();
            waits = store
                .write(move |tx| delivery::move_outbox(tx, target, now))
                .await?;
        }
        self.next = Some(checked + INTERVAL);
        Ok(())
    }
}
