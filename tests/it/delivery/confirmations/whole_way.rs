//! From a member's listener to an event in the mailbox of who confirmed.

use serde_json::{Value, json};

use super::{Cloud, get, mails, post};
use crate::support::{TestApp, until};

/// The newest delivery of a listener, with its attempts.
async fn delivery(cloud: &Cloud, id: &str) -> Value {
    let member = cloud.app.member("p1");
    let page = get(&member, &format!("/{id}/deliveries")).await.json();
    let Some(event) = page["deliveries"][0]["event_id"].as_str() else {
        return Value::Null;
    };
    let shown = get(&member, &format!("/{id}/deliveries/{event}")).await.json();
    shown["delivery"].clone()
}

#[tokio::test]
async fn an_event_is_mailed_to_those_who_confirmed_and_only_then() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org", "b@example.org"]).await;
    assert_eq!(cloud.states("p1", &id).await, ["waiting", "waiting"]);
    // Creating does not wait for the mail server.
    assert!(cloud.host.heard("").is_empty());
    cloud.ask().await;
    assert_eq!(cloud.asked(), ["To: a@example.org", "To: b@example.org"]);
    assert_eq!(cloud.states("p1", &id).await, ["asked", "asked"]);

    cloud.deliver();
    cloud.record("p1").await;
    until("an attempt", async || {
        delivery(&cloud, &id).await["attempts_made"] == 1
    })
    .await;
    let waiting = delivery(&cloud, &id).await;
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(
        waiting["attempts"][0]["answer"],
        "no recipient has confirmed yet: each must open the link in the e-mail that asks for it"
    );

    // Programs that scan mails open links.
    let link = cloud.links().remove(0);
    for _ in 0..2 {
        let page = cloud.browser().get(&link).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("a@example.org"), "{}", page.text);
    }
    assert_eq!(cloud.states("p1", &id).await, ["asked", "asked"]);
    assert_eq!(cloud.host.heard("Subject: Messages").len(), 0);

    let page = cloud.press(&link, "confirm").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(cloud.states("p1", &id).await, ["confirmed", "asked"]);
    // What waited is due at once, though the clock stands still.
    until("the event", async || {
        delivery(&cloud, &id).await["state"] == "delivered"
    })
    .await;
    assert_eq!(cloud.host.heard("Subject: Messages").len(), 1);
    assert_eq!(cloud.asked()[2..], ["To: a@example.org"]);
    let delivered = delivery(&cloud, &id).await;
    assert_eq!(
        delivered["attempts"][1]["answer"],
        "a@example.org: ok\nb@example.org: has not confirmed"
    );

    cloud.press(&cloud.links()[1], "confirm").await;
    cloud.record("p1").await;
    until("the second event", async || {
        cloud.host.heard("Subject: Messages").len() == 3
    })
    .await;
    assert_eq!(cloud.asked()[3..], ["To: a@example.org", "To: b@example.org"]);
}

#[tokio::test]
async fn who_refuses_is_sent_nothing_and_not_asked_again() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    cloud.deliver();
    let link = cloud.links().remove(0);
    let page = cloud.press(&link, "refuse").await;
    assert_eq!(page.status, 200);
    assert_eq!(cloud.states("p1", &id).await, ["refused"]);
    cloud.record("p1").await;
    until("a dead letter", async || {
        delivery(&cloud, &id).await["state"] == "dead"
    })
    .await;
    assert_eq!(
        delivery(&cloud, &id).await["reason"],
        "refused: every recipient has refused to be sent events"
    );
    cloud
        .app
        .clock
        .advance(std::time::Duration::from_secs(100 * 86_400));
    cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    assert_eq!(cloud.asked().len(), 1);
}

#[tokio::test]
async fn a_confirmation_ends_with_the_same_link() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org", "b@example.org"]).await;
    cloud.ask().await;
    for link in cloud.links() {
        cloud.press(&link, "confirm").await;
    }
    cloud
        .app
        .clock
        .advance(std::time::Duration::from_secs(100 * 86_400));
    let page = cloud.press(&cloud.links()[0], "refuse").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(cloud.states("p1", &id).await, ["refused", "confirmed"]);
    cloud.deliver();
    cloud.record("p1").await;
    until("the event", async || {
        delivery(&cloud, &id).await["state"] == "delivered"
    })
    .await;
    assert_eq!(cloud.asked()[2..], ["To: b@example.org"]);
}

#[tokio::test]
async fn an_event_for_the_whole_cloud_needs_no_confirmation() {
    let cloud = Cloud::start().await;
    let mut listener = mails(&["ops@example.org"]);
    listener["scope"] = "cloud".into();
    let answer = post(&cloud.app.admin("p1"), "", &listener).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json()["listener"].get("confirmations"), None);
    cloud.ask().await;
    assert!(cloud.host.heard("").is_empty());
    cloud.deliver();
    cloud.record("p1").await;
    until("the event", async || cloud.asked() == ["To: ops@example.org"]).await;
}

/// Not even for administrators: the project's members might change the listener afterwards.
#[tokio::test]
async fn every_listener_of_a_project_needs_confirmations() {
    let cloud = Cloud::start().await;
    let answer = post(&cloud.app.admin("p1"), "", &mails(&["a@example.org"])).await;
    let confirmations = &answer.json()["listener"]["confirmations"];
    let waiting =
        json!([{ "address": "a@example.org", "state": "waiting", "asked_at": null, "decided_at": null }]);
    assert_eq!(*confirmations, waiting);
}

#[tokio::test]
async fn without_an_address_for_links_a_projects_listener_is_refused() {
    let app = TestApp::start();
    let answer = post(&app.member("p1"), "", &mails(&["a@example.org"])).await;
    assert_eq!(
        answer.fault(),
        "400 badRequest: listener.notifier_type: email is for listeners of scope cloud until the operator sets \
         [api] public_endpoint, where recipients confirm their addresses"
    );
}
