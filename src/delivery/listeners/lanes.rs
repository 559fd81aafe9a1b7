//! What is claimed and tried of all listeners.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use super::lane::{Lane, Stocked};
use crate::listener::Listener;
use crate::store::delivery::{DueDelivery, Release};

/// How many times as many attempts as configured may be in flight if that many listeners are slow.
const OVERBOOKED: usize = 4;

/// The limits of deliveries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Attempts in flight at a time.
    pub(super) concurrency: usize,
    /// Attempts in flight at a time for one listener.
    pub(super) per_listener: usize,
}

/// The lanes of all listeners, and what they share.
pub(super) struct Lanes {
    limits: Limits,
    /// By listener.
    of: HashMap<Uuid, Lane>,
    /// The listeners that may have something to try, in turn. Those without an attempt in flight come first.
    queue: VecDeque<Uuid>,
    in_flight: usize,
    stocked: usize,
    /// What was claimed and shall not be tried now.
    released: Vec<Release>,
}

/// How much more may be claimed of all listeners.
pub(super) struct Room {
    /// What they share.
    shared: usize,
    /// The same with one claim for each listener, which the others cannot take from it.
    places: usize,
    /// The part of one listener.
    fair: usize,
}

impl Lanes {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            of: HashMap::new(),
            queue: VecDeque::new(),
            in_flight: 0,
            stocked: 0,
            released: Vec::new(),
        }
    }

    /// How much more may be claimed of this many listeners.
    pub(super) fn room(&self, listeners: usize) -> Room {
        let (held, concurrency) = (self.in_flight + self.stocked, self.limits.concurrency);
        let ahead = concurrency.saturating_mul(Lane::WINDOWS_AHEAD);
        let places = ahead.saturating_add(concurrency.saturating_mul(OVERBOOKED));
        Room {
            shared: ahead.saturating_sub(held),
            places: places.saturating_sub(held),
            fair: ahead / listeners.max(1),
        }
    }

    /// How many deliveries of a listener may be claimed, which takes them from the room.
    pub(super) fn share(&mut self, room: &mut Room, id: Uuid) -> usize {
        if room.places == 0 {
            return 0;
        }
        let most = self.limits.per_listener;
        let count = self.lane(id).room(most, room.fair, room.shared);
        room.shared = room.shared.saturating_sub(count);
        room.places = room.places.saturating_sub(count);
        count
    }

    /// Keeps what was claimed until there is room for it; `until` in microseconds since 1970.
    pub(super) fn stock(&mut self, listener: &Arc<Listener>, deliveries: Vec<DueDelivery>, until: i64) {
        self.stocked += deliveries.len();
        let stocked = deliveries.into_iter().map(|delivery| Stocked {
            listener: Arc::clone(listener),
            delivery,
            until,
        });
        self.lane(listener.id).stock.extend(stocked);
        self.enqueue(listener.id);
    }

    /// The next delivery to be tried, if there is room; it counts as in flight then.
    pub(super) fn next(&mut self) -> Option<Stocked> {
        let Limits {
            concurrency,
            per_listener,
        } = self.limits;
        loop {
            let id = *self.queue.front()?;
            let lane = self.of.get_mut(&id);
            let Some(lane) = lane else {
                self.queue.pop_front();
                continue;
            };
            if lane.stock.is_empty() || !lane.may_begin(per_listener) {
                lane.is_queued = false;
                self.queue.pop_front();
                continue;
            }
            let is_first = !lane.is_trying() && self.in_flight < concurrency.saturating_mul(OVERBOOKED);
            if self.in_flight >= concurrency && !is_first {
                return None;
            }
            let next = lane.stock.pop_front()?;
            lane.begun();
            self.queue.pop_front();
            self.queue.push_back(id);
            self.in_flight += 1;
            self.stocked -= 1;
            return Some(next);
        }
    }

    /// Counts a digest, which is tried at once: one attempt, however many events it has.
    pub(super) fn begun(&mut self, id: Uuid) {
        self.in_flight += 1;
        self.lane(id).begun();
    }

    /// Notes an ended attempt. After a failure nothing stays claimed ahead.
    pub(super) fn ended(&mut self, id: Uuid, has_failed: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let most = self.limits.per_listener;
        self.lane(id).ended(has_failed, most);
        if has_failed {
            self.release(id);
        }
        self.enqueue(id);
    }

    /// Forgets a delivery from [`Lanes::next`] that is not tried after all.
    pub(super) fn passed_over(&mut self, id: Uuid) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.lane(id).passed_over();
    }

    /// Lets a listener have its turn, at once if nothing of it is in flight.
    fn enqueue(&mut self, id: Uuid) {
        let lane = self.lane(id);
        if lane.stock.is_empty() {
            return;
        }
        let (is_first, was_queued) = (!lane.is_trying(), lane.is_queued);
        lane.is_queued = true;
        if was_queued && is_first {
            self.queue.retain(|queued| *queued != id);
        }
        if is_first {
            self.queue.push_front(id);
        } else if !was_queued {
            self.queue.push_back(id);
        }
    }

    /// The listeners of which something is claimed and not tried, each with the version that it was claimed for.
    pub(super) fn stocked(&self) -> Vec<(Uuid, i64)> {
        let next = self.of.values().filter_map(|lane| lane.stock.front());
        next.map(|one| (one.listener.id, one.listener.updated_at))
            .collect()
    }

    /// Gives back what is claimed of a listener and not tried.
    pub(super) fn release(&mut self, id: Uuid) {
        let Some(lane) = self.of.get_mut(&id) else {
            return;
        };
        self.stocked -= lane.stock.len();
        for stocked in lane.stock.drain(..) {
            let (claim, event) = (stocked.delivery.claim, stocked.delivery.event.message_id);
            match self.released.last_mut() {
                Some(last) if last.claim == claim => last.events.push(event),
                _ => self.released.push(Release {
                    listener: id,
                    claim,
                    events: vec![event],
                }),
            }
        }
    }

    /// The same of all listeners.
    pub(super) fn release_all(&mut self) {
        let ids: Vec<Uuid> = self.of.keys().copied().collect();
        for id in ids {
            self.release(id);
        }
    }

    /// What was given back and is not written yet.
    pub(super) fn released(&self) -> &[Release] {
        &self.released
    }

    /// Forgets the first releases, which are written.
    pub(super) fn are_released(&mut self, count: usize) {
        self.released.drain(..count);
    }

    /// Forgets the listeners of which nothing is claimed, except these.
    pub(super) fn forget_idle(&mut self, is_kept: impl Fn(&Uuid) -> bool) {
        self.of.retain(|id, lane| !lane.is_idle() || is_kept(id));
        self.queue.retain(|id| self.of.contains_key(id));
    }

    pub(super) fn is_trying(&self) -> bool {
        self.in_flight > 0
    }

    /// Whether nothing is claimed and nothing has to be written.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.stocked == 0 && self.released.is_empty()
    }

    fn lane(&mut self, id: Uuid) -> &mut Lane {
        self.of.entry(id).or_insert_with(Lane::new)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{Envelope, Priority};
    use crate::listener::{Reach, Settings};

    fn lanes(concurrency: usize) -> Lanes {
        Lanes::new(Limits {
            concurrency,
            per_listener: 1,
        })
    }

    fn listener(number: u128) -> Arc<Listener> {
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": "https://example.org" },
            "event_types": ["*"],
        });
        let settings = members
            .as_object()
            .map(|members| Settings::check(members, true).unwrap());
        Arc::new(Listener {
            id: Uuid::from_u128(number),
            reach: Reach::Cloud,
            settings: settings.unwrap(),
            created_at: 0,
            updated_at: 0,
            failing_since: None,
            disabled_reason: None,
        })
    }

    fn delivery() -> DueDelivery {
        DueDelivery {
            event: Envelope {
                message_id: Uuid::now_v7(),
                publisher_id: String::new(),
                event_type: "repo.sync.start".to_owned(),
                priority: Priority::Info,
                timestamp: 0,
                payload: "{}".to_owned(),
                request_id: None,
                project_id: None,
                call_report: None,
            },
            attempts: 0,
            claim: Uuid::now_v7(),
        }
    }

    #[test]
    fn the_queue_holds_each_listener_once() {
        let mut lanes = lanes(4);
        let (one, two) = (listener(1), listener(2));
        for _ in 0..100 {
            for listener in [&one, &two] {
                lanes.stock(listener, vec![delivery()], 1);
                if lanes.next().is_some() {
                    lanes.ended(listener.id, false);
                }
            }
            assert!(lanes.queue.len() <= 2, "{:?}", lanes.queue);
        }
    }

    #[test]
    fn a_digest_is_one_attempt_and_one_that_is_not_tried_leaves_its_place() {
        let mut lanes = lanes(2);
        let whole = lanes.room(1).shared;
        lanes.begun(Uuid::from_u128(1));
        assert_eq!(lanes.room(1).shared, whole - 1);
        lanes.passed_over(Uuid::from_u128(1));
        assert_eq!(lanes.room(1).shared, whole);
        assert!(lanes.is_idle());
    }
}
