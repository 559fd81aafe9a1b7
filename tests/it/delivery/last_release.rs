//! Servers of the previous release beside new ones: they write the outbox and deliver it themselves.

use tidings::delivery::Step;
use tidings::store::{Settings, Store};
use uuid::Uuid;

use super::{Outbox, Recorder, event, pace};
use crate::support::NOW;

impl Outbox {
    /// Leaves an event for the target and another one, like a server of the previous release.
    fn left_by_last_release(&self, name: &str) {
        let id = self.database.bytes(&Uuid::now_v7().simple().to_string());
        for target in ["log", "other"] {
            self.database.execute(&format!(
                "INSERT INTO outbox (target, id, created_at, event_type, priority, publisher_id, payload) \
                 VALUES ('{target}', {id}, {NOW}, 'repo.sync.start', 'INFO', '{name}', '{{}}')"
            ));
        }
    }
}

#[tokio::test]
async fn what_a_server_of_the_last_release_has_left_is_delivered_first() {
    let outbox = Outbox::new();
    for number in 0..250 {
        outbox.left_by_last_release(&format!("{number}"));
    }
    outbox.report(&["new"], 0).await;
    let driver = Recorder::default();
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    while dispatcher.step().await != Ok(Step::Idle) {}
    let names: Vec<_> = (0..250).map(|number| number.to_string()).collect();
    assert_eq!(driver.got(), format!("{} new", names.join(" ")));
    // The rows of the other target are left to its dispatcher.
    assert_eq!(outbox.database.count("outbox"), 250);
    assert_eq!(outbox.database.count("pending_events"), 1);
}

#[tokio::test]
async fn a_server_of_the_last_release_keeps_what_it_delivers() {
    let outbox = Outbox::new();
    outbox.database.execute(&format!(
        "INSERT INTO leases (name, holder, expires_at) VALUES ('delivery:log', 'an old server', {NOW} + 1)"
    ));
    outbox.left_by_last_release("old");
    outbox.report(&["new"], 0).await;
    let driver = Recorder::default();
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(1)));
    assert_eq!(
        (driver.got().as_str(), outbox.database.count("outbox")),
        ("new", 2)
    );
    outbox
        .database
        .execute("DELETE FROM leases WHERE name = 'delivery:log'");
    // Another dispatcher, since this one checks every few seconds.
    drop(dispatcher);
    outbox.database.execute("DELETE FROM leases");
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(1)));
    assert_eq!(
        (driver.got().as_str(), outbox.database.count("outbox")),
        ("new old", 1)
    );
}

#[tokio::test]
async fn the_last_release_finds_what_waits_when_the_migration_is_reverted() {
    let outbox = Outbox::new();
    for (name, keeps) in [("kept", true), ("pending", false)] {
        let targets = vec!["log".to_owned(), "other".to_owned()];
        let events = [event(name, Uuid::now_v7(), 0)].into();
        outbox.write_for(events, targets, keeps).await;
    }
    outbox.store.close();
    let settings = Settings::from_config(&tidings::config::Database {
        connection: outbox.database.connection(),
        ..tidings::config::Database::default()
    });
    // Newer migrations go first, such as those of listeners.
    while !Store::revert(&settings.backend)
        .unwrap()
        .name
        .ends_with("_deliveries")
    {}
    assert_eq!(
        [outbox.database.count("outbox"), outbox.database.count("events")],
        [4, 1]
    );
}
