//! Background work: its steps and rests, its end, and the reports of an early end.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::NamedTempFile;
use tidings::telemetry::{Exposition, LogFormat, LogSettings, Metrics, log};
use tidings::worker::{Next, Rest, Task, Worker, Workers};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::dispatcher::set_default;

use crate::support::until;

const HOUR: Duration = Duration::from_secs(3600);

/// How often something happened.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn note(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    async fn reaches(&self, count: usize) {
        until("the count", async || self.get() >= count).await;
    }
}

/// A worker whose steps call a function with the number of the step.
struct Steps<F> {
    step: F,
    taken: Count,
    ended: Count,
}

impl<F, S> Worker for Steps<F>
where
    F: FnMut(usize) -> S + Send + 'static,
    S: Future<Output = Next> + Send + 'static,
{
    async fn step(&mut self, _: &CancellationToken) -> Next {
        (self.step)(self.taken.note()).await
    }

    async fn end(self) {
        self.ended.note();
    }
}

/// Returns the worker, its count of steps and its count of ends.
fn steps<F, S>(step: F) -> (Task, Count, Count)
where
    F: FnMut(usize) -> S + Send + 'static,
    S: Future<Output = Next> + Send + 'static,
{
    let (taken, ended) = (Count::default(), Count::default());
    let worker = Steps {
        step,
        taken: taken.clone(),
        ended: ended.clone(),
    };
    (Task::new("steps", worker), taken, ended)
}

fn resting() -> (Task, Count, Count) {
    steps(|_| async { Next::Rest(Rest::of(HOUR)) })
}

fn workers() -> (Workers, Metrics) {
    let metrics = Metrics::new("test");
    (Workers::new(metrics.workers.counter()), metrics)
}

/// With a grace period it finishes pending work.
struct Graceful {
    left: usize,
    is_stuck: bool,
    done: Count,
}

impl Worker for Graceful {
    const GRACE: Option<Duration> = Some(Duration::from_millis(200));

    async fn step(&mut self, _: &CancellationToken) -> Next {
        if self.left == 0 {
            return Next::Rest(Rest::of(HOUR));
        }
        if self.is_stuck {
            std::future::pending::<()>().await;
        }
        self.left -= 1;
        self.done.note();
        Next::Step
    }
}

#[tokio::test]
async fn steps_follow_each_other_at_once_or_after_a_rest_that_a_notification_ends() {
    let (workers, _) = workers();
    let wake = Arc::new(Notify::new());
    let waker = Arc::clone(&wake);
    let (task, taken, _) = steps(move |number| {
        let woken = Arc::clone(&waker).notified_owned();
        async move {
            match number {
                1 => Next::Step,
                2 => Next::Rest(Rest::of(Duration::from_millis(1))),
                _ => Next::Rest(Rest::of(HOUR).unless(woken)),
            }
        }
    });
    workers.start([task]);
    taken.reaches(3).await;
    wake.notify_waiters();
    taken.reaches(4).await;
    workers.stop().await;
    assert_eq!(taken.get(), 4);
}

#[tokio::test]
async fn a_worker_that_ends_early_is_logged_and_counted_and_goes_on() {
    let file = NamedTempFile::new().unwrap();
    let settings = LogSettings {
        filter: "info".to_owned(),
        format: LogFormat::Text,
        file: Some(file.path().to_owned()),
    };
    let (dispatch, _handle) = log::build(&settings).unwrap();
    let _log = set_default(&dispatch);
    let (workers, metrics) = workers();
    let (task, taken, ended) = steps(|number| async move {
        assert_ne!(number, 1, "a bug");
        Next::Rest(Rest::of(HOUR))
    });
    let count = || metrics.encode(Exposition::OpenMetrics);
    workers.start([task]);
    assert!(count().contains("tidings_worker_ended_total{worker=\"steps\"} 0"));
    taken.reaches(2).await;
    assert!(count().contains("tidings_worker_ended_total{worker=\"steps\"} 1"));
    let text = fs::read_to_string(file.path()).unwrap();
    for part in [
        "ERROR",
        "background work ended early",
        "worker=\"steps\"",
        "a bug",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    workers.stop().await;
    assert_eq!(ended.get(), 1);
}

#[tokio::test]
async fn a_stop_waits_for_all_and_for_the_steps_under_way() {
    let (workers, _) = workers();
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let (slow, begun, slow_ended) = steps(move |_| {
        let opened = Arc::clone(&opened);
        async move {
            opened.notified().await;
            Next::Step
        }
    });
    let (task, taken, ended) = resting();
    workers.start([slow, task]);
    begun.reaches(1).await;
    taken.reaches(1).await;
    let stop = workers.stop();
    tokio::pin!(stop);
    tokio::select! {
        () = &mut stop => panic!("a step is under way"),
        () = ended.reaches(1) => {}
    }
    assert_eq!(slow_ended.get(), 0);
    gate.notify_one();
    stop.await;
    // Although more work was pending.
    assert_eq!((begun.get(), slow_ended.get()), (1, 1));
}

#[tokio::test]
async fn with_a_grace_what_waits_is_finished_unless_that_takes_longer() {
    for (is_stuck, finished) in [(false, 3), (true, 0)] {
        let (workers, _) = workers();
        let done = Count::default();
        let worker = Graceful {
            left: 3,
            is_stuck,
            done: done.clone(),
        };
        workers.start([Task::new("graceful", worker)]);
        workers.stop().await;
        assert_eq!(done.get(), finished);
    }
}

#[tokio::test]
async fn a_worker_ends_with_its_guard_and_leaves_the_others() {
    let (workers, _) = workers();
    let (guarded, _, guarded_ended) = resting();
    let (other, taken, ended) = resting();
    workers.start([other]);
    drop(workers.start_guarded(guarded));
    guarded_ended.reaches(1).await;
    taken.reaches(1).await;
    assert_eq!(ended.get(), 0);
    workers.stop().await;
    assert_eq!(ended.get(), 1);
}
