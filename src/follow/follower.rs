//! Follows one service's table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::foreign::{Foreign, LONGEST};
use super::rows::{Brought, Rows};
use super::window::Window;
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::config::{Config, Connection};
use crate::event::Reporter;
use crate::message::time;
use crate::store::follow::{FollowBatch, FollowLease, FollowPosition};
use crate::store::foreign::{ForeignRow, ForeignService};
use crate::store::{self, Backend, Store, holder, lease};
use crate::telemetry::{FollowedMetrics, LogThrottle, Metrics};
use crate::worker::{Next, Rest, Task, Worker};

/// How long the lease of a dead process keeps other hosts away, in microseconds.
const LEASE: i64 = 15 * time::SECOND;

/// The age at which the lease is renewed, in microseconds.
const RENEWAL: i64 = LEASE / 3;

/// The interval at which a process without the lease tries to take it.
const STANDBY: Duration = Duration::from_secs(1);

/// The interval between looks for new rows.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The interval between pages of the walk through all rows.
const WALK_EVERY: Duration = Duration::from_secs(2);

/// Rows of a page of the walk.
const WALK: i64 = 500;

/// The rest after a statement, as a multiple of how long it took: under 1 % of the time.
const REST: u32 = 100;

/// The same for looks at a table with an index for them.
const REST_WITH_INDEX: u32 = 10;

/// The waits after failures.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Follows one service's table.
pub struct Follower {
    service: ForeignService,
    foreign: Foreign,
    store: Store,
    clock: Clock,
    reporter: Reporter,
    rows: Rows,
    metrics: FollowedMetrics,
    pairs_within: i64,
    lease: FollowLease,
    /// When the lease was last taken; `None` without it.
    held_since: Option<i64>,
    window: Option<Window>,
    next_look: Instant,
    next_walk: Instant,
    backoff: Backoff,
    log: LogThrottle,
    /// Whether the log says that the table cannot be followed, or that another process does.
    is_out: Option<&'static str>,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The service's database.
    #[error("{0}")]
    Foreign(store::Error),
    /// The store.
    #[error("messages cannot be recorded: {0}")]
    Store(store::Error),
    /// Another process has the lease.
    #[error("{0}")]
    Held(String),
}

impl Follower {
    /// Creates a follower for each service that the configuration names. Does not connect yet.
    pub fn all(
        config: &Config,
        store: &Store,
        clock: &Clock,
        reporter: &Reporter,
        metrics: &Metrics,
    ) -> Vec<Self> {
        let services = [
            (ForeignService::Cinder, &config.follow.cinder),
            (ForeignService::Manila, &config.follow.manila),
        ];
        let named = services
            .into_iter()
            .filter_map(|(service, connection)| Some((service, connection.as_ref()?)));
        named
            .map(|(service, connection)| {
                Self::new(service, connection, config, store, clock, reporter, metrics)
            })
            .collect()
    }

    fn new(
        service: ForeignService,
        connection: &Connection,
        config: &Config,
        store: &Store,
        clock: &Clock,
        reporter: &Reporter,
        metrics: &Metrics,
    ) -> Self {
        let backend = Backend::of(connection, config.database.busy_timeout);
        let now = Instant::now();
        Self {
            service,
            foreign: Foreign::new(backend, service),
            store: store.clone(),
            clock: clock.clone(),
            reporter: reporter.clone(),
            rows: Rows::new(service, config.api.project_id_regex.clone()),
            metrics: metrics.follow.of(service.name()),
            pairs_within: i64::try_from(config.ingest.dedup_ttl.as_micros()).unwrap_or(i64::MAX),
            lease: FollowLease {
                name: format!("follow:{}", service.name()),
                holder: holder::new(),
                until: 0,
            },
            held_since: None,
            window: None,
            next_look: now,
            next_walk: now,
            backoff: Backoff::new(BACKOFF.0, BACKOFF.1),
            log: LogThrottle::default(),
            is_out: Some("not yet"),
        }
    }

    /// Returns the follower as a task to start.
    pub fn task(self) -> Task {
        Task::new(self.lease.name.clone(), self)
    }

