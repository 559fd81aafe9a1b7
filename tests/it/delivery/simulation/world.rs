//! One schedule.

use std::collections::BTreeMap;

use tidings::event::{Envelope, Reporter};
use tidings::store::delivery::{self, Again, Attempt, DeliveryRecord, Horizon, State, Terms, Then};
use tidings::store::{Error, Tx, listener, subscription};
use uuid::Uuid;

use super::draw::Draw;
use super::model::{Expected, Model, ensure};
use crate::delivery::event;
use crate::support::listeners::{redelivery, stored_listener};
use crate::support::{NOW, reporter};

const SECOND: i64 = 1_000_000;
const LEASE: i64 = 60 * SECOND;
const LONGEST_RETRY: i64 = 300 * SECOND;
const DAY: i64 = 86_400 * SECOND;

/// Steps of a schedule.
const STEPS: usize = 26;

/// Steps from one comparison of all rows to the next.
const COMPARED: usize = 4;

/// An attempt in flight.
#[derive(Clone, Copy)]
struct Flight {
    listener: usize,
    event: Uuid,
    claim: Uuid,
}

/// What a server knows; it is gone after a crash.
#[derive(Default)]
struct Server {
    flights: Vec<Flight>,
    /// Ended attempts that are not settled.
    ended: BTreeMap<usize, Vec<Attempt>>,
}

pub struct World {
    draw: Draw,
    now: i64,
    next_id: u128,
    reporter: Reporter,
    listeners: [Uuid; 2],
    models: [Model; 2],
    is_full: [bool; 2],
    servers: Vec<Server>,
    story: Vec<String>,
}

/// The listener whose events stay in order.
const ORDERED: usize = 0;

impl World {
    pub fn new(tx: &mut Tx<'_>, seed: u64) -> Result<Self, Error> {
        let mut draw = Draw::new(seed);
        let listeners = [1, 2].map(|number| Uuid::from_u128(u128::from(seed) << 8 | number));
        for (number, id) in listeners.into_iter().enumerate() {
            let stored = stored_listener(id, None);
            listener::insert(tx, &stored, &["repo.sync.start"], number == ORDERED)?;
        }
        let servers = (0..=draw.below(3)).map(|_| Server::default()).collect();
        Ok(Self {
            draw,
            now: NOW,
            next_id: 0,
            reporter: reporter(),
            listeners,
            models: Default::default(),
            is_full: [false; 2],
            servers,
            story: Vec::new(),
        })
    }

    /// What happened so far.
    pub fn story(&self) -> String {
        self.story.join("\n")
    }

