//! The worker that delivers to listeners.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::lane::Lane;
use super::settlement::{Settlement, Tried};
use super::terms::SettleTerms;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::notifiers::{Notice, Notifiers, Outcome, Verdict};
use crate::event::Reporter;
use crate::listener::{Listener, ListenerSeal};
use crate::message::time;
use crate::store::delivery::{DueDelivery, Terms, claim_due};
use crate::store::{Error, Store, Tx, listener};
use crate::telemetry::{ListenerMetrics, LogThrottle};
use crate::worker::{Next, Rest, Worker};

/// How often the database is asked for deliveries that other servers wrote or that became due.
const POLL: Duration = Duration::from_millis(500);

/// How long to wait while the database is unavailable.
const UNAVAILABLE: Duration = Duration::from_secs(2);

/// How long a claim lasts, in microseconds: longer than any attempt takes.
const LEASE: i64 = 60 * time::SECOND;

/// The most attempts that are settled in one transaction.
const SETTLED: usize = 500;

/// The most events of one digest.
const MOST_IN_DIGEST: usize = 200;

/// The limits of deliveries.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Attempts in flight at a time.
    concurrency: usize,
    /// Attempts in flight at a time for one listener.
    per_listener: usize,
    /// The time limit of an attempt; a notifier that takes longer is given up.
    timeout: Duration,
}

