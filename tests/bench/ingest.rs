//! Measures how many notifications a second become messages, and how many a consumer that only acknowledges handles.
//!
//! `ingest URL COUNT ROUNDS`, on the configured database; prints a line of JSON for each round. Run by tests/bench.
//!
//! Both read the same notifications from a queue on the same broker, with the same prefetch and the same size of
//! acknowledgements; only ingest parses them.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};
use tidings::bus::{Broker, properties};
use tidings::clock::Clock;
use tidings::config::{self, Config};
use tidings::event::Reporter;
use tidings::ingest::Consumer;
use tidings::store::message::count;
use tidings::store::{Settings, Store};
use tidings::telemetry::Metrics;
use tidings::worker::Workers;
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The queue of `[ingest] pool`.
const QUEUE: &str = "tidings";

/// The kind of a notification of the load.
#[derive(Clone, Copy)]
enum Kind {
    /// A failure of a different volume each: each makes a message.
    Failure,
    /// Typical traffic: nineteen successes of known images to one failure.
    Mixed,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, notifications, rounds] = &arguments[..] else {
        return Err("usage: ingest URL COUNT ROUNDS".into());
    };
    let (notifications, rounds): (u32, u32) = (notifications.parse()?, rounds.parse()?);
    let variables = config::environment().chain([("OS_INGEST__TRANSPORT_URL".to_owned(), url.clone())]);
    let config = Config::load(None, variables)?;
    let metrics = Metrics::new("bench");
    let settings = Settings::from_config(&config.database);
    Store::migrate(&settings.backend)?;
    let store = Store::open(&settings, &metrics)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        let bench = Bench::new(config, store.clone(), metrics).await?;
        for _ in 0..rounds {
            for (name, kind) in [("failures", Kind::Failure), ("mixed", Kind::Mixed)] {
                bench.fill(notifications, kind).await?;
                let floor = bench.acknowledge(notifications).await?;
                bench.fill(notifications, kind).await?;
                let case = bench.ingest(notifications, kind).await?;
                let line = serde_json::json!({
                    "kind": name, "rate": case.rate, "cpu_us": case.cpu, "floor": floor.rate, "floor_cpu_us": floor.cpu,
                });
                writeln!(std::io::stdout(), "{line}")?;
            }
        }
        Ok(())
    });
    store.close();
    done
}

struct Bench {
    config: Config,
    store: Store,
    metrics: Metrics,
    connection: Connection,
    /// Images that occur in many notifications.
    images: Vec<Uuid>,
}

impl Bench {
    async fn new(config: Config, store: Store, metrics: Metrics) -> Outcome<Self> {
        let url = config.ingest_broker().ok_or("no broker")?;
        let connection = Broker::new(url, &config.oslo_messaging_rabbit)?
            .connect("bench")
            .await?;
        Ok(Self {
            config,
            store,
            metrics,
            connection,
            images: (0..1000).map(|_| Uuid::new_v4()).collect(),
        })
    }

