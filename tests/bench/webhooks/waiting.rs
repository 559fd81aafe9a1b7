//! Whether deliveries that wait slow others: recording events, and claiming what is due of another listener.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::future::try_join_all;
use serde_json::json;

use crate::bench::{Bench, Outcome, print, rate};
use crate::receivers::{Received, is_silent, takes_all};

/// The type of the events that are measured, and that of those that wait.
const MEASURED: &str = "image.activate";
const WAITING: &str = "image.update";

/// The listeners that the deliveries wait for.
const SILENT: usize = 20;

/// Clients that record an event at a time.
const CLIENTS: usize = 64;

pub async fn measure(bench: &Bench, events: usize, deliveries: usize, rounds: usize) -> Outcome<()> {
    let received = Received::default();
    let url = takes_all(received.clone())?;
    bench.subscribe(MEASURED, &url).await?;
    for _ in 0..rounds {
        round(bench, &received, events, 0).await?;
    }
    let (_port, url) = is_silent()?;
    for _ in 0..SILENT {
        bench.subscribe(WAITING, &url).await?;
    }
    bench.report_many(WAITING, deliveries / SILENT).await?;
    for _ in 0..rounds {
        round(bench, &received, events, deliveries).await?;
    }
    Ok(())
}

async fn round(bench: &Bench, received: &Received, events: usize, waiting: usize) -> Outcome<()> {
    let left = Arc::new(AtomicUsize::new(events));
    let client = |left: Arc<AtomicUsize>| async move {
        let take = |left: usize| left.checked_sub(1);
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
        {
            bench.report(MEASURED, 1).await?;
        }
        Outcome::Ok(())
    };
    let begun = Instant::now();
    try_join_all((0..CLIENTS).map(|_| client(Arc::clone(&left)))).await?;
    let recorded = rate(events, begun);
    let (before, begun) = (received.count(), Instant::now());
    let workers = bench.start();
    received.reaches(before + events).await;
    let delivered = rate(events, begun);
    workers.stop().await;
    print(&json!({ "waiting": waiting, "recorded": recorded, "delivered": delivered }))
}
