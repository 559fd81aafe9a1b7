//! The worker that delivers to listeners.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::exchange::{Claimed, Exchange};
use super::lane::Lane;
use super::settlement::{Settlement, Tried};
use super::terms::SettleTerms;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::notifiers::{Notice, Notifiers, Outcome, Verdict};
use crate::event::Reporter;
use crate::listener::{Listener, ListenerSeal};
use crate::store::delivery::DueDelivery;
use crate::store::{Error, Store, listener};
use crate::telemetry::{ListenerMetrics, LogThrottle};
use crate::worker::{Next, Rest, Worker};

/// How often the database is asked for deliveries that other servers wrote or that became due.
const POLL: Duration = Duration::from_millis(500);

/// How long to wait while the database is unavailable.
const UNAVAILABLE: Duration = Duration::from_secs(2);

/// The time limit for closing connections before the server ends without.
const CLOSING: Duration = Duration::from_secs(1);

/// The most listeners of which one transaction claims deliveries.
const CLAIMED: usize = 64;

/// How many times as many attempts as configured may be in flight if that many listeners are slow.
const OVERBOOKED: usize = 4;

/// The most attempts that are settled in one transaction.
const SETTLED: usize = 500;

/// The most listeners that are kept in memory.
const MOST_KNOWN: usize = 10_000;

/// The limits of deliveries.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Attempts in flight at a time.
    concurrency: usize,
    /// Attempts in flight at a time for one listener.
    per_listener: usize,
}

/// Delivers to listeners.
pub struct Deliverer {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
    notifiers: Arc<Notifiers>,
    limits: Limits,
    terms: SettleTerms,
    /// The listeners that were used lately. A transaction that claims compares them with the stored ones.
    known: HashMap<Uuid, Arc<Listener>>,
    /// The listeners with deliveries that are due, as far as known.
    due: BTreeSet<Uuid>,
    /// Where claiming goes on, so that each listener has its turn.
    last_claimed: Uuid,
    is_poll_due: bool,
    /// When the next poll is due even if nothing was reported.
    next_poll: Instant,
    lanes: HashMap<Uuid, Lane>,
    in_flight: usize,
    tried: UnboundedReceiver<Tried>,
    report: UnboundedSender<Tried>,
    ended: Vec<Tried>,
    /// What follows from ended attempts, until it is written.
    unsettled: Arc<[Settlement]>,
    unread: LogThrottle,
}

impl Deliverer {
    /// Follows the configuration.
    pub fn new(
        config: &Config,
        store: Store,
        clock: Clock,
        reporter: Reporter,
        seal: Arc<ListenerSeal>,
        metrics: ListenerMetrics,
    ) -> Self {
        let (report, tried) = unbounded_channel();
        let listeners = &config.listeners;
        Self {
            notifiers: Arc::new(Notifiers::new(config, store.clone())),
            store,
            clock,
            seal,
            limits: Limits {
                concurrency: listeners.concurrency,
                per_listener: listeners.concurrency_per_listener,
            },
            terms: SettleTerms {
                reporter,
                disable_after: i64::try_from(listeners.disable_after.as_micros()).unwrap_or(i64::MAX),
                ttl: config.messages.ttl_seconds(),
                metrics,
            },
            known: HashMap::new(),
            due: BTreeSet::new(),
            last_claimed: Uuid::nil(),
            is_poll_due: true,
            next_poll: Instant::now(),
            lanes: HashMap::new(),
            in_flight: 0,
            tried,
            report,
            ended: Vec::new(),
            unsettled: Arc::new([]),
            unread: LogThrottle::default(),
        }
    }

