//! Channels and links, one for each destination.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::fault::Fault;

/// The most open lanes: brokers allow some 250 sessions or 2000 channels on a connection. Above that, the one that was last
/// used the longest ago is closed.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(127);

/// One lane per place, since an error ends its lane. A lane that leaves is closed once the last message on it is done: it
/// is dropped then.
#[derive(Debug)]
pub(super) struct Lanes<T>(Mutex<LruCache<String, Arc<OnceCell<T>>>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl<T: Clone> Lanes<T> {
    /// Returns the lane to a place, opened unless it is. Messages that need the same one meanwhile wait for it.
    pub(super) async fn get(
        &self,
        place: &str,
        open: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let lane = Arc::clone(self.0.lock().get_or_insert_ref(place, Arc::default));
        lane.get_or_try_init(|| open).await.cloned()
    }

    /// Forgets a lane after an error.
    pub(super) fn forget(&self, place: &str) {
        self.0.lock().pop(place);
    }

    /// Forgets all, and returns those that were open. In AMQP 0-9-1 they close with their connection.
    #[cfg(any(test, feature = "amqp1"))]
    pub(super) fn take(&self) -> Vec<T> {
        let mut lanes = self.0.lock();
        let open = lanes.iter().filter_map(|(_, lane)| lane.get().cloned());
        let open = open.collect();
        lanes.clear();
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lane_is_opened_once_and_again_after_a_fault() {
        let lanes = Lanes::default();
        let refused = lanes.get("a", async { Err(Fault::new("no")) }).await;
        assert_eq!(refused, Err(Fault::new("no")));
        for number in [1, 2] {
            assert_eq!(lanes.get("a", async { Ok(number) }).await, Ok(1));
        }
        assert_eq!(lanes.get("b", async { Ok(3) }).await, Ok(3));
        lanes.forget("a");
        assert_eq!(lanes.get("a", async { Ok(4) }).await, Ok(4));
        let mut open = lanes.take();
        open.sort_unstable();
        assert_eq!(open, [3, 4]);
        assert!(lanes.take().is_empty());
    }

    #[tokio::test]
    async fn the_lanes_are_bounded() {
        let lanes = Lanes::default();
        for number in 0..=MOST.get() {
            lanes
                .get(&number.to_string(), async { Ok(number) })
                .await
                .unwrap();
        }
        let open = lanes.take();
        assert_eq!(open.len(), MOST.get());
        assert!(!open.contains(&0), "the oldest has left");
    }
}
