//! What follows from attempts, in the transaction that settles them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::delivery::notifiers::{LONGEST_ANSWER, Outcome, Verdict};
use crate::event::Reporter;
use crate::listener::Listener;
use crate::message::time;
use crate::store::delivery::{self, Attempt, Then};
use crate::store::{Error, Tx, listener};

/// A listener that failed for this long, in microseconds, is worth an event when it recovers.
const WORTH_TELLING: i64 = 3600 * time::SECOND;

/// An attempt that has ended.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) listener: Arc<Listener>,
    pub(super) event: Uuid,
    /// How often the event was tried before.
    pub(super) before: usize,
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
    has_failed: bool,
    is_gone: bool,
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
                has_failed: false,
                is_gone: false,
            });
            let verdict = one.outcome.verdict;
            settlement.has_delivered |= verdict == Verdict::Delivered;
            settlement.has_failed |= verdict != Verdict::Delivered;
            settlement.is_gone |= verdict == Verdict::Gone;
            settlement.attempts.push(one.into_attempt(now));
        }
        settlements.into_values().collect()
    }

    /// Settles the deliveries, and notes how the listener fares. `disable_after` is in microseconds.
    pub(super) fn write(
        &self,
        tx: &mut Tx<'_>,
        holder: Uuid,
        reporter: &Reporter,
        now: i64,
        disable_after: i64,
    ) -> Result<(), Error> {
        let id = self.listener.id;
        delivery::settle_attempts(tx, id, holder, &self.attempts, now)?;
        if self.is_gone {
            return self.disable(tx, reporter, "the receiver answered 410 Gone", now);
        }
        if self.has_delivered {
            if self.listener.failing_since.is_some() || self.has_failed {
                self.recover(tx, reporter, now)?;
            }
        } else if self.has_failed {
            let since = listener::note_failing(tx, id, now)?;
            if now.saturating_sub(since) >= disable_after {
                let days = now.saturating_sub(since) / (86_400 * time::SECOND);
                return self.disable(
                    tx,
                    reporter,
                    &format!("every delivery has failed for {days} days"),
                    now,
                );
            }
        }
        Ok(())
    }

    fn disable(&self, tx: &mut Tx<'_>, reporter: &Reporter, reason: &str, now: i64) -> Result<(), Error> {
        if listener::disable(tx, self.listener.id, reason, now)? {
            tracing::warn!(listener = %self.listener.id, reason, "a listener was disabled");
        }
        let _ = reporter;
        Ok(())
    }

    fn recover(&self, tx: &mut Tx<'_>, reporter: &Reporter, now: i64) -> Result<(), Error> {
        if let Some(since) = listener::note_recovered(tx, self.listener.id)?
            && now.saturating_sub(since) >= WORTH_TELLING
        {
            tracing::info!(listener = %self.listener.id, "a listener has recovered");
        }
        let _ = reporter;
        Ok(())
    }
}

impl Tried {
    fn into_attempt(self, now: i64) -> Attempt {
        let failures = self.before + 1;
        let then = match self.outcome.verdict {
            Verdict::Delivered => Then::Delivered,
            Verdict::Refused => Then::Dead(format!("refused: {}", first_line(&self.outcome.answer))),
            // A listener that is gone is disabled; if it is enabled again, nothing is lost.
            Verdict::Gone => self.retry(failures, None, now),
            Verdict::Failed(wait) => self.retry(failures, wait, now),
        };
        Attempt {
            event: self.event,
            id: Uuid::now_v7(),
            started_at: self.started_at,
            milliseconds: u32::try_from(self.took.as_millis()).unwrap_or(u32::MAX),
            status: self.outcome.status,
            answer: shortened(self.outcome.answer),
            then,
        }
    }

    fn retry(&self, failures: usize, wait: Option<Duration>, now: i64) -> Then {
        match self.listener.settings.retry.after(failures, self.jitter()) {
            Some(by_schedule) => {
                let wait = by_schedule.max(wait.unwrap_or_default());
                let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
                Then::Retry(now.saturating_add(wait))
            }
            None => Then::Dead(format!("failed {failures} times")),
        }
    }

    /// A number from 0 to 1 that differs from event to event and from listener to listener.
    fn jitter(&self) -> f64 {
        let [.., a, b] = (self.event.as_u128() ^ self.listener.id.as_u128()).to_be_bytes();
        f64::from(u16::from_be_bytes([a, b])) / f64::from(u16::MAX)
    }
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