    /// Settles ended attempts and begins new ones; returns whether it began any.
    ///
    /// # Errors
    /// Any error of the database; what has ended is settled later.
    async fn work(&mut self, is_stopping: bool) -> Result<bool, Error> {
        let now = self.clock.now();
        while let Ok(tried) = self.tried.try_recv() {
            self.note(tried);
        }
        if self.unsettled.is_empty() {
            let batch = self.ended.drain(..self.ended.len().min(SETTLED)).collect();
            self.unsettled = Settlement::of(batch, now).into();
        }
        let claims = if is_stopping {
            Vec::new()
        } else {
            self.wanted(now).await?
        };
        if self.unsettled.is_empty() && claims.is_empty() {
            return Ok(false);
        }
        let exchange = Exchange {
            settlements: Arc::clone(&self.unsettled),
            claims,
            terms: self.terms.clone(),
            now,
        };
        let claimed = self.store.write(move |tx| exchange.write(tx)).await?;
        for settled in std::mem::replace(&mut self.unsettled, Arc::new([])).iter() {
            settled.count(&self.terms.metrics);
        }
        let mut has_begun = false;
        for claimed in claimed {
            has_begun |= self.begin(claimed, now);
        }
        Ok(has_begun)
    }

    /// The listeners to claim deliveries of, and how many.
    async fn wanted(&mut self, now: i64) -> Result<Vec<(Arc<Listener>, usize)>, Error> {
        // However busy it is: others may have something due.
        let is_time = self.next_poll <= Instant::now();
        if std::mem::take(&mut self.is_poll_due) || is_time {
            self.next_poll = Instant::now() + POLL;
            let due = self.store.read(move |read| listener::all_targets_due(read, now));
            self.due = due.await?.into_iter().collect();
            self.lanes
                .retain(|id, lane| !lane.is_idle() || self.due.contains(id));
        }
        let mut room = self.limits.concurrency.saturating_sub(self.in_flight);
        // Each listener may have one attempt in flight, but memory and sockets have an end.
        let mut places = self
            .limits
            .concurrency
            .saturating_mul(OVERBOOKED)
            .saturating_sub(self.in_flight);
        let mut wanted = Vec::new();
        let after = (Bound::Excluded(self.last_claimed), Bound::Unbounded);
        for id in self.due.range(after).chain(self.due.range(..=self.last_claimed)) {
            if places == 0 || wanted.len() == CLAIMED {
                break;
            }
            let lane = self.lanes.entry(*id).or_insert_with(Lane::new);
            let count = lane.room(self.limits.per_listener, room);
            if count > 0 {
                room = room.saturating_sub(count);
                places = places.saturating_sub(count);
                wanted.push((*id, count));
            }
        }
        if let Some((id, _)) = wanted.last() {
            self.last_claimed = *id;
        }
        self.learn(&wanted).await?;
        let known = wanted.into_iter().filter_map(|(id, count)| {
            let listener = self.known.get(&id)?;
            Some((Arc::clone(listener), count))
        });
        Ok(known.collect())
    }

