//! The right to follow a service, which one process has at a time.

use std::time::{Duration, Instant};

use super::failure::Failure;
use crate::store::follow::{FollowLease, FollowPosition};
use crate::store::foreign::ForeignService;
use crate::store::{Store, follow, holder, lease};

/// How long the lease of a dead process keeps other hosts away.
const LEASE: Duration = Duration::from_secs(15);

/// The age at which the lease is renewed.
pub(super) const RENEWAL: Duration = Duration::from_secs(5);

/// The lease of a service.
pub(super) struct Tenure {
    store: Store,
    service: &'static str,
    name: String,
    holder: String,
    /// When it was last renewed, by the monotonic clock and by the one that other processes see; `None` without it.
    renewed: Option<(Instant, i64)>,
}

impl Tenure {
    /// Does not take the lease yet.
    pub(super) fn new(store: Store, service: ForeignService) -> Self {
        Self {
            store,
            service: service.name(),
            name: format!("follow:{}", service.name()),
            holder: holder::new(),
            renewed: None,
        }
    }

    /// The name of the lease.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the lease to be taken with what is recorded at `now`, in microseconds since 1970.
    pub(super) fn lease(&self, now: i64) -> FollowLease {
        FollowLease {
            name: self.name.clone(),
            holder: self.holder.clone(),
            until: now.saturating_add(micros(LEASE)),
        }
    }

    /// Whether the lease is to be taken or renewed.
    pub(super) fn is_due(&self, now: i64) -> bool {
        !self.is_younger(RENEWAL, now)
    }

    /// Whether no other process can have followed the service since the lease was renewed.
    pub(super) fn is_held(&self, now: i64) -> bool {
        self.is_younger(LEASE, now)
    }

    /// Either clock may stand still or be set back.
    fn is_younger(&self, age: Duration, now: i64) -> bool {
        self.renewed
            .is_some_and(|(at, wall)| at.elapsed() < age && now.saturating_sub(wall) < micros(age))
    }

    /// Takes or renews the lease, and returns the position from which to continue: `position`, which is written, if the lease is
    /// held or none is stored.
    pub(super) async fn renew(
        &mut self,
        now: i64,
        position: FollowPosition,
    ) -> Result<FollowPosition, Failure> {
        let (lease, service, is_held) = (self.lease(now), self.service, self.is_held(now));
        let begun = Instant::now();
        let renewed = self
            .store
            .write(move |tx| follow::renew(tx, &lease, now, service, &position, is_held));
        let renewed = renewed.await.map_err(Failure::Store)?;
        self.renewed = renewed.is_ok().then_some((begun, now));
        Ok(renewed?)
    }

    /// Another process has the lease.
    pub(super) fn lost(&mut self) {
        self.renewed = None;
    }

    /// Lets another process follow at once. The lease is released even if it seems not to be held: its renewal may have been
    /// interrupted after the commit.
    pub(super) async fn release(&mut self) {
        self.renewed = None;
        let (name, holder) = (self.name.clone(), self.holder.clone());
        let release = self.store.write(move |tx| lease::release(tx, &name, &holder));
        if let Err(error) = release.await {
            tracing::debug!(%error, "the lease was not released");
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
