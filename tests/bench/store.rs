//! Measures how many messages a second the store records without HTTP for clients that wait for their commits.
//!
//! `store CLIENTS SECONDS`, on the configured database; prints one line of JSON. Run by tests/bench.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use tidings::config::{self, Config};
use tidings::message::Message;
use tidings::store::{Batch, Settings, Store};
use tidings::telemetry::Metrics;
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    let [clients, seconds] = numbers[..] else {
        return Err("usage: store CLIENTS SECONDS".into());
    };
    let settings = Settings::from_config(&Config::load(None, config::environment())?.database);
    Store::migrate(&settings.backend)?;
    let store = Store::open(&settings, &Metrics::new("bench"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let started = Instant::now();
    let mut times = runtime.block_on(run(&store, clients, started + Duration::from_secs(seconds)))?;
    let elapsed = started.elapsed();
    store.close();
    times.sort_unstable();
    let percentile = |part: usize| times.get(times.len() * part / 100).map_or(0.0, millis);
    let rate = f64::from(u32::try_from(times.len())?) / elapsed.as_secs_f64();
    let line = serde_json::json!({ "rate": rate, "p50_ms": percentile(50), "p99_ms": percentile(99) });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn millis(time: &Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The time of each message.
async fn run(store: &Store, clients: u64, until: Instant) -> Result<Vec<Duration>, Box<dyn Error>> {
    let clients: Vec<_> = (0..clients)
        .map(|client| tokio::spawn(record(store.clone(), client, until)))
        .collect();
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await??);
    }
    Ok(all)
}

async fn record(store: Store, client: u64, until: Instant) -> Result<Vec<Duration>, tidings::store::Error> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        let message = message(client);
        let batch = || Batch {
            messages: [message.clone()].into(),
            ..Batch::default()
        };
        store.record(batch).await?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// Like the message of the server's benchmarks.
fn message(client: u64) -> Message {
    let id = Uuid::now_v7();
    let (seconds, nanos) = id.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let now = i64::try_from(seconds).unwrap_or(0) * 1_000_000 + i64::from(nanos) / 1000;
    Message {
        id,
        project_id: format!("{client:032x}"),
        event_id: "VOLUME_VOLUME_002_009".to_owned(),
        action_id: Some("002".to_owned()),
        detail_id: Some("009".to_owned()),
        resource_type: Some("VOLUME".to_owned()),
        resource_uuid: Some("7c0b1be5-5d1c-4e5a-9f6e-0d5f2f9d3a11".to_owned()),
        request_id: format!("req-{id}"),
        message_level: "ERROR".to_owned(),
        parameters: None,
        created_at: now,
        expires_at: Some(now + 2_592_000_000_000),
    }
}
