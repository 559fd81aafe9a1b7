//! How many deliveries a second, of those of a bare client.
//!
//! The bare client sends the same bodies with as many requests in flight, and nothing is stored. Deliveries of ours are claimed,
//! signed, sent, settled and logged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bench::{Bench, EVENT, Outcome, percentile, print, rate};
use crate::receivers::{Received, takes_all};

const TYPE: &str = "image.activate";

/// Events of one idle measurement.
const SINGLE: usize = 200;

pub async fn measure(bench: &Bench, events: usize, listeners: usize, rounds: usize) -> Outcome<()> {
    let received = Received::default();
    let url = takes_all(received.clone())?;
    for number in 0..listeners {
        bench.subscribe(TYPE, &format!("{url}{number}")).await?;
    }
    for _ in 0..rounds {
        let bare = post(bench, &url, &received, events * listeners).await?;
        let ours = deliver(bench, &received, events, listeners).await?;
        print(&json!({ "rate": ours, "floor": bare }))?;
    }
    let times = one_by_one(bench, &received, listeners).await?;
    let (half, most) = (percentile(&times, 50), percentile(&times, 99));
    print(&json!({ "idle_p50_ms": half, "idle_p99_ms": most }))
}

/// The rate of a client that posts the same body, `[listeners] concurrency_per_listener` at a time.
async fn post(bench: &Bench, url: &str, received: &Received, count: usize) -> Outcome<f64> {
    let event: Value = serde_json::from_str(EVENT)?;
    let body = json!({ "event_type": event["event_type"], "payload": event["payload"], "call_report": null });
    let client = tidings_client::http::client(tidings_client::tls::unused()?, Duration::from_secs(15));
    let (body, client) = (body.to_string(), client.build()?);
    let (before, begun) = (received.count(), Instant::now());
    let left = Arc::new(AtomicUsize::new(count));
    let mut clients = JoinSet::new();
    for _ in 0..bench.config.listeners.concurrency_per_listener {
        let (body, client, left, url) = (body.clone(), client.clone(), Arc::clone(&left), url.to_owned());
        clients.spawn(async move {
            let take = |left: usize| left.checked_sub(1);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
            {
                let request = client.post(&url).header("content-type", "application/json");
                request.body(body.clone()).send().await?.error_for_status()?;
            }
            Ok::<(), reqwest::Error>(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    received.reaches(before + count).await;
    Ok(rate(count, begun))
}

/// The rate at which events that wait are delivered.
async fn deliver(bench: &Bench, received: &Received, events: usize, listeners: usize) -> Outcome<f64> {
    bench.report_many(TYPE, events).await?;
    let (before, begun) = (received.count(), Instant::now());
    let workers = bench.start();
    received.reaches(before + events * listeners).await;
    let rate = rate(events * listeners, begun);
    workers.stop().await;
    Ok(rate)
}

/// The milliseconds from the commit of an event to its arrival at the last listener.
async fn one_by_one(bench: &Bench, received: &Received, listeners: usize) -> Outcome<Vec<f64>> {
    let workers = bench.start();
    let mut times = Vec::with_capacity(SINGLE);
    for _ in 0..SINGLE {
        let before = received.count();
        bench.report(TYPE, 1).await?;
        let committed = Instant::now();
        received.reaches(before + listeners).await;
        times.push(committed.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    workers.stop().await;
    Ok(times)
}
