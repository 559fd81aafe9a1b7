//! That requests are mailed, whatever happens to servers.

use std::time::Duration;

use serde_json::json;
use tidings::listener::ConfirmationToken;
use tidings::store::confirmation::{Claim, claim, next_due};
use tidings::worker::Worker;
use tokio_util::sync::CancellationToken;

use super::{Cloud, ask_all, call, put};
use crate::delivery::email::mail_host::SILENCE;
use crate::support::{NOW, until};

#[tokio::test]
async fn a_request_survives_a_server_that_dies_before_it_mails() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    // A server claims the request and dies.
    let lost = ConfirmationToken::random().unwrap();
    let digest = lost.digest();
    let claimed = cloud.app.store.write(move |tx| {
        let due = next_due(tx.conn(), NOW)?.unwrap();
        claim(tx, &due, &digest, NOW, NOW + 60_000_000)
    });
    assert_eq!(claimed.await.unwrap(), Claim::Held);
    cloud.ask().await;
    assert!(cloud.asked().is_empty());
    cloud.app.clock.advance(Duration::from_secs(60));
    cloud.ask().await;
    assert_eq!(cloud.asked().len(), 1);
    cloud.press(&cloud.links()[0], "confirm").await;
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
}

/// It cannot know whether the mail arrived, so a few more follow, but not one each minute.
#[tokio::test]
async fn a_server_that_dies_whenever_it_has_mailed_sends_three_mails() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.host.say(&[(".", SILENCE)]);
    let stop = CancellationToken::new();
    for _ in 0..60 {
        let sent = cloud.host.heard(".").len();
        let mut asker = cloud.asker();
        tokio::select! {
            _ = asker.step(&stop) => {}
            () = until("a mail", async || cloud.host.heard(".").len() > sent) => {}
        }
        drop(asker);
        cloud.app.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(cloud.asked().len(), 3);
    assert_eq!(cloud.states("p1", &id).await, ["undeliverable"]);
    cloud.press(&cloud.links()[2], "confirm").await;
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
}

/// If it dies after it has mailed, another mail follows. Then the last one counts, and a late end of the first changes nothing.
#[tokio::test]
async fn two_servers_mail_each_request_once() {
    let cloud = Cloud::start().await;
    let addresses: Vec<String> = (0..20).map(|number| format!("a{number}@example.org")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let id = cloud.create("p1", &addresses).await;
    let (mut one, mut two) = (cloud.asker(), cloud.asker());
    tokio::join!(ask_all(&mut one), ask_all(&mut two));
    let mut asked = cloud.asked();
    asked.sort();
    asked.dedup();
    assert_eq!((asked.len(), cloud.asked().len()), (20, 20));
    assert!(cloud.states("p1", &id).await.iter().all(|state| state == "asked"));
    for link in cloud.links() {
        assert_eq!(cloud.press(&link, "confirm").await.status, 200);
    }
    assert!(
        cloud
            .states("p1", &id)
            .await
            .iter()
            .all(|state| state == "confirmed")
    );
}

/// As after a newer program.
#[tokio::test]
async fn a_request_in_an_unknown_state_holds_up_no_other() {
    let cloud = Cloud::start().await;
    cloud.create("p1", &["a@example.org"]).await;
    cloud.app.clock.advance(Duration::from_secs(1));
    cloud.create("p1", &["b@example.org"]).await;
    let odd = "UPDATE confirmations SET state = 77 WHERE address = 'a@example.org'";
    cloud.app.database.execute(odd);
    cloud.ask().await;
    assert_eq!(cloud.asked(), ["To: b@example.org"]);
}

#[tokio::test]
async fn a_request_that_is_postponed_is_mailed_later() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    for (reply, wait) in [("451 4.7.1 greylisted", 5), ("421 going down", 300)] {
        cloud.host.say(&[("RCPT", reply)]);
        cloud.ask().await;
        assert_eq!(cloud.states("p1", &id).await, ["waiting"]);
        cloud.app.clock.advance(Duration::from_secs(wait));
    }
    cloud.host.say(&[]);
    cloud.ask().await;
    assert_eq!(cloud.asked().len(), 1);
    assert_eq!(cloud.states("p1", &id).await, ["asked"]);
}

#[tokio::test]
async fn a_mail_server_that_never_answers_ends_after_three_days() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.host.say(&[("RCPT", "421 going down")]);
    let tries = async || cloud.host.heard("RCPT").len();
    while cloud.states("p1", &id).await == ["waiting"] {
        cloud.ask().await;
        cloud.app.clock.advance(Duration::from_secs(86_400));
    }
    assert_eq!(cloud.states("p1", &id).await, ["undeliverable"]);
    assert_eq!(tries().await, 10);
    // A change tries once more.
    cloud.host.say(&[]);
    cloud.app.clock.advance(Duration::from_secs(3 * 86_400));
    put(&cloud.app.member("p1"), &id, &json!({ "enabled": true })).await;
    cloud.ask().await;
    assert_eq!(cloud.states("p1", &id).await, ["asked"]);
}

#[tokio::test]
async fn an_address_that_the_mail_server_refuses_is_not_tried_again() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["never@example.org", "b@example.org"]).await;
    cloud.host.say(&[("RCPT TO:<never@", "550 5.1.1 no such user")]);
    cloud.ask().await;
    assert_eq!(cloud.states("p1", &id).await, ["undeliverable", "asked"]);
    cloud.app.clock.advance(Duration::from_secs(86_400));
    cloud.ask().await;
    assert_eq!(cloud.host.heard("RCPT TO:<never@").len(), 1);
}

/// The mail may have arrived although the server did not say so.
#[tokio::test]
async fn a_link_confirms_while_its_mail_is_tried_again() {
    let cloud = Cloud::with(&[("OS_EMAIL__TIMEOUT", "1")]).await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.host.say(&[(".", SILENCE)]);
    cloud.ask().await;
    assert_eq!(cloud.states("p1", &id).await, ["waiting"]);
    cloud.press(&cloud.links()[0], "confirm").await;
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
    cloud.host.say(&[]);
    cloud.app.clock.advance(Duration::from_secs(86_400));
    cloud.ask().await;
    assert_eq!(cloud.asked().len(), 1);
}

#[tokio::test]
async fn a_request_that_no_listener_needs_any_more_is_dropped() {
    let cloud = Cloud::start().await;
    let member = cloud.app.member("p1");
    let deleted = cloud.create("p1", &["a@example.org"]).await;
    let disabled = cloud.create("p1", &["b@example.org"]).await;
    let changed = cloud.create("p1", &["c@example.org", "d@example.org"]).await;
    let answer = call(
        &member,
        reqwest::Method::DELETE,
        &format!("/{deleted}"),
        &json!({}),
    )
    .await;
    assert_eq!(answer.status, 204);
    put(&member, &disabled, &json!({ "enabled": false })).await;
    put(
        &member,
        &changed,
        &json!({ "notifier_config": { "addresses": ["d@example.org"] } }),
    )
    .await;
    cloud.ask().await;
    assert_eq!(cloud.asked(), ["To: d@example.org"]);
    assert_eq!(cloud.states("p1", &disabled).await, ["unasked"]);
    put(&member, &disabled, &json!({ "enabled": true })).await;
    cloud.ask().await;
    assert_eq!(cloud.asked()[1..], ["To: b@example.org"]);
}