    pub fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for step in 0..STEPS {
            self.step(tx)?;
            if step % COMPARED == 0 {
                self.compare(tx)?;
            }
        }
        self.finish(tx)
    }

    fn tell(&mut self, what: &str) {
        self.story.push(format!("{:>12} {what}", self.now - NOW));
    }

    /// Returns an id greater than all before it unless the clock was set back.
    fn id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(u128::from(self.now.unsigned_abs()) << 64 | self.next_id)
    }

    fn step(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let (server, listener) = (self.draw.below(self.servers.len()), self.draw.below(2));
        match self.draw.below(100) {
            0..12 => self.report(tx),
            12..40 => {
                let limit = 1 + self.draw.below(4);
                self.claim(tx, server, listener, limit).map(drop)
            }
            40..64 => {
                self.end(server);
                Ok(())
            }
            64..78 => self.settle(tx, server),
            78..82 => {
                self.tell(&format!("server {server} crashes"));
                self.servers[server] = Server::default();
                Ok(())
            }
            82..85 => self.redeliver(tx, listener),
            85 => self.redeliver_many(tx, listener),
            86..88 => self.dismiss(tx, listener),
            88..90 => self.fill(tx, listener),
            90..92 => self.bring_forward(tx),
            _ => {
                self.pass();
                Ok(())
            }
        }
    }

    fn pass(&mut self) {
        self.now += match self.draw.below(12) {
            0 => DAY,
            1 => -self.draw.time(DAY),
            2 => -self.draw.time(LEASE),
            3..7 => LEASE + 1,
            _ => self.draw.time(LEASE),
        };
        self.tell("is the time");
    }

    fn report(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for _ in 0..=self.draw.below(3) {
            let (id, resource) = (self.id(), self.draw.below(3));
            let event = Envelope {
                payload: format!(r#"{{"id":"r{resource}"}}"#),
                timestamp: self.now,
                ..event("tidings.test", id, 0)
            };
            self.tell(&format!("reports {id} of resource {resource}"));
            delivery::report(tx, &self.reporter, |reporter| reporter.outgoing([event].into()))?;
            for number in 0..2 {
                let is_full = self.is_full[number];
                let expected = Expected {
                    resource,
                    state: if is_full { State::Dead } else { State::Waiting },
                    earliest: self.now,
                    claim: None,
                    attempts: 0,
                    is_ordered: number == ORDERED && !is_full,
                    received: 0,
                };
                self.models[number].0.insert(id, expected);
            }
        }
        Ok(())
    }

    fn claim(
        &mut self,
        tx: &mut Tx<'_>,
        server: usize,
        listener: usize,
        limit: usize,
    ) -> Result<usize, Error> {
        let claim = self.id();
        let terms = Terms {
            now: self.now,
            until: self.now + LEASE,
            claim,
            limit,
        };
        let claimed = delivery::claim_due(tx, self.listeners[listener], terms)?;
        for one in &claimed {
            let event = one.event.message_id;
            self.tell(&format!(
                "server {server} claims {event} of {listener} under {claim}"
            ));
            ensure!(
                one.claim == claim && one.event.event_type == "repo.sync.start",
                "{one:?}"
            );
            self.models[listener].claim(event, one.attempts, claim, self.now, terms.until)?;
            self.servers[server].flights.push(Flight {
                listener,
                event,
                claim,
            });
        }
        Ok(claimed.len())
    }

    /// One attempt of a server ends, or never returns.
    fn end(&mut self, server: usize) {
        let flights = self.servers[server].flights.len();
        if flights == 0 {
            return;
        }
        let number = self.draw.below(flights);
        let flight = self.servers[server].flights.swap_remove(number);
        let then = match self.draw.below(10) {
            0..5 => Then::Delivered,
            5..8 => Then::Retry(self.now + self.draw.time(LONGEST_RETRY)),
            8 => Then::Dead("refused".to_owned()),
            _ => return self.tell(&format!("server {server} never hears of {}", flight.event)),
        };
        self.ended(server, flight, then);
    }

    fn ended(&mut self, server: usize, flight: Flight, then: Then) {
        self.tell(&format!(
            "server {server}: {} of {} is {then:?}",
            flight.event, flight.listener
        ));
        if then == Then::Delivered {
            self.models[flight.listener].get(flight.event).received += 1;
        }
        let attempt = Attempt {
            event: flight.event,
            id: self.id(),
            claim: flight.claim,
            started_at: self.now,
            milliseconds: 1,
            status: None,
            answer: String::new(),
            then,
        };
        self.servers[server]
            .ended
            .entry(flight.listener)
            .or_default()
            .push(attempt);
    }

    fn settle(&mut self, tx: &mut Tx<'_>, server: usize) -> Result<(), Error> {
        // Notes which claims that are over were forgotten: what failed under them is not settled.
        self.compare(tx)?;
        for (listener, made) in std::mem::take(&mut self.servers[server].ended) {
            self.tell(&format!(
                "server {server} settles {} attempts of {listener}",
                made.len()
            ));
            let settled = delivery::settle_attempts(tx, self.listeners[listener], &made, self.now)?;
            let expected = self.models[listener].settle(&made);
            ensure!(
                settled == expected,
                "{settled} instead of {expected} were settled"
            );
        }
        Ok(())
    }

    /// Any delivery of a listener.
    fn any(&mut self, listener: usize) -> Option<Uuid> {
        let ids: Vec<Uuid> = self.models[listener].0.keys().copied().collect();
        self.draw.one(&ids).copied()
    }

    fn redeliver(&mut self, tx: &mut Tx<'_>, listener: usize) -> Result<(), Error> {
        let (Some(event), now) = (self.any(listener), self.now) else {
            return Ok(());
        };
        self.tell(&format!("{event} of {listener} is redelivered"));
        let terms = redelivery(now, listener == ORDERED);
        let done = delivery::redeliver(tx, self.listeners[listener], event, terms);
        let of = self.models[listener].get(event);
        if of.claim.is_some_and(|(_, until)| until > now) {
            ensure!(
                matches!(done, Err(Error::Conflict(_))),
                "redelivered in flight: {done:?}"
            );
            return Ok(());
        }
        of.begin_again(now, listener == ORDERED);
        done.map(drop)
    }

    /// All in one state are redelivered, except those that are being tried.
    fn redeliver_many(&mut self, tx: &mut Tx<'_>, listener: usize) -> Result<(), Error> {
        let (now, is_ordered) = (self.now, listener == ORDERED);
        let Some(state) = self.draw.one(&State::ALL).copied() else {
            return Ok(());
        };
        let again = Again {
            listener: self.listeners[listener],
            since: 0,
            until: NOW + 100 * DAY,
            state,
            types: vec!["repo.sync.start"],
            project: None,
        };
        self.tell(&format!("all of {listener} that are {state:?} are redelivered"));
        let (count, next) = delivery::deliver_again(tx, &again, None, redelivery(now, is_ordered))?;
        let all = self.models[listener].0.values_mut();
        let is_free = |of: &&mut Expected| of.claim.is_none_or(|(_, until)| until <= now);
        let free = all.filter(|of| of.state == state).filter(is_free);
        let expected = free.fold(0, |count, of| {
            of.begin_again(now, is_ordered);
            count + 1
        });
        let is_right = (count, next) == (expected, None);
        ensure!(is_right, "{count} instead of {expected} were redelivered");
        Ok(())
    }

    fn dismiss(&mut self, tx: &mut Tx<'_>, listener: usize) -> Result<(), Error> {
        let Some(event) = self.any(listener) else {
            return Ok(());
        };
        let done = delivery::dismiss(tx, self.listeners[listener], event, "seen");
        let of = self.models[listener].get(event);
        let expected = of.state == State::Dead;
        ensure!(done.is_ok() == expected, "{of:?} was dismissed: {done:?}");
        if expected {
            of.state = State::Dismissed;
        }
        Ok(())
    }

    /// Further events become dead letters, or no longer do.
    fn fill(&mut self, tx: &mut Tx<'_>, listener: usize) -> Result<(), Error> {
        self.is_full[listener] ^= true;
        self.tell(&format!("{listener} is full: {}", self.is_full[listener]));
        subscription::set_full(tx, self.listeners[listener], self.is_full[listener])
    }

    /// As the server looks for what a wrong clock has put off.
    fn bring_forward(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let horizon = Horizon {
            claims: self.now + 2 * LEASE,
            retries: self.now + LONGEST_RETRY,
        };
        for (number, id) in self.listeners.into_iter().enumerate() {
            let found = delivery::too_far_ahead(tx.conn(), id, horizon)?;
            self.tell(&format!("{found:?} of {number} are brought forward"));
            delivery::bring_forward(tx, id, &found, horizon, self.now)?;
            for event in found {
                let of = self.models[number].get(event);
                let is_live = of.claim.is_some_and(|(_, until)| until <= horizon.claims);
                ensure!(!is_live, "a live claim of {event} was ended");
                let is_retry = of.claim.is_none() && of.attempts > 0;
                ensure!(
                    !is_retry || of.earliest > horizon.retries,
                    "the retry of {event} was brought forward"
                );
                (of.claim, of.earliest) = (None, self.now);
            }
        }
        Ok(())
    }

    fn compare(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for (model, id) in self.models.iter_mut().zip(self.listeners) {
            let page = delivery::page(tx.conn(), id, None, None, 1000)?.deliveries;
            let stored: Vec<DeliveryRecord> = page.into_iter().map(|(record, _)| record).collect();
            model.compare(&stored, self.now)?;
        }
        Ok(())
    }

    /// All servers crash, and one comes back: everything is delivered or a dead letter before long, however clocks have jumped.
    fn finish(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.tell("all servers crash, and one comes back");
        self.servers = vec![Server::default()];
        for wait in [0, 2 * LEASE, LONGEST_RETRY] {
            self.now += wait;
            self.bring_forward(tx)?;
            for listener in 0..2 {
                while self.claim(tx, 0, listener, 100)? > 0 {
                    for flight in std::mem::take(&mut self.servers[0].flights) {
                        self.ended(0, flight, Then::Delivered);
                    }
                    self.settle(tx, 0)?;
                }
            }
        }
        self.compare(tx)?;
        for model in &self.models {
            for (event, of) in &model.0 {
                ensure!(of.state != State::Waiting, "{event} still waits: {of:?}");
            }
        }
        Ok(())
    }
}