    /// Puts notifications into the queue.
    async fn fill(&self, notifications: u32, kind: Kind) -> Outcome<()> {
        let channel = self.connection.create_channel().await?;
        let durable = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        channel
            .queue_declare(QUEUE.into(), durable, FieldTable::default())
            .await?;
        channel
            .queue_purge(QUEUE.into(), QueuePurgeOptions::default())
            .await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let mut confirms = Vec::new();
        for number in 0..notifications {
            let body = self.body(number, kind);
            let options = BasicPublishOptions::default();
            let sent = channel.basic_publish("".into(), QUEUE.into(), options, body.as_bytes(), properties());
            confirms.push(sent.await?);
            if confirms.len() == 1000 || number + 1 == notifications {
                for confirm in confirms.drain(..) {
                    confirm.await?;
                }
            }
        }
        channel.close(200, "done".into()).await?;
        // The broker's pending writes would burden the next measurement.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    }

    /// A notification as block storage or the image service sends it, in the second version.
    fn body(&self, number: u32, kind: Kind) -> String {
        let id = Uuid::new_v4();
        let (event_type, priority, payload) = match kind {
            Kind::Mixed if !number.is_multiple_of(20) => {
                let image = self.images[number as usize % self.images.len()];
                ("image.update", "INFO", image_payload(image))
            }
            _ => ("scheduler.create_volume", "ERROR", volume_payload()),
        };
        let inner = serde_json::json!({
            "message_id": id.to_string(), "publisher_id": "volume.node7@lvm", "event_type": event_type, "priority": priority,
            "payload": payload, "timestamp": "2026-11-21 03:22:07.072065", "_unique_id": Uuid::new_v4().simple().to_string(),
            "_context_request_id": format!("req-{}", Uuid::new_v4()), "_context_project_id": PROJECT,
            "_context_user_id": "a72f0b9c7d1e4f3c8b6d5e4f3a2b1c0d", "_context_roles": ["member", "reader"],
        });
        serde_json::json!({ "oslo.version": "2.0", "oslo.message": inner.to_string() }).to_string()
    }

    /// The rate of a consumer that only acknowledges.
    async fn acknowledge(&self, notifications: u32) -> Outcome<Speed> {
        let channel = self.connection.create_channel().await?;
        let prefetch = u16::try_from(self.config.ingest.prefetch * 3)?;
        let watch = Watch::start()?;
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        self.drain(&channel, notifications).await?;
        let speed = watch.stop(notifications)?;
        channel.close(200, "done".into()).await?;
        Ok(speed)
    }

    async fn drain(&self, channel: &Channel, notifications: u32) -> Outcome<()> {
        let options = BasicConsumeOptions::default();
        let mut consumer = channel
            .basic_consume(QUEUE.into(), "".into(), options, FieldTable::default())
            .await?;
        let mut left = notifications;
        while left > 0 {
            let mut last = consumer.next().await.ok_or("the broker ended it")??;
            left -= 1;
            for _ in 1..self.config.ingest.prefetch {
                let Some(Some(next)) = consumer.next().now_or_never() else {
                    break;
                };
                last = next?;
                left -= 1;
            }
            channel
                .basic_ack(last.delivery_tag, BasicAckOptions { multiple: true })
                .await?;
        }
        Ok(())
    }

    /// The rate of ingest; checks that every message was recorded.
    async fn ingest(&self, notifications: u32, kind: Kind) -> Outcome<Speed> {
        let failures = match kind {
            Kind::Failure => notifications,
            Kind::Mixed => notifications.div_ceil(20),
        };
        let before = self.store.read(|read| count(read)).await?;
        let received = self.metrics.ingest.received.get() + u64::from(notifications);
        let recorded = self.metrics.ingest.recorded.get() + u64::from(failures);
        let reporter = Reporter::new(&self.config);
        let consumer = Consumer::new(
            &self.config,
            self.store.clone(),
            Clock::system(),
            reporter,
            &self.metrics,
        )?;
        let watch = Watch::start()?;
        let workers = Workers::new(self.metrics.workers.counter());
        workers.start([consumer.ok_or("no broker")?.task()]);
        while self.metrics.ingest.received.get() < received || self.metrics.ingest.recorded.get() < recorded {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if watch.begun.elapsed() > Duration::from_secs(120) {
                return Err("ingest does not get through".into());
            }
        }
        let speed = watch.stop(notifications)?;
        workers.stop().await;
        let more = self.store.read(|read| count(read)).await? - before;
        if more != i64::from(failures) {
            return Err(format!("{more} messages of {failures} failures").into());
        }
        Ok(speed)
    }
}

/// A measured rate.
struct Speed {
    /// Notifications a second.
    rate: f64,
    /// Processor time of this process per notification, user and system, in microseconds.
    cpu: f64,
}

struct Watch {
    begun: Instant,
    cpu: f64,
}

impl Watch {
    fn start() -> Outcome<Self> {
        Ok(Self {
            begun: Instant::now(),
            cpu: cpu_micros()?,
        })
    }

    fn stop(&self, notifications: u32) -> Outcome<Speed> {
        let count = f64::from(notifications);
        Ok(Speed {
            rate: count / self.begun.elapsed().as_secs_f64(),
            cpu: (cpu_micros()? - self.cpu) / count,
        })
    }
}

/// The processor time of this process so far; the system counts hundredths of a second.
fn cpu_micros() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or("no times in /proc/self/stat")?;
    Ok((user + system) * 10_000.0)
}

const PROJECT: &str = "89afd400b6464bbcb12bc0a4d63e5bd3";

fn volume_payload() -> serde_json::Value {
    serde_json::json!({
        "tenant_id": PROJECT, "host": "node7@lvm#pool", "user_id": "a72f0b9c7d1e4f3c8b6d5e4f3a2b1c0d", "availability_zone": "nova",
        "volume_id": Uuid::new_v4().to_string(), "volume_type": Uuid::new_v4().to_string(), "display_name": "data",
        "launched_at": "2026-11-21T03:22:07+00:00", "created_at": "2026-11-21T03:22:07+00:00", "status": "error",
        "snapshot_id": null, "size": 100, "replication_status": null, "replication_extended_status": null,
        "replication_driver_data": null, "metadata": [], "volume_attachment": [],
    })
}

fn image_payload(id: Uuid) -> serde_json::Value {
    serde_json::json!({
        "id": id.to_string(), "name": "cirros", "status": "active", "created_at": "2026-11-21T03:34:28Z",
        "updated_at": "2026-11-21T03:34:29Z", "min_disk": 1, "min_ram": 64, "protected": false, "checksum": null,
        "owner": PROJECT, "disk_format": "raw", "container_format": "bare", "size": 70000, "virtual_size": null,
        "is_public": false, "visibility": "shared", "properties": {"hw_disk_bus": "virtio", "os_distro": "cirros"},
        "tags": ["t2", "t1"], "deleted": false, "deleted_at": null,
    })
}
