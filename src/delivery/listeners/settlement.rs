//! What follows from attempts, in the transaction that settles them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::health;
use super::terms::SettleTerms;
use crate::delivery::notifiers::{LONGEST_ANSWER, Outcome, Verdict};
use crate::listener::Listener;
use crate::message::time;
use crate::store::delivery::{self, Attempt, DueDelivery, Then};
use crate::store::{Error, Tx, listener};
use crate::telemetry::ListenerMetrics;

/// The most events of one digest.
pub(super) const MOST_IN_DIGEST: usize = 200;

/// The most bytes of the events of one digest, apart from the last: an e-mail has them twice, as text and attached, and mail
/// servers refuse those of more than 10 MB or so.
pub(super) const DIGEST_BYTES: usize = 2 << 20;

/// The fewest failures that disable a listener, however long it has failed.
const FEWEST_FAILURES: i32 = 5;

/// An attempt that has ended.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) listener: Arc<Listener>,
    /// The events, each with how often it was tried before. Several only in a digest.
    pub(super) events: Vec<(Uuid, usize)>,
    /// Whether a digest could not take all that was due.
    pub(super) is_full: bool,
    /// The claim under which they were tried.
    pub(super) claim: Uuid,
    pub(super) started_at: i64,
    pub(super) took: Duration,
    pub(super) outcome: Outcome,
}

/// The ended attempts of one listener.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    listener: Arc<Listener>,
    attempts: Vec<Attempt>,
    has_delivered: bool,
    is_gone: bool,
    is_full: bool,
}

impl Settlement {
    /// Groups attempts by listener; `now` in microseconds since 1970.
    pub(super) fn of(tried: Vec<Tried>, now: i64) -> Vec<Self> {
        let mut settlements: BTreeMap<Uuid, Self> = BTreeMap::new();
        for one in tried {
            let settlement = settlements.entry(one.listener.id).or_insert_with(|| Self {
                listener: Arc::clone(&one.listener),
                attempts: Vec::new(),
                has_delivered: false,
                is_gone: false,
                is_full: false,
            });
            let verdict = one.outcome.verdict;
            settlement.has_delivered |= verdict == Verdict::Delivered;
            settlement.is_gone |= verdict == Verdict::Gone;
            settlement.is_full |= one.is_full;
            settlement.attempts.extend(one.into_attempts(now));
        }
        settlements.into_values().collect()
    }

    /// Settles the deliveries of several listeners, and notes how these fare.
    pub(super) fn write_all(
        settlements: &[Self],
        tx: &mut Tx<'_>,
        terms: &SettleTerms,
        now: i64,
    ) -> Result<(), Error> {
        let (digests, others): (Vec<&Self>, Vec<&Self>) = settlements
            .iter()
            .partition(|one| one.listener.settings.digest.is_some());
        for settlement in digests {
            settlement.end_digest(tx, now)?;
        }
        let made = others
            .iter()
            .map(|one| (one.listener.id, one.attempts.as_slice()));
        delivery::settle_each(tx, &made.collect::<Vec<_>>(), now)?;
        let ids: Vec<Uuid> = settlements.iter().map(Self::listener).collect();
        let failing = listener::failing(tx.conn(), &ids)?;
        for settlement in settlements {
            settlement.note(tx, terms, now, failing.contains(&settlement.listener.id))?;
        }
        Ok(())
    }

    /// Settles the deliveries of a digest.
    fn end_digest(&self, tx: &mut Tx<'_>, now: i64) -> Result<(), Error> {
        let listener = &self.listener;
        let settled = delivery::settle_attempts(tx, listener.id, &self.attempts, now)?;
        // A digest that another server has taken over is ended by that one.
        if let Some(digest) = listener.settings.digest.filter(|_| settled > 0) {
            // After a failure the retries decide; after a full digest the rest follows at once.
            let is_over = self.has_delivered && !self.is_full;
            let next = now.saturating_add(i64::try_from(digest.as_micros()).unwrap_or(i64::MAX));
            listener::end_digest(tx, listener.id, is_over.then_some(next))?;
        }
        Ok(())
    }

