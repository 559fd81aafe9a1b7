//! What must be true of every delivery, kept beside the database.

use std::collections::BTreeMap;

use tidings::store::Error;
use tidings::store::delivery::{Attempt, DeliveryRecord, State, Then};
use uuid::Uuid;

/// Fails the schedule unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(tidings::store::Error::Broken(format!($($text)+)));
        }
    };
}
pub(crate) use ensure;

/// A delivery as it should be.
#[derive(Debug, Clone)]
pub struct Expected {
    pub resource: usize,
    pub state: State,
    /// When it may be tried at the earliest.
    pub earliest: i64,
    /// The claim, and its end.
    pub claim: Option<(Uuid, i64)>,
    pub attempts: usize,
    /// Whether it must wait for earlier ones of its resource.
    pub is_ordered: bool,
    /// How often the receiver got it.
    pub received: usize,
}

/// The deliveries of one listener.
#[derive(Debug, Default)]
pub struct Model(pub BTreeMap<Uuid, Expected>);

impl Model {
    pub fn get(&mut self, event: Uuid) -> &mut Expected {
        self.0.get_mut(&event).unwrap()
    }

    /// Notes a claim, which must be lawful.
    pub fn claim(
        &mut self,
        event: Uuid,
        attempts: usize,
        claim: Uuid,
        now: i64,
        until: i64,
    ) -> Result<(), Error> {
        let Some(of) = self.0.get(&event) else {
            return Err(Error::Broken(format!("{event} was never reported")));
        };
        ensure!(
            of.state == State::Waiting,
            "{event} was claimed but is {:?}",
            of.state
        );
        ensure!(
            of.attempts == 0 || of.earliest <= now,
            "{event} was tried again too early"
        );
        ensure!(
            of.claim.is_none_or(|(_, until)| until <= now),
            "{event} was claimed twice at once"
        );
        ensure!(
            of.attempts == attempts,
            "{event} was tried {} times, not {attempts}",
            of.attempts
        );
        let blocks = |(other, before): (&Uuid, &Expected)| {
            *other < event && before.is_ordered && before.resource == of.resource
        };
        ensure!(
            !of.is_ordered || !self.0.iter().any(blocks),
            "{event} was claimed before an earlier one of its resource was finished"
        );
        self.get(event).claim = Some((claim, until));
        Ok(())
    }

    /// Notes settled attempts; returns how many deliveries they change.
    pub fn settle(&mut self, made: &[Attempt]) -> usize {
        let is_delivered = |attempt: &&Attempt| attempt.then == Then::Delivered;
        let mut count = 0;
        for attempt in made.iter().filter(is_delivered) {
            let of = self.get(attempt.event);
            if of.state != State::Delivered {
                of.finish(State::Delivered);
                count += 1;
            }
        }
        for attempt in made.iter().filter(|attempt| !is_delivered(attempt)) {
            let of = self.get(attempt.event);
            if of.claim.is_none_or(|(claim, _)| claim != attempt.claim) {
                continue;
            }
            count += 1;
            match attempt.then {
                Then::Retry(due) => {
                    of.attempts += 1;
                    (of.claim, of.earliest) = (None, due);
                }
                _ => of.finish(State::Dead),
            }
        }
        count
    }

    /// Compares everything with what is stored.
    pub fn compare(&mut self, stored: &[DeliveryRecord], now: i64) -> Result<(), Error> {
        ensure!(
            stored.len() == self.0.len(),
            "{} events were reported, {} are stored",
            self.0.len(),
            stored.len()
        );
        for record in stored {
            let Some(of) = self.0.get_mut(&record.event) else {
                return Err(Error::Broken(format!("{} was never reported", record.event)));
            };
            // One that is over may be forgotten.
            of.claim = of.claim.filter(|(_, until)| record.is_claimed || *until > now);
            let is_same = record.state == of.state
                && record.attempts == of.attempts
                && record.is_claimed == of.claim.is_some();
            ensure!(is_same, "{record:?} should be {of:?}");
            ensure!(
                of.state != State::Delivered || of.received > 0,
                "{} is delivered but did not arrive",
                record.event
            );
        }
        Ok(())
    }
}

impl Expected {
    /// Notes that it is delivered again, in order with what is not finished.
    pub fn begin_again(&mut self, now: i64, is_ordered: bool) {
        (self.state, self.earliest, self.claim, self.attempts) = (State::Waiting, now, None, 0);
        self.is_ordered = is_ordered;
    }

    fn finish(&mut self, state: State) {
        self.attempts += 1;
        self.state = state;
        self.claim = None;
        // It no longer holds up others, unless it is delivered again.
        self.is_ordered = false;
    }
}
