//! The loop of the background thread: gathers, sends, backs off and spills.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::backlog::{Backlog, Parcel};
use super::disposition::Disposition;
use super::gather::Gather;
use super::health::Health;
use super::ledger::{Ledger, Limiter};
use super::transport::Transport;

/// Concurrent requests, each for a different project.
const IN_FLIGHT: usize = 4;
/// Commands taken before the loop checks its timers again.
const INTAKE: usize = 256;
/// How long batches stay open while the server is down, for fewer and larger spool files.
const LINGER_WHILE_DOWN: Duration = Duration::from_secs(1);
/// The longest wait for the next command.
const IDLE: Duration = Duration::from_secs(3600);

/// What callers send to the worker.
pub(super) enum Command {
    /// A message to send.
    Record { project: Box<str>, message: Box<str> },
    /// Answer once everything before it is with the server or on disk, but no later than `deadline`.
    Flush { deadline: Instant, answer: Sender<bool> },
    /// The last recorder was dropped: end no later than `deadline`.
    Stop { deadline: Instant },
}

/// The worker's settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How long a batch stays open.
    pub linger: Duration,
    /// Messages in memory above which they are moved to the spool.
    pub spill_above: u64,
}

/// Everything that the background thread owns.
pub(super) struct Worker {
    /// Commands from the callers.
    pub commands: UnboundedReceiver<Command>,
    /// Open batches.
    pub gather: Gather,
    /// Sealed batches.
    pub backlog: Backlog,
    /// Whether the server is up.
    pub health: Health,
    /// The connection to the server.
    pub transport: Arc<Transport>,
    /// Counters.
    pub ledger: Arc<Ledger>,
    /// Settings.
    pub pace: Pace,
    /// Requests in flight.
    pub in_flight: InFlight,
    /// Callers waiting for a flush.
    pub flushes: Vec<Flush>,
    /// Set when it has to end.
    pub stop_at: Option<Instant>,
}

/// Requests in flight.
#[derive(Default)]
pub(super) struct InFlight {
    tasks: JoinSet<Disposition>,
    parcels: HashMap<Id, Parcel>,
    warning: Limiter,
}

/// A caller waiting for a flush.
pub(super) struct Flush {
    barrier: u64,
    deadline: Instant,
    answer: Sender<bool>,
}

impl Worker {
    /// Runs until told to stop.
    pub async fn run(mut self) {
        let mut inbox = Vec::with_capacity(INTAKE);
        loop {
            let now = Instant::now();
            self.step(now);
            if self.is_finished(now) {
                break;
            }
            let wake = self.next_wake(now);
            tokio::select! {
                received = self.commands.recv_many(&mut inbox, INTAKE), if self.stop_at.is_none() => {
                    if received == 0 {
                        self.stop_at = Some(now);
                    }
                    inbox.drain(..).for_each(|command| self.take(command));
                }
                Some(landed) = self.in_flight.tasks.join_next_with_id() => self.settle(landed),
                () = sleep_until(wake) => {}
            }
        }
        self.end();
    }

