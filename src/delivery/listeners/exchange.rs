//! The transactions of deliveries: each settles what has ended and claims what comes next.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::settlement::{MOST_IN_DIGEST, Settlement};
use super::terms::SettleTerms;
use crate::listener::Listener;
use crate::message::time;
use crate::store::delivery::{self, DueDelivery, Release, Terms, claim_due};
use crate::store::{Error, Tx, listener};

/// How long a claim lasts, in microseconds: longer than any attempt takes.
pub(super) const LEASE: i64 = 60 * time::SECOND;

/// What one transaction does.
pub(super) struct Exchange {
    pub(super) settlements: Arc<[Settlement]>,
    /// What was claimed and is given back.
    pub(super) releases: Vec<Release>,
    /// The listeners to claim deliveries of, and how many.
    pub(super) claims: Vec<(Arc<Listener>, usize)>,
    pub(super) terms: SettleTerms,
    /// In microseconds since 1970.
    pub(super) now: i64,
}

/// What was claimed of a listener.
pub(super) struct Claimed {
    pub(super) listener: Arc<Listener>,
    pub(super) deliveries: Vec<DueDelivery>,
    /// Whether the listener is as it is stored; nothing was claimed otherwise.
    pub(super) is_current: bool,
    /// Whether more may be due.
    pub(super) has_more: bool,
}

impl Exchange {
    pub(super) fn write(&self, tx: &mut Tx<'_>) -> Result<Vec<Claimed>, Error> {
        for settlement in self.settlements.iter() {
            settlement.write(tx, &self.terms, self.now)?;
        }
        for release in &self.releases {
            delivery::release(tx, release, self.now)?;
        }
        let versions: Vec<(Uuid, i64)> = self
            .claims
            .iter()
            .map(|(listener, _)| (listener.id, listener.updated_at))
            .collect();
        let current = listener::current(tx.conn(), &versions)?;
        let claims = self.claims.iter().map(|(listener, limit)| {
            let is_current = current.contains(&listener.id);
            let deliveries = if is_current {
                self.claim(tx, listener, *limit)?
            } else {
                Vec::new()
            };
            Ok(Claimed {
                listener: Arc::clone(listener),
                has_more: deliveries.len() >= *limit,
                deliveries,
                is_current,
            })
        });
        claims.collect()
    }

    fn claim(&self, tx: &mut Tx<'_>, listener: &Listener, limit: usize) -> Result<Vec<DueDelivery>, Error> {
        let terms = Terms {
            now: self.now,
            until: self.now.saturating_add(LEASE),
            claim: Uuid::now_v7(),
            limit,
        };
        match listener.settings.digest {
            Some(digest) => claim_digest(tx, listener.id, terms, digest),
            None => claim_due(tx, listener.id, terms),
        }
    }
}

/// Claims what a digest has gathered, unless the last one is too recent. The next one waits until this one is settled.
fn claim_digest(
    tx: &mut Tx<'_>,
    listener: Uuid,
    terms: Terms,
    digest: Duration,
) -> Result<Vec<DueDelivery>, Error> {
    let digest = i64::try_from(digest.as_micros()).unwrap_or(i64::MAX);
    let latest = terms.now.saturating_add(digest.max(LEASE));
    if !listener::begin_digest(tx, listener, terms.now, terms.until, latest)? {
        return Ok(Vec::new());
    }
    let limit = MOST_IN_DIGEST;
    claim_due(tx, listener, Terms { limit, ..terms })
}
