//! From an event to the mail server.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde_json::json;
use tidings::clock::ManualClock;
use tidings::config::Config;
use tidings::delivery::{Deliverer, Registrar};
use tidings::event::Reporter;
use tidings::listener::{ListenerSeal, Reach};
use tidings::store::Batch;
use tidings::telemetry::ListenerMetrics;
use tidings::worker::{Task, Workers};

use super::mail_host::MailHost;
use super::{event, settings};
use crate::delivery::Outbox;
use crate::support::{NOW, until};

#[actix_web::test]
async fn an_event_reaches_every_recipient_once_though_one_is_postponed() {
    let host = MailHost::start(&[("RCPT TO:<later@", "451 4.7.1 greylisted")]).await;
    let (outbox, hand) = (Outbox::new(), ManualClock::new(NOW));
    let config = Config {
        email: settings(host.port),
        ..Config::default()
    };
    let seal = Arc::new(ListenerSeal::temporary().unwrap());
    let registrar = Registrar::new(&config, outbox.store.clone(), hand.clock(), Arc::clone(&seal));
    let members = json!({
        "notifier_type": "email",
        "notifier_config": {"subject": "Syncs", "addresses": ["later@example.org", "b@example.org"]},
        "event_types": ["repo.*"],
    });
    registrar
        .create(Reach::Cloud, members.as_object().unwrap())
        .await
        .unwrap();
    let reporter = Reporter::new(&config);
    let workers = Workers::new(|_| Counter::default());
    let deliverer = Deliverer::new(
        &config,
        outbox.store.clone(),
        hand.clock(),
        reporter.clone(),
        seal,
        ListenerMetrics::default(),
    );
    workers.start([Task::new("listeners", deliverer)]);
    let events = [
        event(1, "repo.sync.start", &json!({"repo_id": "pulp-f17"})),
        event(2, "image.upload", &json!({})),
    ];
    let batch = || Batch {
        events: reporter.outgoing(Arc::new(events.clone())),
        ..Batch::default()
    };
    outbox.store.record(batch).await.unwrap();
    until("the first attempt", async || !host.heard("To: b@").is_empty()).await;
    host.say(&[]);
    until("the second attempt", async || {
        hand.advance(Duration::from_secs(1));
        !host.heard("To: later@").is_empty()
    })
    .await;
    assert_eq!(host.heard("To: "), ["To: b@example.org", "To: later@example.org"]);
    assert_eq!(host.heard("Subject: "), ["Subject: Syncs", "Subject: Syncs"]);
    workers.stop().await;
}