    async fn follow(&mut self) -> Result<(), Failure> {
        let now = self.clock.now();
        if self
            .held_since
            .is_none_or(|since| now.saturating_sub(since) >= RENEWAL)
        {
            self.renew(now).await?;
        }
        if self.next_look <= Instant::now() {
            match self.look(now).await {
                Err(Failure::Foreign(store::Error::Exhausted(_))) => self.look_rarely(),
                looked => looked?,
            }
        }
        if self.next_walk <= Instant::now() {
            self.walk(now).await?;
        }
        Ok(())
    }

    /// Takes the lease or renews it, and continues from what is recorded.
    async fn renew(&mut self, now: i64) -> Result<(), Failure> {
        let (lease, service, position) = (self.lease_at(now), self.service.name(), self.position());
        let had = self.held_since.take();
        let taken = self.store.write(move |tx| {
            lease::take(tx, &lease.name, &lease.holder, now, lease.until)?;
            match &position {
                Some(position) => store::follow::keep(tx, service, position).map(|()| None),
                None => store::follow::position(tx.conn(), service),
            }
        });
        let position = taken.await.map_err(of_store)?;
        if had.is_none() || self.window.is_none() {
            self.window = Some(Window::from(position, now));
        }
        self.held_since = Some(now);
        Ok(())
    }

    fn position(&self) -> Option<FollowPosition> {
        let window = self.window.as_ref().filter(|_| self.held_since.is_some());
        window.map(|window| window.position.clone())
    }

    fn lease_at(&self, now: i64) -> FollowLease {
        FollowLease {
            until: now.saturating_add(LEASE),
            ..self.lease.clone()
        }
    }

    /// Looks for new rows where they come in the order of expiry.
    async fn look(&mut self, now: i64) -> Result<(), Failure> {
        let Some(window) = &self.window else { return Ok(()) };
        let range = window.range(now);
        let (found, mut took) = self
            .foreign
            .ask(move |table| table.expiring(&range))
            .await
            .map_err(Failure::Foreign)?;
        let Some(window) = &self.window else { return Ok(()) };
        let (unknown, position) = (window.unknown(&found), window.after(&found));
        if !unknown.is_empty() {
            let ask = self.foreign.ask(move |table| table.find(&unknown));
            let (rows, longer) = ask.await.map_err(Failure::Foreign)?;
            took += longer;
            self.record(rows, position, now).await?;
        }
        let factor = match self.service {
            ForeignService::Cinder => REST_WITH_INDEX,
            ForeignService::Manila => REST,
        };
        let continues = self.window.as_mut().is_some_and(|window| window.recorded(found));
        let least = if continues { Duration::ZERO } else { LOOK_EVERY };
        self.next_look = Instant::now() + (took * factor).max(least);
        Ok(())
    }

    /// Leaves new rows to the walk for a while.
    fn look_rarely(&mut self) {
        self.next_look = Instant::now() + LONGEST * REST;
        if let Some(held_back) = self.log.due() {
            let (service, database) = (self.service.name(), self.foreign.describe());
            tracing::warn!(
                service,
                database,
                held_back,
                "looks for new rows take too long: the table needs an index on expires_at"
            );
        }
    }

    /// Reads the next page of all rows.
    async fn walk(&mut self, now: i64) -> Result<(), Failure> {
        let Some(window) = &self.window else { return Ok(()) };
        let after = window.position.walked.clone();
        let (page, took) = self
            .foreign
            .ask(move |table| table.page(Some(&*after).filter(|id| !id.is_empty()), WALK))
            .await
            .map_err(Failure::Foreign)?;
        let is_last = i64::try_from(page.len()).is_ok_and(|length| length < WALK);
        let walked = page.last().filter(|_| !is_last).map(|row| row.id.clone());
        if let Some(window) = &mut self.window {
            window.learn(&page);
            window.position.walked = walked.unwrap_or_default();
            let position = window.position.clone();
            let news = news(&self.store, page, now).await.map_err(Failure::Store)?;
            if !news.is_empty() {
                self.record(news, position, now).await?;
            }
        }
        let least = if is_last { WALK_EVERY } else { Duration::ZERO };
        self.next_walk = Instant::now() + (took * REST).max(least);
        Ok(())
    }

