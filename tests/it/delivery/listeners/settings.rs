//! What a listener may be: which events, which notifier, which address.

use serde_json::{Map, Value, json};
use tidings::delivery::follow_catalog;
use tidings::listener::Reach;
use tidings::store::delivery::State;

use super::cloud::{Cloud, Receiver};

#[tokio::test]
async fn globs_are_expanded_again_when_the_catalog_has_changed() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let listener = cloud.webhook(&receiver).await;
    assert_eq!(
        follow_catalog(cloud.store()).await,
        Ok(1),
        "no catalog is noted yet"
    );
    assert_eq!(follow_catalog(cloud.store()).await, Ok(0));
    // As an older program left it, whose catalog knew only one type.
    cloud
        .app
        .database
        .execute("DELETE FROM subscriptions WHERE event_type <> 'message.create'");
    cloud
        .app
        .database
        .execute("UPDATE subscription_version SET catalog = 'older'");
    assert_eq!(follow_catalog(cloud.store()).await, Ok(1));
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Delivered);
}

/// Otherwise the mail server would be an open relay, and the broker's consumers would read what a tenant chose.
#[tokio::test]
async fn a_project_has_neither_the_mail_server_nor_the_broker() {
    let cloud = Cloud::start();
    for (notifier, config) in [
        ("email", json!({ "subject": "s", "addresses": ["a@example.org"] })),
        ("amqp", json!({})),
    ] {
        let members = json!({
            "notifier_type": notifier,
            "notifier_config": config,
            "event_types": ["message.*"],
        });
        let members: Map<String, Value> = serde_json::from_value(members).unwrap();
        let created = cloud
            .registrar
            .create(Reach::Project("p1".to_owned()), &members)
            .await;
        let text = created.unwrap_err().to_string();
        assert!(
            text.starts_with(&format!(
                "notifier_type: {notifier} is for listeners of scope cloud"
            )),
            "{text}"
        );
        assert!(cloud.registrar.create(Reach::Cloud, &members).await.is_ok());
    }
}

/// Whoever may change a listener need not know its secrets.
#[tokio::test]
async fn secrets_do_not_follow_a_listener_to_another_server() {
    let cloud = Cloud::start();
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": "https://example.org/a", "headers": { "x-key": "hidden" } },
        "event_types": ["message.*"],
    });
    let listener = cloud.listener(Reach::Project("p1".to_owned()), members).await;
    let change = async |config: Value| {
        let changes = serde_json::from_value(json!({ "notifier_config": config })).unwrap();
        let updated = cloud.registrar.update(listener.id, &changes).await;
        updated.map(|_| ()).map_err(|error| error.to_string())
    };
    let refused =
        "notifier_config.headers: must be given again for a URL of another server, or removed with null";
    assert_eq!(
        change(json!({ "url": "https://example.net/a" })).await,
        Err(refused.to_owned())
    );
    let masked = json!({ "url": "https://example.net/a", "headers": { "x-key": "*****" } });
    assert_eq!(change(masked).await, Err(refused.to_owned()));
    assert_eq!(change(json!({ "url": "https://example.org/b" })).await, Ok(()));
    assert_eq!(
        change(json!({ "url": "https://example.net/a", "headers": null })).await,
        Ok(())
    );
}

/// It has got operators' events, which members would then see.
#[tokio::test]
async fn a_listener_for_operators_does_not_become_one_for_members() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": receiver.url() },
        "event_types": ["*"],
    });
    let listener = cloud.listener(Reach::Project("p1".to_owned()), members).await;
    let narrowed = serde_json::from_value(json!({ "event_types": ["message.*"] })).unwrap();
    let refused = cloud.registrar.update(listener.id, &narrowed).await.unwrap_err();
    assert!(
        refused.to_string().starts_with("event_types: cannot be narrowed"),
        "{refused}"
    );
}

#[tokio::test]
async fn addresses_inside_are_refused_at_each_attempt_and_when_written() {
    let cloud = Cloud::with(|config| config.files = vec!["tidings.conf".into()]);
    let members = |url: &str| {
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": url },
            "event_types": ["message.*"],
        });
        serde_json::from_value::<Map<String, Value>>(members).unwrap()
    };
    let reach = || Reach::Project("p1".to_owned());
    let refused = cloud
        .registrar
        .create(reach(), &members("http://127.0.0.1:9/"))
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "notifier_config.url: the host is a loopback address, which must not be called"
    );
    // A name is resolved at each attempt.
    let (listener, _) = cloud
        .registrar
        .create(reach(), &members("http://localhost:9/"))
        .await
        .unwrap();
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Waiting);
    let answer = &cloud.attempts(&listener).await[0].answer;
    assert_eq!(answer, "the host has no address that may be called");
}

#[tokio::test]
async fn a_listener_whose_settings_are_broken_keeps_no_server_from_starting() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let bad = cloud.webhook(&receiver).await;
    let good = cloud.webhook(&receiver).await;
    let id = cloud.app.database.bytes(&bad.id.simple().to_string());
    cloud
        .app
        .database
        .execute(&format!("UPDATE listeners SET settings = '{{}}' WHERE id = {id}"));
    cloud
        .app
        .database
        .execute("DELETE FROM subscriptions WHERE event_type <> 'message.create'");
    assert_eq!(follow_catalog(cloud.store()).await, Ok(2));
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&good, 1).await.state, State::Delivered);
}
