//! Brokers that stop, come back, hang, and accept nothing.

use tidings::listener::Format;

use super::broker::Rabbit;
use super::{deliver, event, fail, listener, notifier};

/// The protocols of this build, each with the options for RabbitMQ 3.
fn protocols() -> Vec<&'static str> {
    let mut protocols = vec!["protocol = 0-9-1"];
    if cfg!(feature = "amqp1") {
        protocols.push("protocol = 1.0\naddress = /exchange/{exchange}/{routing_key}");
    }
    protocols
}

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

/// Only with AMQP 0-9-1: RabbitMQ 3's plugin still takes the first messages of a connection.
#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_broker_that_blocks_publishers_fails_an_attempt_in_time() {
    let rabbit = Rabbit::of_the_step();
    let queue = rabbit.connect().await.bind("amq.topic", "late.#").await;
    let notifier = notifier(&rabbit.url("guest:guest"));
    rabbit.control(&["block"]);
    let (_, words) = fail(&notifier, &listener(None, "early."), &event("repo.create")).await;
    rabbit.control(&["free"]);
    assert!(words.contains("short of memory or disk (15 s)"), "{words}");
    deliver(&notifier, &listener(None, "late."), &event("repo.delete")).await;
    assert_eq!(rabbit.connect().await.next(&queue).await.key, "late.repo.delete");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_broker_that_hangs_fails_an_attempt_in_time() {
    let rabbit = Rabbit::of_the_step();
    for protocol in protocols() {
        let notifier = notifier(&format!("{}\n{protocol}", rabbit.url("guest:guest")));
        let listener = listener(None, "");
        deliver(&notifier, &listener, &event("repo.create")).await;
        rabbit.signal("STOP");
        let (_, words) = fail(&notifier, &listener, &event("repo.create")).await;
        rabbit.signal("CONT");
        assert!(
            words.contains("does not answer") && words.ends_with("(15 s)"),
            "{words}"
        );
        deliver(&notifier, &listener, &event("repo.delete")).await;
    }
}