    /// Does everything that is due now.
    fn step(&mut self, now: Instant) {
        let linger = if self.stop_at.is_some() {
            Duration::ZERO
        } else {
            self.linger()
        };
        self.seal(now, linger);
        let everything = !self.health.is_up() || self.ledger.pending() > self.pace.spill_above;
        self.backlog.spill(now, everything);
        self.send(now);
        self.answer_flushes(now);
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Record { project, message } => {
                for batch in self.gather.push(&project, message, Instant::now()) {
                    self.backlog.add(batch);
                }
            }
            Command::Flush { deadline, answer } => {
                self.seal(Instant::now(), Duration::ZERO);
                self.flushes.push(Flush {
                    barrier: self.backlog.last_serial(),
                    deadline,
                    answer,
                });
            }
            Command::Stop { deadline } => self.stop_at = Some(deadline),
        }
    }

    fn seal(&mut self, now: Instant, linger: Duration) {
        for batch in self.gather.due(now, linger) {
            self.backlog.add(batch);
        }
    }

    fn send(&mut self, now: Instant) {
        // On the way out, only batches in memory matter; the spool can wait for the next start.
        let from_disk = self.stop_at.is_none();
        while self.in_flight.parcels.len() < self.health.allowed(now, IN_FLIGHT) {
            let Some(parcel) = self.backlog.next(now, from_disk) else {
                break;
            };
            let (transport, batch) = (Arc::clone(&self.transport), Arc::clone(&parcel.batch));
            let task = self
                .in_flight
                .tasks
                .spawn(async move { transport.post(&batch).await });
            self.in_flight.parcels.insert(task.id(), parcel);
        }
    }

    fn settle(&mut self, landed: Result<(Id, Disposition), JoinError>) {
        let now = Instant::now();
        let (id, disposition) = landed.unwrap_or_else(|error| (error.id(), Disposition::BROKEN));
        let Some(parcel) = self.in_flight.parcels.remove(&id) else {
            return;
        };
        let project = Arc::clone(&parcel.batch.project);
        if let Some(status) = disposition.misconfigured()
            && self.in_flight.warning.pass()
        {
            let code = parcel.batch.first_code();
            tracing::warn!(project.id = %project, code, status, "messages wait: wrong endpoint or token");
        }
        match disposition {
            Disposition::Delivered => self.backlog.delivered(parcel),
            Disposition::Refused(status) => self.backlog.refused(parcel, status, now),
            Disposition::Hold { wait, .. } => {
                self.backlog.hold(&project, wait, now);
                self.backlog.put_back(parcel, true, now);
            }
            Disposition::Down {
                status,
                wait,
                suspect,
            } => {
                if self.health.failed(wait, now) {
                    tracing::warn!(status, "the message server is unavailable: messages wait");
                }
                return self.backlog.put_back(parcel, suspect, now);
            }
        }
        if self.health.answered() {
            tracing::info!("the message server is available again");
        }
        self.backlog.tidy(now);
    }

    fn answer_flushes(&mut self, now: Instant) {
        if self
            .flushes
            .iter()
            .any(|flush| flush.deadline <= now && self.waits_in_memory(flush.barrier))
        {
            self.spill_everything(now);
        }
        for flush in std::mem::take(&mut self.flushes) {
            let safe = !self.waits_in_memory(flush.barrier);
            if safe || flush.deadline <= now {
                // The caller may be gone.
                let _ = flush.answer.send(safe);
            } else {
                self.flushes.push(flush);
            }
        }
    }

    fn spill_everything(&mut self, now: Instant) {
        self.backlog.spill(now, true);
        // In any order: each belongs to a different project.
        let parcels = self.in_flight.parcels.values_mut();
        parcels.for_each(|parcel| self.backlog.persist(parcel, now));
    }

    fn waits_in_memory(&self, barrier: u64) -> bool {
        self.backlog.waits_in_memory(barrier)
            || self
                .in_flight
                .parcels
                .values()
                .any(|parcel| parcel.waits_in_memory(barrier))
    }

    fn is_finished(&self, now: Instant) -> bool {
        self.stop_at
            .is_some_and(|deadline| deadline <= now || !self.waits_in_memory(u64::MAX))
    }

    /// Saves what can be saved. A batch still in flight is resent at the next start, under the same key.
    fn end(mut self) {
        self.spill_everything(Instant::now());
        self.in_flight.tasks.abort_all();
        let lost = self.backlog.abandon(self.in_flight.parcels.into_values());
        if lost > 0 {
            tracing::warn!(
                lost,
                "messages were dropped at shutdown: neither the server nor a spool could take them"
            );
        }
    }

    fn linger(&self) -> Duration {
        if self.health.is_up() {
            self.pace.linger
        } else {
            self.pace.linger.max(LINGER_WHILE_DOWN)
        }
    }

    /// Returns when `step` next has something to do. Anything due now is done already or waits for an answer.
    fn next_wake(&self, now: Instant) -> Instant {
        let flushes = self.flushes.iter().map(|flush| flush.deadline);
        let others = [
            self.gather.next_due(self.linger()),
            self.health.retry_at(),
            self.backlog.next_change(now),
            self.stop_at,
        ];
        flushes
            .chain(others.into_iter().flatten())
            .filter(|at| *at > now)
            .min()
            .unwrap_or(now + IDLE)
    }
}