/// Delivers to listeners.
pub struct Deliverer {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
    notifiers: Arc<Notifiers>,
    limits: Limits,
    terms: SettleTerms,
    /// The listeners with attempts in flight, and those that were called lately.
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
            store,
            clock,
            seal,
            notifiers: Arc::new(Notifiers::new(config)),
            limits: Limits {
                concurrency: listeners.concurrency,
                per_listener: listeners.concurrency_per_listener,
                timeout: listeners.timeout,
            },
            terms: SettleTerms {
                holder: Uuid::now_v7(),
                reporter,
                disable_after: i64::try_from(listeners.disable_after.as_micros()).unwrap_or(i64::MAX),
                ttl: config.messages.ttl_seconds(),
                metrics,
            },
            lanes: HashMap::new(),
            in_flight: 0,
            tried,
            report,
            ended: Vec::new(),
            unsettled: Arc::new([]),
            unread: LogThrottle::default(),
        }
    }

    /// Settles ended attempts and begins new ones; returns whether there was anything to do.
    ///
    /// # Errors
    /// Any error of the database; what has ended is settled later.
    async fn work(&mut self, is_stopping: bool) -> Result<bool, Error> {
        self.settle().await?;
        if is_stopping {
            return Ok(false);
        }
        let now = self.clock.now();
        let due = self
            .store
            .read(move |read| listener::all_targets_due(read, now))
            .await?;
        self.lanes.retain(|id, lane| !lane.is_idle() || due.contains(id));
        let wanted = self.wanted(&due);
        if wanted.is_empty() {
            return Ok(false);
        }
        let claimed = self.claim(wanted, now).await?;
        let has_work = !claimed.is_empty();
        for (listener, deliveries) in claimed {
            self.begin(&listener, deliveries, now);
        }
        Ok(has_work)
    }

    /// How many deliveries to claim of each listener that is due.
    fn wanted(&mut self, due: &[Uuid]) -> Vec<(Uuid, usize)> {
        let mut room = self.limits.concurrency.saturating_sub(self.in_flight);
        let mut wanted = Vec::new();
        for id in due {
            let lane = self.lanes.entry(*id).or_insert_with(Lane::new);
            let count = lane.room(self.limits.per_listener, room);
            if count > 0 {
                room = room.saturating_sub(count);
                wanted.push((*id, count));
            }
        }
        wanted
    }

    /// Claims in one transaction. A listener whose settings or secrets cannot be read is passed over.
    async fn claim(
        &mut self,
        wanted: Vec<(Uuid, usize)>,
        now: i64,
    ) -> Result<Vec<(Arc<Listener>, Vec<DueDelivery>)>, Error> {
        let listeners = self.listeners(&wanted).await?;
        let (holder, mut claims) = (self.terms.holder, Vec::new());
        for (id, limit) in wanted {
            if let Some(listener) = listeners.get(&id) {
                claims.push((Arc::clone(listener), limit));
            }
        }
        let claimed = self.store.write(move |tx| {
            let mut claimed = Vec::with_capacity(claims.len());
            for (listener, limit) in &claims {
                let terms = Terms {
                    now,
                    until: now.saturating_add(LEASE),
                    holder,
                    limit: *limit,
                };
                let deliveries = match listener.settings.digest {
                    Some(digest) => claim_digest(tx, listener.id, terms, digest)?,
                    None => claim_due(tx, listener.id, terms)?,
                };
                if !deliveries.is_empty() {
                    claimed.push((Arc::clone(listener), deliveries));
                }
            }
            Ok(claimed)
        });
        claimed.await
    }

    async fn listeners(&mut self, wanted: &[(Uuid, usize)]) -> Result<HashMap<Uuid, Arc<Listener>>, Error> {
        let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| *id).collect();
        let stored = self.store.read(move |read| listener::by_ids(read, &ids)).await?;
        let mut listeners = HashMap::with_capacity(stored.len());
        for stored in stored {
            match stored.open(&self.seal) {
                Ok(listener) => {
                    listeners.insert(listener.id, Arc::new(listener));
                }
                Err(error) => {
                    if let Some(held_back) = self.unread.due() {
                        tracing::error!(listener = %stored.id, %error, held_back, "a listener cannot be used");
                    }
                }
            }
        }
        Ok(listeners)
    }

    /// Tries deliveries, each in a task of its own; those of a digest together.
    fn begin(&mut self, listener: &Arc<Listener>, deliveries: Vec<DueDelivery>, started_at: i64) {
        self.in_flight += deliveries.len();
        self.lanes
            .entry(listener.id)
            .or_insert_with(Lane::new)
            .claimed(deliveries.len());
        if listener.settings.digest.is_some() {
            self.attempt(listener, deliveries, started_at);
        } else {
            for delivery in deliveries {
                self.attempt(listener, vec![delivery], started_at);
            }
        }
    }

    fn attempt(&self, listener: &Arc<Listener>, deliveries: Vec<DueDelivery>, started_at: i64) {
        let (notifiers, report) = (Arc::clone(&self.notifiers), self.report.clone());
        let (listener, timeout) = (Arc::clone(listener), self.limits.timeout);
        self.terms.metrics.in_flight.inc();
        tokio::spawn(async move {
            let begun = Instant::now();
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
            let outcome = tokio::time::timeout(timeout, notifiers.notify(&notice)).await;
            // Nobody listens once the server has stopped; the lease then ends by itself.
            let _ = report.send(Tried {
                events: tried,
                started_at,
                took: begun.elapsed(),
                outcome: outcome.unwrap_or_else(|_| too_slow(timeout)),
                listener,
            });
        });
    }

    /// Settles what has ended, a bounded number at a time.
    async fn settle(&mut self) -> Result<(), Error> {
        while let Ok(tried) = self.tried.try_recv() {
            self.note(tried);
        }
        while !self.ended.is_empty() || !self.unsettled.is_empty() {
            let now = self.clock.now();
            if self.unsettled.is_empty() {
                let batch = self.ended.drain(..self.ended.len().min(SETTLED)).collect();
                self.unsettled = Settlement::of(batch, now).into();
            }
            let (settlements, terms) = (Arc::clone(&self.unsettled), self.terms.clone());
            let write = self.store.write(move |tx| {
                settlements
                    .iter()
                    .try_for_each(|settlement| settlement.write(tx, &terms, now))
            });
            write.await?;
            for settled in std::mem::replace(&mut self.unsettled, Arc::new([])).iter() {
                settled.count(&self.terms.metrics);
            }
        }
        Ok(())
    }

    fn note(&mut self, tried: Tried) {
        tried.count(&self.terms.metrics);
        self.terms.metrics.in_flight.dec();
        self.in_flight = self.in_flight.saturating_sub(tried.events.len());
        if let Some(lane) = self.lanes.get_mut(&tried.listener.id) {
            let has_failed = tried.outcome.verdict != Verdict::Delivered;
            lane.settled(tried.events.len(), has_failed, self.limits.per_listener);
        }
        self.ended.push(tried);
    }
}

impl Worker for Deliverer {
    /// For attempts in flight when the server stops.
    const GRACE: Option<Duration> = Some(Duration::from_secs(5));

    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let reported = self.store.events_reported();
        match self.work(stop.is_cancelled()).await {
            Ok(true) => return Next::Step,
            Ok(false) if self.in_flight == 0 => return Next::Rest(Rest::of(POLL).unless(reported)),
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
            () = reported => {}
            () = tokio::time::sleep(POLL) => {}
        }
        Next::Step
    }
}

/// Claims what a digest has gathered, unless the last one is too recent.
fn claim_digest(
    tx: &mut Tx<'_>,
    listener: Uuid,
    terms: Terms,
    digest: Duration,
) -> Result<Vec<DueDelivery>, Error> {
    let digest = i64::try_from(digest.as_micros()).unwrap_or(i64::MAX);
    if !listener::begin_digest(tx, listener, terms.now, terms.now.saturating_add(digest))? {
        return Ok(Vec::new());
    }
    let limit = MOST_IN_DIGEST;
    claim_due(tx, listener, Terms { limit, ..terms })
}

fn too_slow(timeout: Duration) -> Outcome {
    Outcome {
        verdict: Verdict::Failed(None),
        status: None,
        answer: format!("no answer within {} seconds", timeout.as_secs()),
    }
}
