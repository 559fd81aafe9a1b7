//! A file of keys that was lost is not silently replaced.

use std::fs;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tidings::config::Config;
use tidings::delivery::{Registrar, RegistrarError};
use tidings::listener::{Listener, ListenerSeal, Reach};

use super::Outbox;
use crate::support::Fresh;

/// A process with keys of its own.
fn registrar(outbox: &Outbox) -> Registrar {
    let mut config = Config::default();
    config.database.connection = outbox.database.connection();
    let seal = Arc::new(ListenerSeal::new(&config));
    Registrar::new(
        &config,
        outbox.store.clone(),
        tidings::clock::Clock::system(),
        seal,
    )
}

async fn create(registrar: &Registrar, password: Option<&str>) -> Result<Listener, RegistrarError> {
    let mut config = json!({ "url": "https://example.org" });
    if let Some(password) = password {
        config["username"] = "u".into();
        config["password"] = password.into();
    }
    let members = json!({ "notifier_type": "http", "notifier_config": config, "event_types": ["message.*"] });
    let members: Map<String, Value> = serde_json::from_value(members).unwrap();
    registrar
        .create(Reach::Cloud, &members)
        .await
        .map(|(listener, _)| listener)
}

#[tokio::test]
async fn a_new_password_repairs_a_listener_that_depended_on_a_lost_file() {
    if Fresh::is_remote() {
        return; // Keys are configured there, and never made.
    }
    let outbox = Outbox::new();
    let listener = create(&registrar(&outbox), Some("hunter2")).await.unwrap();
    let other = create(&registrar(&outbox), Some("hunter2")).await.unwrap();
    let file = outbox.database.folder().path().join("tidings.db.key");
    fs::remove_file(&file).unwrap();
    let after = registrar(&outbox);
    assert!(after.show(listener.id).await.is_err());
    let change = json!({ "notifier_config": { "password": "hunter3" } });
    let change: Map<String, Value> = serde_json::from_value(change).unwrap();
    after.update(listener.id, &change).await.unwrap();
    assert!(file.exists());
    let later = registrar(&outbox);
    later.show(listener.id).await.unwrap();
    assert!(later.show(other.id).await.is_err(), "it is not repaired");
}

#[tokio::test]
async fn a_lost_key_is_replaced_once_nothing_depends_on_it() {
    if Fresh::is_remote() {
        return; // Keys are configured there, and never made.
    }
    let outbox = Outbox::new();
    let first = create(&registrar(&outbox), Some("hunter2")).await.unwrap();
    let file = outbox.database.folder().path().join("tidings.db.key");
    fs::remove_file(&file).unwrap();
    let after = registrar(&outbox);
    create(&after, None).await.unwrap();
    let refused = create(&after, Some("hunter3")).await.unwrap_err().to_string();
    let want = "tidings.db.key is missing, and stored listeners have secrets that only its keys decrypt: \
                restore the file, delete these listeners, or give them other secrets";
    assert!(refused.ends_with(want), "{refused}");
    assert!(!file.exists());
    assert!(after.show(first.id).await.is_err());
    after.delete(first.id).await.unwrap();
    create(&after, Some("hunter3")).await.unwrap();
    assert!(file.exists());
}