    async fn record(
        &mut self,
        rows: Vec<ForeignRow>,
        position: FollowPosition,
        now: i64,
    ) -> Result<(), Failure> {
        let created = rows.iter().filter_map(ForeignRow::created_at).max();
        if let Some(window) = &mut self.window {
            window.learn(&rows);
        }
        let Brought {
            messages,
            deleted,
            refused,
        } = self.rows.bring(rows);
        self.metrics.refused.inc_by(refused);
        let batch = Arc::new(FollowBatch {
            lease: self.lease_at(now),
            service: self.service.name(),
            now,
            pairs_within: self.pairs_within,
            messages,
            deleted,
            position,
        });
        let outcome = self.store.follow(batch, &self.reporter).await.map_err(of_store)?;
        self.held_since = Some(now);
        self.metrics.recorded.inc_by(outcome.recorded);
        self.metrics.paired.inc_by(outcome.paired);
        self.metrics.deleted.inc_by(outcome.deleted);
        if let Some(created) = created.filter(|_| outcome.recorded + outcome.paired > 0) {
            let lag = self.clock.now().saturating_sub(created) / time::SECOND;
            self.metrics.lag.set(lag.max(0));
        }
        Ok(())
    }

    /// Returns the rest after a failure, which is logged once a minute.
    fn failed(&mut self, failure: &Failure) -> Duration {
        self.metrics.active.set(0);
        let (service, database) = (self.service.name(), self.foreign.describe());
        if let Failure::Held(holder) = failure {
            self.held_since = None;
            if self.is_out.replace("held") != Some("held") {
                tracing::info!(service, holder, "another process follows the table of messages");
            }
            return STANDBY;
        }
        self.metrics.errors.inc();
        self.is_out = Some("failed");
        if let Some(held_back) = self.log.due() {
            tracing::error!(service, database, error = %failure, held_back, "the table of messages cannot be followed; retrying");
        }
        self.backoff.failed()
    }

    fn succeeded(&mut self) {
        self.metrics.active.set(1);
        self.backoff.succeeded();
        if self.is_out.take().is_some() {
            let (service, database) = (self.service.name(), self.foreign.describe());
            tracing::info!(service, database, "following the table of messages");
            self.log = LogThrottle::default();
        }
    }
}

impl Worker for Follower {
    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let followed = tokio::select! {
            followed = self.follow() => followed,
            () = stop.cancelled() => return Next::Step,
        };
        Next::Rest(Rest::of(match followed {
            Ok(()) => {
                self.succeeded();
                let next = self.next_look.min(self.next_walk);
                next.saturating_duration_since(Instant::now())
            }
            Err(failure) => self.failed(&failure),
        }))
    }

    /// Lets another process follow at once.
    async fn end(self) {
        self.metrics.active.set(0);
        if self.held_since.is_none() {
            return;
        }
        let lease = self.lease;
        let release = self
            .store
            .write(move |tx| lease::release(tx, &lease.name, &lease.holder));
        if let Err(error) = release.await {
            tracing::debug!(%error, "the lease was not released");
        }
    }
}

/// Returns the rows that are not recorded, or deleted since; without those that had expired at `now`.
async fn news(store: &Store, page: Vec<ForeignRow>, now: i64) -> Result<Vec<ForeignRow>, store::Error> {
    let id = |row: &ForeignRow| Uuid::try_parse(&row.id).unwrap_or_default();
    let ids: Vec<Uuid> = page.iter().map(id).collect();
    let known = store.read(move |read| store::follow::notes(read, &ids)).await?;
    let is_news = |row: &ForeignRow| match known.get(&id(row)) {
        Some(message) => row.is_deleted() && message.is_some(),
        None => !row.is_deleted() && row.expires_at().is_none_or(|end| end > now),
    };
    Ok(page.into_iter().filter(is_news).collect())
}

fn of_store(error: store::Error) -> Failure {
    match error {
        store::Error::Conflict(holder) => Failure::Held(holder),
        error => Failure::Store(error),
    }
}
