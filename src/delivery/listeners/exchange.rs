//! The transactions of deliveries: each settles what has ended and claims what comes next.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::settlement::{DIGEST_BYTES, MOST_IN_DIGEST, Settlement};
use super::terms::SettleTerms;
use crate::listener::Listener;
use crate::message::time;
use crate::store::delivery::{self, DueDelivery, Release, Terms, claim_each, claim_within};
use crate::store::{Error, Store, Tx, listener};

/// No further deliveries of a listener are claimed in one transaction once their events take this many bytes.
const CLAIMED_BYTES: usize = 1 << 20;

/// How long a claim lasts, in microseconds: longer than any attempt takes.
pub(super) const LEASE: i64 = 60 * time::SECOND;

/// What one transaction does.
#[derive(Clone)]
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

/// What has come of an exchange.
#[derive(Default)]
pub(super) struct Exchanged {
    pub(super) claimed: Vec<Claimed>,
    /// The listeners whose rows are at fault.
    pub(super) failed: Vec<(Uuid, Error)>,
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
    /// Settles and claims in one transaction. If the database cannot do that, and never will, each listener gets a transaction of its
    /// own, and what fails alone is given up: its claims end by themselves.
    ///
    /// # Errors
    /// Any error that may pass.
    pub(super) async fn run(self, store: &Store) -> Result<Exchanged, Error> {
        let whole = self.clone();
        match store.write(move |tx| whole.write(tx)).await {
            Ok(claimed) => {
                return Ok(Exchanged {
                    claimed,
                    failed: Vec::new(),
                });
            }
            Err(error) if error.is_lasting() => {}
            Err(error) => return Err(error),
        }
        let mut done = Exchanged::default();
        for (listener, part) in self.parts() {
            match store.write(move |tx| part.write(tx)).await {
                Ok(claimed) => done.claimed.extend(claimed),
                Err(error) if error.is_lasting() => done.failed.push((listener, error)),
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// The same, one listener at a time.
    fn parts(&self) -> impl Iterator<Item = (Uuid, Self)> {
        let part = |settlements: Arc<[Settlement]>, claims: Vec<(Arc<Listener>, usize)>| Self {
            settlements,
            releases: Vec::new(),
            claims,
            terms: self.terms.clone(),
            now: self.now,
        };
        let settlements = self.settlements.iter();
        let settling = settlements.map(move |one| (one.listener(), part([one.clone()].into(), Vec::new())));
        let claims = self.claims.iter();
        let claiming = claims.map(move |claim| (claim.0.id, part([].into(), vec![claim.clone()])));
        settling.chain(claiming)
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<Vec<Claimed>, Error> {
        Settlement::write_all(&self.settlements, tx, &self.terms, self.now)?;
        for release in &self.releases {
            delivery::release(tx, release, self.now)?;
        }
        let versions: Vec<(Uuid, i64)> = self
            .claims
            .iter()
            .map(|(listener, _)| (listener.id, listener.updated_at))
            .collect();
        let current = listener::current(tx.conn(), &versions)?;
        let mut claimed = self.claim(tx, &current)?;
        let claims = self.claims.iter().map(|(listener, limit)| {
            let deliveries = claimed.remove(&listener.id).unwrap_or_default();
            let bytes: usize = deliveries.iter().map(|one| one.event.size()).sum();
            Claimed {
                listener: Arc::clone(listener),
                has_more: deliveries.len() >= *limit || bytes >= CLAIMED_BYTES,
                deliveries,
                is_current: current.contains(&listener.id),
            }
        });
        Ok(claims.collect())
    }

    /// Claims deliveries of those listeners that are current: each digest alone, all others together.
    fn claim(
        &self,
        tx: &mut Tx<'_>,
        current: &HashSet<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<DueDelivery>>, Error> {
        let terms = |limit| Terms {
            now: self.now,
            until: self.now.saturating_add(LEASE),
            claim: Uuid::now_v7(),
            limit,
        };
        let (mut claimed, mut wanted) = (HashMap::new(), Vec::new());
        for (listener, limit) in self.claims.iter().filter(|(one, _)| current.contains(&one.id)) {
            match listener.settings.digest {
                Some(digest) => {
                    let due = claim_digest(tx, listener.id, terms(*limit), digest)?;
                    claimed.insert(listener.id, due);
                }
                None => wanted.push((listener.id, *limit)),
            }
        }
        let due = claim_each(tx, &wanted, terms(usize::MAX), CLAIMED_BYTES)?;
        claimed.extend(wanted.into_iter().map(|(listener, _)| listener).zip(due));
        Ok(claimed)
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
    claim_within(tx, listener, Terms { limit, ..terms }, DIGEST_BYTES)
}
