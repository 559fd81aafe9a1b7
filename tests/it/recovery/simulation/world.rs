//! One schedule.

use std::collections::BTreeMap;

use tidings::failure::{FailureNotification, NotificationType, Status, Term};
use tidings::recovery::{self, Finish, ProgressReport, Terms};
use tidings::store::failure::{self, NotificationFilter, Page};
use tidings::store::{Error, Tx};
use uuid::Uuid;

use super::super::desk::{DAY, LEASE, add_host, line, report, vm};
use crate::delivery::simulation::Draw;
use crate::delivery::simulation::ensure;

const HOSTS: [&str; 3] = ["h1", "h2", "h3"];
const ENGINES: [&str; 3] = ["e1", "e2", "e3"];

/// Steps of a schedule.
const STEPS: usize = 40;

/// What an engine believes to hold; it may be wrong.
#[derive(Clone, Copy)]
struct Job {
    id: Uuid,
    lease: Term,
}

pub struct World {
    draw: Draw,
    now: i64,
    terms: Terms,
    jobs: BTreeMap<&'static str, Job>,
    /// Jobs that an engine lost, whose calls arrive late.
    lost: Vec<Job>,
    /// The notifications as they were last seen.
    seen: BTreeMap<Uuid, FailureNotification>,
    story: Vec<String>,
}

impl World {
    pub fn new(tx: &mut Tx<'_>, terms: &Terms, seed: u64, segment: Uuid, now: i64) -> Result<Self, Error> {
        for name in HOSTS {
            add_host(tx, segment, Uuid::new_v4(), name, false, now)?;
        }
        Ok(Self {
            draw: Draw::new(seed),
            now,
            terms: terms.clone(),
            jobs: BTreeMap::new(),
            lost: Vec::new(),
            seen: BTreeMap::new(),
            story: Vec::new(),
        })
    }

    /// What happened so far.
    pub fn story(&self) -> String {
        self.story.join("\n")
    }

