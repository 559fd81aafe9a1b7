//! AMQP 0-9-1 and a real RabbitMQ.

use lapin::ExchangeKind;
use lapin::options::ExchangeDeclareOptions;
use lapin::types::AMQPValue;
use tidings::listener::Format;

use super::broker::{Rabbit, new_name};
use super::{assert_is, close_cleanly, deliver, event, fail, listener, notifier};
use crate::support::NOW;

/// How RabbitMQ logs the clean end of a notifier's connection.
const CLOSED: &str = r"\[info\] .* closing AMQP connection .* - tidings:\d+:listeners, .*'\)\n";

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn consumers_get_what_they_have_bound() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let some = consumer.bind("amq.topic", "repo.sync.*").await;
    let all = consumer.bind("amq.topic", "#").await;
    let prefixed = consumer.bind("amq.topic", "pulp.server.#").await;
    let notifier = notifier(&rabbit.url("guest:guest"));
    let event = event("repo.sync.start");
    deliver(&notifier, &listener(None, ""), &event).await;
    for queue in [&some, &all] {
        let got = consumer.next(queue).await;
        assert_is(&got, &event);
        let properties = got.properties;
        assert_eq!(
            *properties.timestamp(),
            Some(u64::try_from(NOW / 1_000_000).unwrap())
        );
        assert_eq!(properties.kind().as_ref().unwrap().as_str(), "repo.sync.start");
    }
    deliver(
        &notifier,
        &listener(None, "pulp.server."),
        &super::event("repo.delete"),
    )
    .await;
    assert_eq!(consumer.next(&prefixed).await.key, "pulp.server.repo.delete");
    assert_eq!(consumer.next(&all).await.key, "pulp.server.repo.delete");
    assert!(consumer.take(&some).await.is_none());
    close_cleanly(notifier, &rabbit, CLOSED).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn the_attributes_of_a_binary_cloud_event_are_headers() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let exchange = consumer.exchange(ExchangeKind::Topic).await;
    let queue = consumer.bind(&exchange, "#").await;
    let notifier = notifier(&rabbit.url("guest:guest"));
    let mut listener = listener(Some(&exchange), "");
    listener.settings.format = Format::CloudEventsBinary;
    let event = event("repo.sync.finish");
    deliver(&notifier, &listener, &event).await;
    let got = consumer.next(&queue).await;
    assert_eq!(got.body, event.payload);
    let headers = got.properties.headers().clone().unwrap();
    for (name, value) in [
        ("cloudEvents_specversion", "1.0"),
        ("cloudEvents_type", "repo.sync.finish"),
        ("cloudEvents_id", &event.message_id.to_string()),
    ] {
        let want = AMQPValue::LongString(value.into());
        assert_eq!(headers.inner().get(name), Some(&want), "{name}");
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_missing_exchange_is_declared_again_and_again() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let exchange = new_name();
    let notifier = notifier(&format!(
        "{}\ntopic_exchange = {exchange}",
        rabbit.url("guest:guest")
    ));
    let listener = listener(None, "");
    // No queue is bound yet, which is no fault.
    deliver(&notifier, &listener, &event("repo.create")).await;
    let queue = consumer.bind(&exchange, "repo.*").await;
    deliver(&notifier, &listener, &event("repo.delete")).await;
    assert_eq!(consumer.next(&queue).await.key, "repo.delete");
    // Only a durable topic exchange is equivalent to this declaration.
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    consumer.declare(&exchange, ExchangeKind::Topic, options).await;
    consumer.delete(&exchange).await;
    let (status, words) = fail(&notifier, &listener, &event("repo.delete")).await;
    assert_eq!(status, Some(404));
    assert!(words.contains(&format!("no exchange '{exchange}'")), "{words}");
    deliver(&notifier, &listener, &event("repo.delete")).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn an_exchange_may_have_other_properties_but_no_other_type() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let (transient, fanout) = (new_name(), consumer.exchange(ExchangeKind::Fanout).await);
    let options = ExchangeDeclareOptions::default();
    consumer.declare(&transient, ExchangeKind::Topic, options).await;
    let queue = consumer.bind(&transient, "#").await;
    let notifier = notifier(&rabbit.url("guest:guest"));
    let (good, bad) = (listener(Some(&transient), ""), listener(Some(&fanout), ""));
    // On one connection, at the same time.
    for event_type in ["repo.create", "repo.delete"] {
        let event = event(event_type);
        let ((), (status, words)) =
            tokio::join!(deliver(&notifier, &good, &event), fail(&notifier, &bad, &event));
        assert_eq!(status, Some(406));
        assert!(
            words.contains("received 'topic' but current is 'fanout'"),
            "{words}"
        );
        assert_eq!(consumer.next(&queue).await.key, event_type);
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_user_who_may_only_write_uses_what_is_there() {
    let rabbit = Rabbit::of_the_step();
    let user = new_name();
    rabbit.control(&["ctl", "add_user", &user, "secret"]);
    rabbit.control(&["ctl", "set_permissions", &user, "^$", "^test[.]", "^$"]);
    let consumer = rabbit.connect().await;
    let exchange = consumer.exchange(ExchangeKind::Topic).await;
    let queue = consumer.bind(&exchange, "#").await;
    let notifier = notifier(&rabbit.url(&format!("{user}:secret")));
    deliver(&notifier, &listener(Some(&exchange), ""), &event("repo.create")).await;
    assert_eq!(consumer.next(&queue).await.key, "repo.create");
    for missing in [new_name().as_str(), "amq.topic"] {
        let (status, words) = fail(&notifier, &listener(Some(missing), ""), &event("repo.create")).await;
        assert_eq!(status, Some(403));
        assert!(
            words.contains("ACCESS_REFUSED") && words.contains(missing),
            "{words}"
        );
    }
    deliver(&notifier, &listener(Some(&exchange), ""), &event("repo.delete")).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_certificate_of_the_authority_is_required() {
    let rabbit = Rabbit::of_the_step();
    let consumer = rabbit.connect().await;
    let queue = consumer.bind("amq.topic", "tls.#").await;
    let safe = notifier(&rabbit.tls("ca.pem"));
    deliver(&safe, &listener(None, "tls."), &event("repo.create")).await;
    assert_eq!(consumer.next(&queue).await.key, "tls.repo.create");
    let (_, words) = fail(
        &notifier(&rabbit.tls("other.pem")),
        &listener(None, ""),
        &event("repo.create"),
    )
    .await;
    assert!(words.contains("certificate"), "{words}");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run amqp"]
async fn a_wrong_password_is_a_failure_that_does_not_tell_it() {
    let rabbit = Rabbit::of_the_step();
    let notifier = notifier(&rabbit.url("guest:hunter2"));
    let (status, words) = fail(&notifier, &listener(None, ""), &event("repo.create")).await;
    assert!(
        words.contains("ACCESS_REFUSED") && !words.contains("hunter2"),
        "{status:?} {words}"
    );
}
