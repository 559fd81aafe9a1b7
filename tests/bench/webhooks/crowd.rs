//! Whether listeners that fail delay those that work.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::MissedTickBehavior;

use crate::bench::{Bench, Outcome, percentile, print};
use crate::receivers::{Received, refuses, takes_all, trickles};

const TYPE: &str = "image.activate";

/// The time from one event to the next.
const PACE: Duration = Duration::from_millis(50);

pub async fn measure(bench: &Bench, events: usize, listeners: usize, rounds: usize) -> Outcome<()> {
    let received = Received::with_times();
    let url = takes_all(received.clone())?;
    for number in 0..listeners {
        bench.subscribe(TYPE, &format!("{url}{number}")).await?;
    }
    let (dead, trickling) = (refuses()?, trickles().await?);
    for _ in 0..rounds {
        let workers = bench.start();
        let alone = times(bench, &received, events, listeners).await?;
        let bad = [
            bench.subscribe(TYPE, &dead).await?,
            bench.subscribe(TYPE, &trickling).await?,
        ];
        let beside = times(bench, &received, events, listeners).await?;
        workers.stop().await;
        for listener in bad {
            bench.unsubscribe(listener).await?;
        }
        print(&json!({
            "alone_p50_ms": percentile(&alone, 50),
            "alone_p99_ms": percentile(&alone, 99),
            "beside_p50_ms": percentile(&beside, 50),
            "beside_p99_ms": percentile(&beside, 99),
        }))?;
    }
    Ok(())
}

/// The milliseconds from the commit of each event to its arrival at each of the listeners that work.
async fn times(bench: &Bench, received: &Received, events: usize, listeners: usize) -> Outcome<Vec<f64>> {
    let before = received.count();
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut committed = HashMap::new();
    for _ in 0..events {
        pace.tick().await;
        for id in bench.report(TYPE, 1).await? {
            committed.insert(id.to_string(), Instant::now());
        }
    }
    received.reaches(before + events * listeners).await;
    let arrivals = received.take();
    let taken = arrivals.iter().filter_map(|(id, arrived)| {
        let committed = committed.get(id)?;
        Some(arrived.saturating_duration_since(*committed).as_secs_f64() * 1000.0)
    });
    Ok(taken.collect())
}
