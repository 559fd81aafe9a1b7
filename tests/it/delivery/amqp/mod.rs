//! The AMQP notifier and real brokers: run by tests/steps/49-amqp, which starts them.

pub mod broker;
mod classic;
#[cfg(feature = "amqp1")]
mod one;
mod outages;

use std::io::Write;

use tidings::config::Config;
use tidings::delivery::{AmqpNotifier, Notice, Outcome, Verdict};
use tidings::event::{Envelope, Priority};
use tidings::listener::{Listener, Notifier, Reach, Settings};
use uuid::Uuid;

use self::broker::{Got, Rabbit};
use crate::support::{NOW, until};

/// The protocols of this build.
pub fn protocols() -> Vec<&'static str> {
    let mut protocols = vec!["protocol = 0-9-1"];
    if cfg!(feature = "amqp1") {
        protocols.push("protocol = 1.0");
    }
    protocols
}

/// Returns the configuration with a `[messaging]` section.
fn configured(options: &str) -> Config {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "[messaging]\n{options}").unwrap();
    Config::load(Some(file.path()), std::iter::empty()).unwrap()
}

/// Returns the notifier of a `[messaging]` section.
fn notifier(options: &str) -> AmqpNotifier {
    AmqpNotifier::new(&configured(options)).unwrap().expect("a url")
}

/// Returns a listener for an exchange, with a prefix.
fn listener(exchange: Option<&str>, prefix: &str) -> Listener {
    let mut config = serde_json::Map::from_iter([("routing_prefix".to_owned(), prefix.into())]);
    config.extend(exchange.map(|exchange| ("exchange".to_owned(), exchange.into())));
    config.retain(|_, value| *value != "");
    let members = serde_json::json!({
        "notifier_type": "amqp",
        "notifier_config": config,
        "event_types": ["*"],
    });
    Listener {
        id: Uuid::now_v7(),
        reach: Reach::Cloud,
        settings: Settings::check(members.as_object().unwrap(), true).unwrap(),
        created_at: NOW,
        updated_at: NOW,
        failing_since: None,
        disabled_reason: None,
    }
}

fn event(event_type: &str) -> Envelope {
    Envelope {
        message_id: Uuid::now_v7(),
        publisher_id: "repo.host1".to_owned(),
        event_type: event_type.to_owned(),
        priority: Priority::Info,
        timestamp: NOW,
        payload: r#"{"repo_id": "é"}"#.to_owned(),
        request_id: None,
        project_id: None,
        call_report: None,
    }
}

/// Makes one attempt.
async fn notify(notifier: &AmqpNotifier, listener: &Listener, event: &Envelope) -> Outcome {
    let notice = Notice {
        listener,
        events: std::slice::from_ref(event),
        now: NOW,
    };
    let Notifier::Amqp(target) = &listener.settings.notifier else {
        panic!("not a listener of AMQP");
    };
    notifier.notify(target, &notice).await
}

/// Makes one attempt, which must succeed.
async fn deliver(notifier: &AmqpNotifier, listener: &Listener, event: &Envelope) {
    let outcome = notify(notifier, listener, event).await;
    assert_eq!(outcome.verdict, Verdict::Delivered, "{outcome:?}");
}

/// Makes one attempt, which must fail, and returns the status and the reason.
async fn fail(notifier: &AmqpNotifier, listener: &Listener, event: &Envelope) -> (Option<u16>, String) {
    let outcome = notify(notifier, listener, event).await;
    assert_eq!(outcome.verdict, Verdict::Failed(None), "{outcome:?}");
    (outcome.status, outcome.answer)
}

/// Asserts that a broker passed an event on as it was sent.
fn assert_is(got: &Got, event: &Envelope) {
    assert_eq!(got.key, event.event_type);
    assert_eq!(got.body, pulp(&event.event_type));
    let properties = &got.properties;
    let content_type = properties.content_type().as_ref().unwrap();
    assert_eq!(content_type.as_str(), "application/json");
    assert_eq!(*properties.delivery_mode(), Some(2), "persistent");
    let id = properties.message_id().as_ref().unwrap();
    assert_eq!(id.as_str(), event.message_id.to_string());
}

/// Closes a notifier, which the broker must log as a clean end.
async fn close_cleanly(notifier: AmqpNotifier, rabbit: &Rabbit, logged: &str) {
    let before = rabbit.logged(logged);
    notifier.close().await;
    until("a clean end", async || rabbit.logged(logged) > before).await;
}

/// What Pulp sends for [`event`].
fn pulp(event_type: &str) -> String {
    format!(r#"{{"event_type":"{event_type}","payload":{{"repo_id": "é"}},"call_report":null}}"#)
}

#[tokio::test]
async fn a_key_that_is_too_long_is_never_tried_again() {
    let notifier = notifier("url = amqp://127.0.0.1:1/");
    let listener = listener(None, &"p".repeat(127));
    let outcome = notify(&notifier, &listener, &event(&"t".repeat(129))).await;
    assert_eq!(outcome.verdict, Verdict::Refused);
    assert!(outcome.answer.contains("longer than 255 bytes"), "{outcome:?}");
}

#[tokio::test]
async fn a_broker_that_is_away_is_a_failure_without_the_password() {
    for protocol in ["0-9-1", "1.0"] {
        if protocol == "1.0" && !cfg!(feature = "amqp1") {
            continue;
        }
        let notifier = notifier(&format!(
            "url = amqp://u:hunter2@127.0.0.1:1/\nprotocol = {protocol}"
        ));
        let (status, reason) = fail(&notifier, &listener(None, ""), &event("repo.sync.start")).await;
        assert!(reason.starts_with("broker u@127.0.0.1:1: "), "{reason}");
        assert!(reason.contains("refused"), "{reason}");
        assert_eq!(status, None);
        notifier.close().await;
    }
}

#[test]
fn without_a_url_there_is_no_notifier() {
    assert!(AmqpNotifier::new(&Config::default()).unwrap().is_none());
}