    /// Reads the listeners that are not known. One whose settings or secrets cannot be read is passed over until the next poll.
    async fn learn(&mut self, wanted: &[(Uuid, usize)]) -> Result<(), Error> {
        let ids = wanted.iter().map(|(id, _)| *id);
        let unknown: Vec<Uuid> = ids.filter(|id| !self.known.contains_key(id)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        if self.known.len() + unknown.len() > MOST_KNOWN {
            self.known.clear();
        }
        let stored = self
            .store
            .read(move |read| listener::by_ids(read, &unknown))
            .await?;
        for stored in stored {
            match stored.open(&self.seal) {
                Ok(listener) => drop(self.known.insert(listener.id, Arc::new(listener))),
                Err(error) => {
                    self.due.remove(&stored.id);
                    if let Some(held_back) = self.unread.due() {
                        tracing::error!(listener = %stored.id, %error, held_back, "a listener cannot be used");
                    }
                }
            }
        }
        Ok(())
    }

    /// Tries what was claimed, each delivery in a task of its own, those of a digest together. Returns whether there is more to do at
    /// once.
    fn begin(&mut self, claimed: Claimed, started_at: i64) -> bool {
        let Claimed {
            listener,
            deliveries,
            is_current,
            has_more,
        } = claimed;
        if !is_current {
            self.known.remove(&listener.id);
        }
        if !has_more && is_current {
            self.due.remove(&listener.id);
        }
        let count = deliveries.len();
        self.in_flight += count;
        self.lanes
            .entry(listener.id)
            .or_insert_with(Lane::new)
            .claimed(count);
        if listener.settings.digest.is_some() && count > 0 {
            self.attempt(&listener, deliveries, started_at);
        } else {
            for delivery in deliveries {
                self.attempt(&listener, vec![delivery], started_at);
            }
        }
        count > 0 || !is_current
    }

    fn attempt(&self, listener: &Arc<Listener>, deliveries: Vec<DueDelivery>, started_at: i64) {
        let (notifiers, report) = (Arc::clone(&self.notifiers), self.report.clone());
        let timeout = self.notifiers.time_limit(&listener.settings.notifier);
        let listener = Arc::clone(listener);
        self.terms.metrics.in_flight.inc();
        tokio::spawn(async move {
            let begun = Instant::now();
            let claim = deliveries
                .first()
                .map(|delivery| delivery.claim)
                .unwrap_or_default();
            let (mut tried, mut events) = (Vec::new(), Vec::new());
            for delivery in deliveries {
                tried.push((delivery.event.message_id, delivery.attempts));
                events.push(delivery.event);
            }
            let notice = Notice {
                listener: &listener,
                events: &events,
                now: started_at,
            };
            // A panic must not leave the listener without its place.
            let attempt = AssertUnwindSafe(notifiers.notify(&notice)).catch_unwind();
            let outcome = tokio::time::timeout(timeout, attempt).await;
            // Fails once the server has stopped; the lease then ends by itself.
            let _ = report.send(Tried {
                events: tried,
                claim,
                started_at,
                took: begun.elapsed(),
                outcome: match outcome {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(_)) => failed("the notifier failed, which the log explains".to_owned()),
                    Err(_) => failed(format!("no answer within {} seconds", timeout.as_secs())),
                },
                listener,
            });
        });
    }

    fn note(&mut self, tried: Tried) {
        tried.count(&self.terms.metrics);
        self.terms.metrics.in_flight.dec();
        self.in_flight = self.in_flight.saturating_sub(tried.events.len());
        if tried.listener.settings.is_ordered {
            // Settling makes the next one of the resource due.
            self.due.insert(tried.listener.id);
        }
        if let Some(lane) = self.lanes.get_mut(&tried.listener.id) {
            let has_failed = tried.outcome.verdict != Verdict::Delivered;
            lane.settled(tried.events.len(), has_failed, self.limits.per_listener);
        }
        self.ended.push(tried);
    }

    fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.ended.is_empty() && self.unsettled.is_empty()
    }
}

impl Worker for Deliverer {
    /// For attempts in flight when the server stops.
    const GRACE: Option<Duration> = Some(Duration::from_secs(5));

    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let mut reported = pin!(self.store.events_reported());
        match self.work(stop.is_cancelled()).await {
            Ok(true) => {
                // What was reported meanwhile must not wait for the next poll.
                self.is_poll_due |= reported.as_mut().now_or_never().is_some();
                return Next::Step;
            }
            Ok(false) if self.is_idle() => {
                self.is_poll_due = true;
                let next = self.store.events_reported();
                let is_reported = reported.as_mut().now_or_never().is_some();
                let rest = if is_reported { Duration::ZERO } else { POLL };
                return Next::Rest(Rest::of(rest).unless(next));
            }
            Ok(false) => {}
            Err(error) => {
                if let Some(held_back) = self.unread.due() {
                    tracing::warn!(%error, held_back, "deliveries to listeners cannot be read or settled");
                }
                tokio::time::sleep(UNAVAILABLE).await;
            }
        }
        tokio::select! {
            Some(tried) = self.tried.recv() => self.note(tried),
            () = &mut reported => self.is_poll_due = true,
            () = tokio::time::sleep(POLL) => self.is_poll_due = true,
        }
        self.is_poll_due |= reported.now_or_never().is_some();
        Next::Step
    }

    /// Never waits for long: an unresponsive peer notices a closed connection.
    async fn end(self) {
        if let Some(notifiers) = Arc::into_inner(self.notifiers) {
            let _ = tokio::time::timeout(CLOSING, notifiers.close()).await;
        }
    }
}

fn failed(answer: String) -> Outcome {
    Outcome {
        verdict: Verdict::Failed(None),
        status: None,
        answer,
    }
}
