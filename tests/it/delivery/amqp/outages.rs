//! Brokers that stop, come back, hang, and accept nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use lapin::ExchangeKind;
use serde_json::json;
use tidings::listener::{Format, Reach};

use super::broker::Rabbit;
use super::{configured, deliver, event, fail, listener, notifier, protocols};
use crate::delivery::listeners::cloud::Cloud;
use crate::support::until;

/// The default of `[listeners] concurrency_per_listener`.
const IN_FLIGHT: usize = 32;

/// A time limit of attempts that is not waited for as long as the default.
const HASTY: &str = "\n[listeners]\ntimeout = 5";

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn messages_survive_a_restart_of_the_broker_and_listeners_too() {
    for protocol in protocols() {
        let rabbit = Rabbit::of_the_step();
        let queue = rabbit.connect().await.bind("amq.topic", "repo.#").await;
        let notifier = notifier(&format!("{}\n{protocol}", rabbit.url("guest:guest")));
        let mut listener = listener(None, "");
        listener.settings.format = Format::Glance;
        deliver(&notifier, &listener, &event("repo.create")).await;
        rabbit.control(&["halt"]);
        fail(&notifier, &listener, &event("repo.delete")).await;
        // Now without the connection that the broker has closed.
        let (_, words) = fail(&notifier, &listener, &event("repo.delete")).await;
        assert!(words.starts_with("broker guest@127.0.0.1:"), "{words}");
        rabbit.control(&["start"]);
        deliver(&notifier, &listener, &event("repo.sync.start")).await;
        let consumer = rabbit.connect().await;
        assert_eq!(consumer.next(&queue).await.key, "repo.create");
        assert_eq!(consumer.next(&queue).await.key, "repo.sync.start");
        assert!(consumer.take(&queue).await.is_none());
        notifier.close().await;
    }
}

/// Half of the events are reported while the broker is away.
#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn nothing_is_lost_when_the_broker_is_killed_and_what_comes_twice_has_the_same_id() {
    const EVENTS: usize = 1000;
    for protocol in protocols() {
        let rabbit = Rabbit::of_the_step();
        let consumer = rabbit.connect().await;
        let exchange = consumer.exchange(ExchangeKind::Topic).await;
        let queue = consumer.bind(&exchange, "#").await;
        // Until then, a broker that is killed on a busy machine may forget the binding, and drop what it takes afterwards.
        rabbit.control(&["ctl", "eval", "mnesia:dump_log()."]);
        let messaging = configured(&format!("{}\n{protocol}", rabbit.url("guest:guest"))).messaging;
        let cloud = Cloud::with(|config| config.messaging = messaging);
        let members = json!({
            "notifier_type": "amqp",
            "notifier_config": { "exchange": exchange },
            "event_types": ["message.*"],
            "retry": vec![1; 30],
        });
        cloud.listener(Reach::Cloud, members).await;
        let count = |rows: &str| cloud.app.database.count(rows);
        cloud.report_many(EVENTS / 2).await;
        until("some deliveries", async || {
            count("deliveries WHERE state = 1") > EVENTS / 10
        })
        .await;
        rabbit.control(&["stop"]);
        cloud.report_many(EVENTS / 2).await;
        until("failures", async || count("attempts WHERE NOT is_delivered") > 0).await;
        rabbit.control(&["start"]);
        until("all deliveries", async || {
            cloud.clock.advance(Duration::from_secs(1));
            count("deliveries WHERE state = 1") == EVENTS
        })
        .await;
        let consumer = rabbit.connect().await;
        let mut arrived = BTreeMap::new();
        while let Some(got) = consumer.take(&queue).await {
            let id = got.properties.message_id().clone().unwrap();
            *arrived.entry(id.to_string()).or_insert(0) += 1;
        }
        let bindings = rabbit.control(&["ctl", "list_bindings"]);
        assert_eq!(arrived.len(), EVENTS, "{protocol}\n{bindings}");
        let doubles = arrived.values().sum::<usize>() - EVENTS;
        assert!(doubles <= IN_FLIGHT, "{protocol}: {doubles} came twice");
    }
}

/// The connection that hangs is given up, since only a new one works again.
#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn events_arrive_once_a_broker_that_hung_goes_on() {
    for protocol in protocols() {
        let rabbit = Rabbit::of_the_step();
        let queue = rabbit.connect().await.bind("amq.topic", "message.delete").await;
        let messaging = configured(&format!("{}\n{protocol}", rabbit.url("guest:guest"))).messaging;
        let cloud = Cloud::with(|config| {
            config.messaging = messaging;
            config.listeners.timeout = Duration::from_secs(1);
        });
        let members = json!({
            "notifier_type": "amqp",
            "notifier_config": {},
            "event_types": ["message.*"],
            "retry": [5, 5, 5, 5],
        });
        let listener = cloud.listener(Reach::Cloud, members).await;
        cloud.report("p1").await;
        cloud.tried(&listener, 1).await;
        rabbit.signal("STOP");
        cloud.report("p1").await;
        cloud.tried(&listener, 1).await;
        rabbit.signal("CONT");
        let answer = &cloud.attempts(&listener).await[0].answer;
        assert!(
            answer.contains("does not answer") && answer.ends_with("(1 s)"),
            "{answer}"
        );
        until("the delivery", async || {
            cloud.clock.advance(Duration::from_secs(6));
            cloud.app.database.count("deliveries WHERE state = 1") == 2
        })
        .await;
        let consumer = rabbit.connect().await;
        let mut ids = Vec::new();
        while let Some(got) = consumer.take(&queue).await {
            ids.push(got.properties.message_id().clone().unwrap().to_string());
        }
        ids.dedup();
        assert_eq!(ids.len(), 2, "{protocol}: {ids:?}");
    }
}

/// Only with AMQP 0-9-1: RabbitMQ 3's plugin still takes the first messages of a connection.
#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_broker_that_blocks_publishers_fails_an_attempt_in_time() {
    let rabbit = Rabbit::of_the_step();
    let queue = rabbit.connect().await.bind("amq.topic", "late.#").await;
    let notifier = notifier(&(rabbit.url("guest:guest") + HASTY));
    rabbit.control(&["block"]);
    let (_, words) = fail(&notifier, &listener(None, "early."), &event("repo.create")).await;
    rabbit.control(&["free"]);
    assert!(words.contains("short of memory or disk (5 s)"), "{words}");
    deliver(&notifier, &listener(None, "late."), &event("repo.delete")).await;
    assert_eq!(rabbit.connect().await.next(&queue).await.key, "late.repo.delete");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_broker_that_hangs_fails_an_attempt_in_time() {
    let rabbit = Rabbit::of_the_step();
    for protocol in protocols() {
        let notifier = notifier(&format!("{}\n{protocol}{HASTY}", rabbit.url("guest:guest")));
        let listener = listener(None, "");
        deliver(&notifier, &listener, &event("repo.create")).await;
        rabbit.signal("STOP");
        let (_, words) = fail(&notifier, &listener, &event("repo.create")).await;
        rabbit.signal("CONT");
        assert!(
            words.contains("does not answer") && words.ends_with("(5 s)"),
            "{words}"
        );
        deliver(&notifier, &listener, &event("repo.delete")).await;
    }
}
