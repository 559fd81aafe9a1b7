//! The worker that delivers to listeners.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::attempt::attempt;
use super::exchange::{Claimed, Exchange, Exchanged, LEASE};
use super::lane::Stocked;
use super::lanes::{Lanes, Limits};
use super::settlement::{Settlement, Tried};
use super::terms::SettleTerms;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::notifiers::{Notifiers, Verdict};
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

/// The most attempts that are settled in one transaction.
const SETTLED: usize = 500;

/// How many ended attempts are settled without waiting for more.
const ENOUGH: usize = 100;

/// How long an ended attempt waits for others that are settled in the same transaction. A server that is killed repeats what was not
/// settled.
const TOGETHER: Duration = Duration::from_millis(20);

/// The most listeners that are kept in memory.
const MOST_KNOWN: usize = 10_000;

/// Delivers to listeners.
pub struct Deliverer {
    store: Store,
    clock: Clock,
    seal: Arc<ListenerSeal>,
    notifiers: Arc<Notifiers>,
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
    lanes: Lanes,
    tried: UnboundedReceiver<Tried>,
    report: UnboundedSender<Tried>,
    ended: Vec<Tried>,
    /// When what has ended is settled.
    settle_at: Option<Instant>,
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
            lanes: Lanes::new(Limits {
                concurrency: listeners.concurrency,
                per_listener: listeners.concurrency_per_listener,
            }),
            tried,
            report,
            ended: Vec::new(),
            settle_at: None,
            unsettled: Arc::new([]),
            unread: LogThrottle::default(),
        }
    }

    /// Settles ended attempts and begins new ones; returns whether there is more to do at once.
    ///
    /// # Errors
    /// Any error of the database; what has ended is settled later.
    async fn work(&mut self, is_stopping: bool) -> Result<bool, Error> {
        let now = self.clock.now();
        while let Ok(tried) = self.tried.try_recv() {
            self.note(tried);
        }
        let claims = if is_stopping {
            self.lanes.release_all();
            Vec::new()
        } else {
            self.begin_stocked(now);
            self.wanted(now).await?
        };
        if self.unsettled.is_empty() && (is_stopping || !claims.is_empty() || self.is_settling_due()) {
            let batch = self.ended.drain(..self.ended.len().min(SETTLED)).collect();
            self.unsettled = Settlement::of(batch, now).into();
            self.settle_at = self.settle_at.filter(|_| !self.ended.is_empty());
        }
        if self.unsettled.is_empty() && claims.is_empty() && self.lanes.released().is_empty() {
            return Ok(false);
        }
        let exchange = Exchange {
            settlements: Arc::clone(&self.unsettled),
            releases: self.lanes.released().to_vec(),
            claims,
            terms: self.terms.clone(),
            now,
        };
        let released = exchange.releases.len();
        let exchanged = self.write(exchange).await?;
        self.lanes.are_released(released);
        for (listener, error) in exchanged.failed {
            self.due.remove(&listener);
            if let Some(held_back) = self.unread.due() {
                tracing::error!(%listener, %error, held_back, "deliveries of a listener cannot be read or settled");
            }
        }
        for settled in std::mem::replace(&mut self.unsettled, Arc::new([])).iter() {
            settled.count(&self.terms.metrics);
        }
        let mut has_more = false;
        for claimed in exchanged.claimed {
            has_more |= self.take(claimed, now);
        }
        Ok(has_more)
    }

    /// Writes, and meanwhile goes on with what is claimed.
    async fn write(&mut self, exchange: Exchange) -> Result<Exchanged, Error> {
        let store = self.store.clone();
        let mut writing = pin!(exchange.run(&store));
        loop {
            tokio::select! {
                exchanged = &mut writing => return exchanged,
                Some(tried) = self.tried.recv() => {
                    self.note(tried);
                    self.begin_stocked(self.clock.now());
                }
            }
        }
    }

    /// Whether enough has ended, or nothing else is going on that could end soon.
    fn is_settling_due(&self) -> bool {
        let is_time = self.settle_at.is_some_and(|at| at <= Instant::now());
        is_time || !self.lanes.is_trying() || self.ended.len() >= ENOUGH
    }

    /// The listeners to claim deliveries of, and how many.
    async fn wanted(&mut self, now: i64) -> Result<Vec<(Arc<Listener>, usize)>, Error> {
        // However busy it is: others may have something due.
        let is_time = self.next_poll <= Instant::now();
        if std::mem::take(&mut self.is_poll_due) || is_time {
            self.next_poll = Instant::now() + POLL;
            let stocked = self.lanes.stocked();
            let versions = stocked.clone();
            let looked = self.store.read(move |read| {
                let due = listener::all_targets_due(read, now)?;
                Ok((due, listener::current(read, &versions)?))
            });
            let (due, current) = looked.await?;
            self.due = due.into_iter().collect();
            // What was changed or disabled gets nothing more by its old settings.
            for (id, _) in stocked.iter().filter(|(id, _)| !current.contains(id)) {
                self.known.remove(id);
                self.lanes.release(*id);
            }
            self.lanes.forget_idle(|id| self.due.contains(id));
        }
        let mut room = self.lanes.room(self.due.len());
        let mut wanted = Vec::new();
        let after = (Bound::Excluded(self.last_claimed), Bound::Unbounded);
        for id in self.due.range(after).chain(self.due.range(..=self.last_claimed)) {
            if wanted.len() == CLAIMED {
                break;
            }
            let count = self.lanes.share(&mut room, *id);
            if count > 0 {
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

    /// Takes what was claimed: a digest is tried at once, other deliveries as there is room. Returns whether there is more to do at
    /// once.
    fn take(&mut self, claimed: Claimed, now: i64) -> bool {
        let Claimed {
            listener,
            deliveries,
            is_current,
            has_more,
        } = claimed;
        if !is_current {
            self.known.remove(&listener.id);
            self.lanes.release(listener.id);
        }
        // An attempt that has ended meanwhile makes the next event of its resource due.
        let has_ended = self.ended.iter().any(|one| one.listener.id == listener.id);
        if !has_more && is_current && !(listener.settings.is_ordered && has_ended) {
            self.due.remove(&listener.id);
        }
        let (has_claimed, until) = (!deliveries.is_empty(), now.saturating_add(LEASE));
        // The transaction has taken some of the claim's time.
        let now = self.clock.now();
        if listener.settings.digest.is_some() && has_claimed {
            self.lanes.begun(listener.id);
            self.begin(listener, deliveries, until, now);
        } else {
            self.lanes.stock(&listener, deliveries, until);
            self.begin_stocked(now);
        }
        has_claimed || !is_current
    }

    /// Begins attempts while there is room.
    fn begin_stocked(&mut self, now: i64) {
        while let Some(Stocked {
            listener,
            delivery,
            until,
        }) = self.lanes.next()
        {
            self.begin(listener, vec![delivery], until, now);
        }
    }

    /// Begins an attempt. What was claimed so long ago that its claim could end meanwhile is left to the next claim: two servers would
    /// send it.
    fn begin(&mut self, listener: Arc<Listener>, deliveries: Vec<DueDelivery>, until: i64, now: i64) {
        let timeout = self.notifiers.time_limit(&listener.settings.notifier);
        if now.saturating_add(i64::try_from(timeout.as_micros()).unwrap_or(i64::MAX)) >= until {
            self.lanes.passed_over(listener.id);
            return;
        }
        self.terms.metrics.in_flight.inc();
        let (notifiers, report) = (Arc::clone(&self.notifiers), self.report.clone());
        tokio::spawn(attempt(notifiers, listener, deliveries, now, report));
    }

    fn note(&mut self, tried: Tried) {
        tried.count(&self.terms.metrics);
        self.terms.metrics.in_flight.dec();
        let (id, has_failed) = (tried.listener.id, tried.outcome.verdict != Verdict::Delivered);
        self.lanes.ended(id, has_failed);
        let is_ordered = tried.listener.settings.is_ordered;
        if is_ordered {
            // Settling makes the next one of the resource due.
            self.due.insert(id);
        }
        let wait = if is_ordered { Duration::ZERO } else { TOGETHER };
        let at = Instant::now() + wait;
        self.settle_at = Some(self.settle_at.map_or(at, |before| before.min(at)));
        self.ended.push(tried);
    }

    fn is_idle(&self) -> bool {
        self.lanes.is_idle() && self.ended.is_empty() && self.unsettled.is_empty()
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
        let settle_at = self.settle_at.unwrap_or_else(|| Instant::now() + POLL);
        tokio::select! {
            Some(tried) = self.tried.recv() => self.note(tried),
            () = &mut reported => self.is_poll_due = true,
            () = tokio::time::sleep_until(settle_at.into()) => self.is_poll_due |= self.ended.is_empty(),
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