    /// Notes how the listener fares.
    fn note(&self, tx: &mut Tx<'_>, terms: &SettleTerms, now: i64, is_failing: bool) -> Result<(), Error> {
        let listener = &self.listener;
        let disable = |tx: &mut Tx<'_>, reason: &str| health::disable(tx, listener, reason, terms, now);
        if self.is_gone {
            return disable(tx, "the receiver answered 410 Gone");
        }
        if self.has_delivered {
            return if is_failing {
                health::recover(tx, listener, terms, now)
            } else {
                Ok(())
            };
        }
        let count = self.attempts.len();
        let failing = listener::note_failing(tx, listener.id, count, now, terms.disable_after)?;
        let failed_for = now.saturating_sub(failing.since);
        if failed_for >= terms.disable_after && failing.failures >= FEWEST_FAILURES {
            let days = failed_for / (86_400 * time::SECOND);
            return disable(tx, &format!("every delivery has failed for {days} days"));
        }
        Ok(())
    }
}

impl Settlement {
    /// Returns the listener.
    pub(super) fn listener(&self) -> Uuid {
        self.listener.id
    }

    /// Counts what was written.
    pub(super) fn count(&self, metrics: &ListenerMetrics) {
        let notifier = self.listener.settings.notifier.kind().name();
        let is_dead = |attempt: &&Attempt| matches!(attempt.then, Then::Dead(_));
        let dead = self.attempts.iter().filter(is_dead).count();
        metrics.dead(notifier).inc_by(u64::try_from(dead).unwrap_or(0));
    }
}

impl Tried {
    /// Counts the attempt.
    pub(super) fn count(&self, metrics: &ListenerMetrics) {
        let notifier = self.listener.settings.notifier.kind().name();
        let result = match self.outcome.verdict {
            Verdict::Delivered => "delivered",
            Verdict::Failed(_) => "failed",
            Verdict::Refused => "refused",
            Verdict::Gone => "gone",
        };
        metrics.attempts(notifier, result).inc();
        metrics.duration.observe_duration(self.took);
    }

    fn into_attempts(self, now: i64) -> impl Iterator<Item = Attempt> {
        let Outcome {
            verdict,
            status,
            answer,
        } = self.outcome;
        let milliseconds = u32::try_from(self.took.as_millis()).unwrap_or(u32::MAX);
        let (listener, answer) = (self.listener, shortened(answer));
        self.events.into_iter().map(move |(event, before)| Attempt {
            event,
            id: Uuid::now_v7(),
            claim: self.claim,
            started_at: self.started_at,
            milliseconds,
            status,
            then: then(&listener, event, before + 1, verdict, &answer, now),
            answer: answer.clone(),
        })
    }
}

/// Whether more may be due than a digest takes.
pub(super) fn fills_digest(deliveries: &[DueDelivery]) -> bool {
    let bytes: usize = deliveries.iter().map(|one| one.event.size()).sum();
    deliveries.len() >= MOST_IN_DIGEST || bytes >= DIGEST_BYTES
}

/// What follows from an event's attempt with this number.
fn then(listener: &Listener, event: Uuid, number: usize, verdict: Verdict, answer: &str, now: i64) -> Then {
    let wait = match verdict {
        Verdict::Delivered => return Then::Delivered,
        Verdict::Refused => return Then::Dead(format!("refused: {}", first_line(answer))),
        // A listener that is gone is disabled; if it is enabled again, nothing is lost.
        Verdict::Gone => None,
        Verdict::Failed(wait) => wait,
    };
    match listener.settings.retry.after(number, jitter(listener.id, event)) {
        Some(by_schedule) => {
            let wait = by_schedule.max(wait.unwrap_or_default());
            let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
            Then::Retry(now.saturating_add(wait))
        }
        None => Then::Dead(format!("failed {number} times")),
    }
}

/// A number from 0 to 1 that differs from event to event and from listener to listener.
fn jitter(listener: Uuid, event: Uuid) -> f64 {
    let [.., a, b] = (event.as_u128() ^ listener.as_u128()).to_be_bytes();
    f64::from(u16::from_be_bytes([a, b])) / f64::from(u16::MAX)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_ANSWER {
        let end = (0..=LONGEST_ANSWER).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
    text
}
