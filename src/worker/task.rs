//! Background work in steps with rests between them.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::faults::Faults;

/// The rest after a step that panicked; it doubles with each further one, up to 32 times.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Work that continues until stopped.
pub trait Worker: Send + 'static {
    /// How long a stopped worker may continue, to finish pending work; then its step is dropped. Without a grace period it
    /// ends after the current step.
    const GRACE: Option<Duration> = None;

    /// Takes one step. A long step must observe `stop` itself.
    fn step(&mut self, stop: &CancellationToken) -> impl Future<Output = Next> + Send;

    /// Cleans up after the last step.
    fn end(self) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async {}
    }
}

/// What follows a step.
#[derive(Debug)]
pub enum Next {
    /// More work is pending.
    Step,
    /// No work is pending.
    Rest(Rest),
}

/// The rest of a worker.
#[derive(Debug)]
pub struct Rest {
    shortest: Duration,
    longest: Duration,
    wake: Option<OwnedNotified>,
}

impl Rest {
    /// Returns a rest of this length.
    pub fn of(time: Duration) -> Self {
        Self {
            shortest: Duration::ZERO,
            longest: time,
            wake: None,
        }
    }

    /// Returns the rest with a notification that ends it early. The notification must have been created before the step
    /// looked for work, so that none is missed.
    #[must_use]
    pub fn unless(self, wake: OwnedNotified) -> Self {
        Self {
            wake: Some(wake),
            ..self
        }
    }

    /// Returns the rest with a minimum length.
    #[must_use]
    pub fn at_least(self, shortest: Duration) -> Self {
        Self { shortest, ..self }
    }

    async fn pass(self) {
        let begun = Instant::now();
        match self.wake {
            // The next step looks for work in either case.
            Some(wake) => drop(timeout(self.longest, wake).await),
            None => sleep(self.longest).await,
        }
        sleep_until(begun + self.shortest).await;
    }
}

type Run = dyn FnOnce(Faults, CancellationToken) -> BoxFuture<'static, ()> + Send;

/// A named worker to start.
pub struct Task {
    pub(super) name: String,
    pub(super) run: Box<Run>,
}

impl Task {
    /// Creates a task with this name in the log and the metrics.
    pub fn new(name: impl Into<String>, worker: impl Worker) -> Self {
        Self {
            name: name.into(),
            run: Box::new(|faults, stop| run(worker, faults, stop).boxed()),
        }
    }
}

async fn run<W: Worker>(mut worker: W, faults: Faults, stop: CancellationToken) {
    let mut grace_is_over = pin!(async {
        stop.cancelled().await;
        match W::GRACE {
            Some(grace) => sleep(grace).await,
            None => pending().await,
        }
    });
    let mut panics = 0_u32;
    loop {
        let is_told = stop.is_cancelled();
        if is_told && W::GRACE.is_none() {
            break;
        }
        let next = tokio::select! {
            next = faults.catch_async(worker.step(&stop)) => next,
            () = &mut grace_is_over => break,
        };
        panics = if next.is_some() { 0 } else { panics + 1 };
        let rest = match next {
            Some(Next::Step) => continue,
            _ if is_told => break,
            Some(Next::Rest(rest)) => rest,
            None => Rest::of(AFTER_PANIC * (1 << (panics - 1).min(5))),
        };
        tokio::select! {
            () = rest.pass() => {}
            () = stop.cancelled() => {}
        }
    }
    faults.catch_async(worker.end()).await;
}
