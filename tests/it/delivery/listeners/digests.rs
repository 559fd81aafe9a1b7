//! E-mails that gather several events.

use std::time::Duration;

use serde_json::json;
use tidings::config::{Config, Email};
use tidings::listener::{Listener, Reach};
use tidings::store::delivery::State;

use super::cloud::{Cloud, Receiver};
use crate::delivery::email::mail_host::{MailHost, SILENCE};
use crate::support::{NOW, until};

/// A server that mails to this host.
fn cloud(host: &MailHost) -> Cloud {
    cloud_with(host, |_| ())
}

fn cloud_with(host: &MailHost, change: impl FnOnce(&mut Config)) -> Cloud {
    Cloud::with(|config| {
        change(config);
        config.email = Email {
            enabled: true,
            host: "127.0.0.1".to_owned(),
            port: host.port,
            from: Some("no-reply@cloud.example.org".parse().unwrap()),
            ..Email::default()
        };
    })
}

async fn digest(cloud: &Cloud) -> Listener {
    let members = json!({
        "notifier_type": "email",
        "notifier_config": { "subject": "Digest", "addresses": ["a@example.org"] },
        "event_types": ["message.*"],
        "digest": "15m",
    });
    cloud.listener(Reach::Cloud, members).await
}

/// Two servers would send it.
#[tokio::test]
async fn a_digest_whose_claim_could_end_meanwhile_is_left_to_the_next_claim() {
    let host = MailHost::start(&[]).await;
    let cloud = cloud(&host);
    let listener = digest(&cloud).await;
    // Each transaction takes most of the time of its claim.
    cloud.clock.step(Duration::from_secs(40));
    cloud.report("p1").await;
    let claimed = "SELECT count(*) FROM deliveries WHERE claimed_by IS NOT NULL";
    until("a claim", async || cloud.app.database.number(claimed) == 1).await;
    let later = NOW + 86_400_000_000;
    cloud.clock.set(later);
    cloud.clock.step(Duration::ZERO);
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Delivered);
    let attempts = cloud.attempts(&listener).await;
    assert!(attempts[0].started_at >= later, "{attempts:?}");
    assert_eq!(host.heard("Subject: Digest").len(), 1);
}

#[tokio::test]
async fn a_large_digest_takes_the_place_of_one_attempt() {
    let host = MailHost::start(&[(".", SILENCE)]).await;
    let cloud = cloud_with(&host, |config| config.listeners.concurrency = 2);
    digest(&cloud).await;
    cloud.report_many(150).await;
    until("the digest", async || host.heard(".").len() == 1).await;
    let receiver = Receiver::start();
    let webhook = cloud.webhook(&receiver).await;
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&webhook, 1).await.state, State::Delivered);
}

#[tokio::test]
async fn the_next_digest_waits_and_has_all_that_was_reported_since() {
    let host = MailHost::start(&[]).await;
    let cloud = cloud(&host);
    let listener = digest(&cloud).await;
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Delivered);
    cloud.report_many(50).await;
    let delivered = async || {
        let done = "SELECT count(*) FROM deliveries WHERE attempts = 1";
        cloud.app.database.number(done)
    };
    assert_eq!(delivered().await, 1);
    cloud.clock.advance(Duration::from_secs(15 * 60));
    until("the rest", async || delivered().await == 51).await;
    assert_eq!(host.heard("Subject: Digest").len(), 2);
}