    pub fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for _ in 0..STEPS {
            self.step(tx)?;
            self.look(tx)?;
        }
        // All engines are gone.
        for _ in 0..3 {
            self.now += 2 * DAY;
            recovery::attend(tx, &self.terms, self.now)?;
            self.look(tx)?;
        }
        let open = self.seen.values().find(|seen| !seen.status.is_final());
        ensure!(open.is_none(), "{open:?} does not end");
        Ok(())
    }

    fn tell(&mut self, what: &str) {
        self.story.push(format!("{:>14} {what}", self.now));
    }

    fn step(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let engine = ENGINES[self.draw.below(ENGINES.len())];
        match self.draw.below(100) {
            0..20 => self.report(tx),
            20..45 => self.claim(tx, engine),
            45..60 => self.progress(tx, engine),
            60..75 => self.finish(tx, engine),
            75..80 => self.late(tx),
            80..85 => {
                self.tell(&format!("{engine} crashes"));
                self.lost.extend(self.jobs.remove(engine));
                Ok(())
            }
            85..90 => {
                self.tell("a server looks");
                recovery::attend(tx, &self.terms, self.now).map(drop)
            }
            90..93 => self.operate(tx),
            _ => {
                self.now += [1, LEASE / 2, LEASE, 3 * LEASE, DAY][self.draw.below(5)];
                self.tell("is the time");
                Ok(())
            }
        }
    }

    fn report(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let host = HOSTS[self.draw.below(HOSTS.len())];
        let payload = vm(Uuid::new_v4());
        let payload = payload.as_object().unwrap();
        let id = report(tx, host, NotificationType::Vm, payload, self.now, self.now)?;
        self.tell(&format!("{id} of {host} is reported"));
        Ok(())
    }

    fn claim(&mut self, tx: &mut Tx<'_>, engine: &'static str) -> Result<(), Error> {
        if self.jobs.contains_key(engine) {
            return Ok(());
        }
        let kinds = NotificationType::ALL;
        let Some(claimed) = recovery::claim(tx, &self.terms, &kinds, engine, self.now)? else {
            return Ok(());
        };
        let of = &claimed.notification;
        self.tell(&format!("{engine} claims {} under {}", of.uuid, of.term));
        let is_held = |other: &&FailureNotification| {
            other.leased_host == Some(of.source_host_uuid) && other.lease_until > Some(self.now)
        };
        let other = self.seen.values().find(is_held);
        ensure!(other.is_none(), "its host is held by {other:?}");
        self.jobs.insert(
            engine,
            Job {
                id: of.uuid,
                lease: of.term,
            },
        );
        Ok(())
    }

    fn progress(&mut self, tx: &mut Tx<'_>, engine: &'static str) -> Result<(), Error> {
        let Some(job) = self.jobs.get(engine).copied() else {
            return Ok(());
        };
        let message = if self.draw.below(2) == 0 {
            "the same"
        } else {
            "something new"
        };
        let report = ProgressReport {
            lines: vec![line(message)],
            ..ProgressReport::default()
        };
        let answer = recovery::progress(tx, &self.terms, job.id, job.lease, &report, self.now);
        self.tell(&format!("{engine} reports {}: {answer:?}", job.id));
        self.answered(engine, job, answer.map(drop), false)
    }

    fn finish(&mut self, tx: &mut Tx<'_>, engine: &'static str) -> Result<(), Error> {
        let Some(job) = self.jobs.get(engine).copied() else {
            return Ok(());
        };
        let ends = [Status::Finished, Status::Error, Status::Failed, Status::Ignored];
        let finish = Finish {
            status: ends[self.draw.below(ends.len())],
            message: format!("ended by {engine}"),
            tenants: vec![],
        };
        let answer = recovery::finish(tx, &self.terms, job.id, job.lease, &finish, self.now);
        self.tell(&format!("{engine} ends {}: {:?}", job.id, finish.status));
        self.answered(engine, job, answer.map(drop), true)
    }

    /// A call is refused exactly if its lease is over.
    fn answered(
        &mut self,
        engine: &'static str,
        job: Job,
        answer: Result<(), Error>,
        is_end: bool,
    ) -> Result<(), Error> {
        let holds = self
            .seen
            .get(&job.id)
            .is_some_and(|seen| seen.term == job.lease && seen.status == Status::Running);
        match answer {
            Ok(()) => ensure!(holds, "a call under a lease that is over was accepted"),
            // A step may also have taken too long.
            Err(Error::Conflict(_)) => ensure!(!holds || !is_end, "the end was refused under its lease"),
            Err(error) => return Err(error),
        }
        if is_end || !holds {
            self.jobs.remove(engine);
        }
        Ok(())
    }

    /// A call of an engine that crashed or was stopped.
    fn late(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let Some(job) = self.draw.one(&self.lost).copied() else {
            return Ok(());
        };
        let seen = self.seen[&job.id].clone();
        if seen.term == job.lease && seen.status == Status::Running {
            return Ok(());
        }
        let finish = Finish {
            status: Status::Finished,
            message: "late".to_owned(),
            tenants: vec![],
        };
        let answer = recovery::finish(tx, &self.terms, job.id, job.lease, &finish, self.now);
        ensure!(
            matches!(answer, Err(Error::Conflict(_))),
            "a late end was accepted: {answer:?}"
        );
        let after = failure::notification(tx.conn(), job.id)?;
        ensure!(after == seen, "a late call changed {seen:?} to {after:?}");
        Ok(())
    }

    fn operate(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let ids: Vec<Uuid> = self.seen.keys().copied().collect();
        let Some(id) = self.draw.one(&ids).copied() else {
            return Ok(());
        };
        let is_retry = self.draw.below(2) == 0;
        let changed = if is_retry {
            recovery::retry(tx, &self.terms, id, self.now)
        } else {
            recovery::cancel(tx, &self.terms, id, self.now)
        };
        self.tell(&format!("an operator changes {id}: {}", changed.is_ok()));
        match changed {
            Ok(after) => drop(self.seen.insert(id, after)),
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Looks at all rows: a lease is on one row of a host, and a lease that has not ended stays.
    fn look(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let page = Page::newest(1000);
        let rows = failure::notifications(tx.conn(), &NotificationFilter::default(), &page)?;
        let mut held = BTreeMap::new();
        for row in rows {
            let is_running = row.status == Status::Running;
            ensure!(
                is_running == row.leased_host.is_some(),
                "{row:?} is running without a lease"
            );
            ensure!(
                row.status.is_final() == row.turn.is_none(),
                "{row:?} is nobody's turn"
            );
            if let Some(host) = row.leased_host {
                let other = held.insert(host, row.uuid);
                ensure!(other.is_none(), "{host} is held twice");
            }
            if let Some(before) = self.seen.insert(row.uuid, row.clone()) {
                ensure!(before.term <= row.term, "the lease number of {row:?} went back");
                let is_final = before.status.is_final();
                ensure!(
                    !is_final || row.status == before.status,
                    "{before:?} changed to {row:?}"
                );
            }
        }
        Ok(())
    }
}
