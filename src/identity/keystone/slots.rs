//! Limits the number and duration of concurrent requests to Keystone.
//!
//! Anyone can invent tokens, and each causes a request: without a limit, a hanging Keystone would cost a connection and a
//! task for every incoming request.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time;

/// The error after the time limit.
pub(super) const TOO_LATE: &str = "Keystone did not answer in time";

/// Slots for requests to Keystone. The wait for one counts against the time of the request.
pub(super) struct Slots {
    /// Active and waiting requests.
    places: Semaphore,
    asking: Semaphore,
    limit: Duration,
}

impl Slots {
    /// Allows `asking` active and `waiting` further requests. `limit` bounds the wait and the request together.
    pub(super) fn new(asking: usize, waiting: usize, limit: Duration) -> Self {
        Self {
            places: Semaphore::new(asking + waiting),
            asking: Semaphore::new(asking),
            limit,
        }
    }

    /// Returns the longest time from the request to the answer.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Runs a request when a slot is free.
    ///
    /// # Errors
    /// Why the request did not run, or got no answer.
    pub(super) async fn take<T>(&self, ask: impl Future<Output = T>) -> Result<T, &'static str> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err("too many requests already wait for Keystone");
        };
        let in_turn = async {
            let _turn = self.asking.acquire().await.ok();
            ask.await
        };
        time::timeout(self.limit, in_turn).await.map_err(|_| TOO_LATE)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn one_asks_one_waits_and_a_third_is_sent_away() {
        let slots = Slots::new(1, 1, Duration::from_millis(200));
        let (first, second, third) = tokio::join!(
            slots.take(pending::<()>()),
            slots.take(pending::<()>()),
            slots.take(ready(())),
        );
        assert_eq!((first, second), (Err(TOO_LATE), Err(TOO_LATE)));
        assert_eq!(third, Err("too many requests already wait for Keystone"));
        // All slots are free again.
        let (first, second) = tokio::join!(slots.take(ready(1)), slots.take(ready(2)));
        assert_eq!((first, second), (Ok(1), Ok(2)));
    }

    #[tokio::test]
    async fn who_waits_asks_when_another_is_done() {
        let slots = Slots::new(1, 1, Duration::from_secs(60));
        let slow = async { time::sleep(Duration::from_millis(50)).await };
        let (first, second) = tokio::join!(slots.take(slow), slots.take(ready(2)));
        assert_eq!((first, second), (Ok(()), Ok(2)));
    }
}
