//! Measures how many events a second a bare publisher sends to a broker with confirms: the baseline of the drivers.
//!
//! `publisher URL CLIENTS SECONDS` prints a line of JSON. CLIENTS clients share a channel, and each waits for the broker's
//! confirmation before it sends the next event. They use the exchange and queue of the drivers, so the baseline includes
//! the broker's cost of these. The queue is emptied before and after. Run by tests/bench.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueuePurgeOptions};
use lapin::{Channel, Confirmation};
use tidings::bus::{Broker, Topology, Version, encode, properties};
use tidings::config::{self, Config};
use tidings::event::{Report, Reporter};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const QUEUE: &str = "notifications.info";

/// The event that the server gets, too.
const EVENT: &str = include_str!("event.json");

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, clients, seconds] = &arguments[..] else {
        return Err("usage: publisher URL CLIENTS SECONDS".into());
    };
    let variables = [("OS_DEFAULT__TRANSPORT_URL".to_owned(), url.clone())];
    let config = Config::load(None, config::environment().chain(variables))?;
    let (clients, seconds): (usize, f64) = (clients.parse()?, seconds.parse()?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let rate = runtime.block_on(measure(&config, clients, Duration::from_secs_f64(seconds)))?;
    writeln!(std::io::stdout(), "{}", serde_json::json!({ "rate": rate }))?;
    Ok(())
}

async fn measure(config: &Config, clients: usize, time: Duration) -> Outcome<f64> {
    let url = config.notification_url().ok_or("no broker")?;
    let connection = Broker::new(url, &config.oslo_messaging_rabbit)?
        .connect("bench")
        .await?;
    let channel = connection.create_channel().await?;
    let exchange = config.general.control_exchange.as_str();
    let topology = Topology::new(&config.oslo_messaging_rabbit);
    topology.declare_exchange(&channel, exchange).await?;
    topology.declare_queue(&channel, QUEUE).await?;
    topology.bind(&channel, QUEUE, exchange, QUEUE).await?;
    channel
        .queue_purge(QUEUE.into(), QueuePurgeOptions::default())
        .await?;
    if time.is_zero() {
        return Ok(0.0);
    }
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let body = body(config)?;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        tasks.spawn(publish(
            channel.clone(),
            exchange.to_owned(),
            body.clone(),
            begun + time,
        ));
    }
    let mut sent = 0;
    while let Some(count) = tasks.join_next().await {
        sent += count??;
    }
    let rate = f64::from(sent) / begun.elapsed().as_secs_f64();
    channel
        .queue_purge(QUEUE.into(), QueuePurgeOptions::default())
        .await?;
    connection.close(200, "done".into()).await?;
    Ok(rate)
}

async fn publish(channel: Channel, exchange: String, body: Vec<u8>, until: Instant) -> Outcome<u32> {
    let mut sent = 0;
    while Instant::now() < until {
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let confirm = channel.basic_publish(
            exchange.as_str().into(),
            QUEUE.into(),
            options,
            &body,
            properties(),
        );
        if confirm.await?.await? != Confirmation::Ack(None) {
            return Err("the broker did not take it".into());
        }
        sent += 1;
    }
    Ok(sent)
}

fn body(config: &Config) -> Outcome<Vec<u8>> {
    let report: Report = serde_json::from_str(EVENT)?;
    let checked = report.check().map_err(|faults| format!("{faults:?}"))?;
    let reporter = Reporter::new(config);
    let event = reporter.envelope(checked, "p1", reporter.next_id(0), 0);
    Ok(encode(&event, Version::Two, 0)?)
}
