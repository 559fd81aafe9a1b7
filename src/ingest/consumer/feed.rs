//! Incoming deliveries, limited in number and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use futures_util::StreamExt;
use lapin::message::Delivery;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::lost::Lost;
use crate::bus::Gate;

/// The most bytes of unfinished deliveries, not counting the last one.
const MOST_HELD: usize = 64 << 20;

/// The size after which a batch takes no more deliveries, in bytes.
pub(super) const BATCH_BYTES: usize = 8 << 20;

/// How many deliveries may be unfinished. Clones share the window.
///
/// A broker that is blocked for long closes the connection and redelivers everything. The next connection's window is
/// small enough to last; each one after it doubles, up to the maximum.
/// deliveries fit in, so that it lasts; each one after it has twice as much, up to all that is allowed.
#[derive(Clone, Debug)]
pub(super) struct Window {
    most: u16,
    now: Arc<AtomicU16>,
}

impl Window {
    /// Starts with the maximum.
    pub(super) fn new(most: u16) -> Self {
        Self {
            most,
            now: Arc::new(AtomicU16::new(most)),
        }
    }

    /// Returns the window of a new connection.
    pub(super) fn next(&self) -> u16 {
        let now = self.now.load(Ordering::Relaxed);
        self.now
            .store(now.saturating_mul(2).min(self.most), Ordering::Relaxed);
        now
    }

    fn shrink(&self, count: usize) {
        let count = u16::try_from(count).unwrap_or(u16::MAX).max(1);
        self.now.fetch_min(count, Ordering::Relaxed);
    }
}

/// Accounts for unfinished deliveries. The broker is blocked while they have too many bytes.
#[derive(Debug)]
struct Held {
    count: AtomicUsize,
    bytes: AtomicUsize,
    gate: Gate,
    window: Window,
}

impl Held {
    fn new(gate: Gate, window: Window) -> Arc<Self> {
        Arc::new(Self {
            count: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            gate,
            window,
        })
    }
}

/// A delivery's share of the held bytes, released when dropped.
#[derive(Debug)]
pub(super) struct Weight {
    bytes: usize,
    held: Arc<Held>,
}

impl Weight {
    fn new(bytes: usize, held: &Arc<Held>) -> Self {
        let others = held.count.fetch_add(1, Ordering::Relaxed);
        let before = held.bytes.fetch_add(bytes, Ordering::SeqCst);
        if before + bytes > MOST_HELD {
            held.window.shrink(others);
            held.gate.close();
            // A release in between may have found the gate still open.
            if held.bytes.load(Ordering::SeqCst) <= MOST_HELD {
                held.gate.open();
            }
        }
        Self {
            bytes,
            held: Arc::clone(held),
        }
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.held.count.fetch_sub(1, Ordering::Relaxed);
        let before = self.held.bytes.fetch_sub(self.bytes, Ordering::SeqCst);
        if before - self.bytes <= MOST_HELD {
            self.held.gate.open();
        }
    }
}

/// A delivery and its share of the held bytes.
pub(super) type Weighed = (Delivery, Weight);

/// The source of deliveries.
pub(super) struct Feed {
    from: UnboundedReceiver<Result<Weighed, lapin::Error>>,
    /// Ends with the feed.
    _task: JoinSet<()>,
}

impl Feed {
    /// Weighs deliveries as they arrive: lapin buffers everything that was not polled, without a limit.
    pub(super) fn new(mut consumer: lapin::Consumer, gate: Gate, window: Window) -> Self {
        let held = Held::new(gate, window);
        let (to, from) = mpsc::unbounded_channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Some(delivery) = consumer.next().await {
                let weighed = delivery.map(|delivery| {
                    let weight = Weight::new(delivery.data.len(), &held);
                    (delivery, weight)
                });
                if to.send(weighed).is_err() {
                    return;
                }
            }
        });
        Self { from, _task: task }
    }

    /// Waits for a delivery and returns it with the others that have arrived: at most `most`, fewer if they are large.
    /// Cancelling the wait loses nothing.
    pub(super) async fn next(&mut self, most: usize, bytes: usize) -> Result<Vec<Weighed>, Lost> {
        let first = self.from.recv().await.ok_or(Lost::Cancelled)??;
        let mut received = first.1.bytes;
        let mut deliveries = vec![first];
        while deliveries.len() < most && received < bytes {
            match self.from.try_recv() {
                Ok(Ok(delivery)) => {
                    received += delivery.1.bytes;
                    deliveries.push(delivery);
                }
                // The connection failed or is gone: the next call reports it.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        Ok(deliveries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_closed_while_more_is_held_than_may_be() {
        let held = Held::new(Gate::default(), Window::new(1500));
        let first = Weight::new(MOST_HELD, &held);
        assert!(!held.gate.is_closed());
        let second = Weight::new(1, &held);
        let third = Weight::new(1, &held);
        assert!(held.gate.is_closed());
        drop(second);
        assert!(held.gate.is_closed());
        drop(third);
        assert!(!held.gate.is_closed());
        drop(first);
        assert_eq!(held.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn after_large_deliveries_the_window_is_what_they_fit_in_and_grows_again() {
        let window = Window::new(1500);
        assert_eq!(window.next(), 1500);
        let held = Held::new(Gate::default(), window.clone());
        let large: Vec<Weight> = (0..100).map(|_| Weight::new(MOST_HELD / 64, &held)).collect();
        assert_eq!((large.len(), window.next(), window.next()), (100, 64, 128));
        let _one = Weight::new(2 * MOST_HELD, &Held::new(Gate::default(), window.clone()));
        assert_eq!(window.next(), 1);
        let next: Vec<u16> = (0..12).map(|_| window.next()).collect();
        assert_eq!(next.last(), Some(&1500));
    }
}
