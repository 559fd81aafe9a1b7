//! The statements for the tables of other services.

use std::time::Duration;

use tidings::config::{Config, Database};
use tidings::store::Settings;
use tidings::store::foreign::{ExpiryRange, ForeignService, ForeignTable};

use super::explain::{Seen, plan};
use crate::support::{NOW, ServiceDatabase};

/// The index of Cinder's migration.
const INDEX: &str = "ix_messages_expires_at";

/// Opens the table of messages.
fn open(cinder: &ServiceDatabase, longest: Option<Duration>) -> ForeignTable {
    let options = [("OS_FOLLOW__CINDER".to_owned(), cinder.url())];
    let config = Config::load(None, options.into_iter()).unwrap();
    let settings = Settings::from_config(&Database {
        connection: config.follow.cinder.unwrap(),
        ..config.database
    });
    ForeignTable::open(&settings.backend, ForeignService::Cinder, longest).unwrap()
}

#[test]
fn new_rows_of_cinder_are_found_by_its_index() {
    let cinder = ServiceDatabase::cinder();
    let rows: Vec<String> = (0..5000)
        .map(|number| {
            format!(
                "('{number:036}', 'p1', 'VOLUME_000002', 'ERROR', '2026-10-{:02} 00:00:00', '2026-12-{:02} 00:00:00', false)",
                number % 28 + 1,
                number % 28 + 1
            )
        })
        .collect();
    cinder.execute(&format!(
        "INSERT INTO messages (id, project_id, event_id, message_level, created_at, expires_at, deleted) VALUES {}",
        rows.join(", ")
    ));
    cinder.execute(if cinder.url().starts_with("mysql") {
        "ANALYZE TABLE messages"
    } else {
        "ANALYZE"
    });
    let mut table = open(&cinder, None);
    let seen = Seen::default();
    seen.watch(table.conn());
    let first = ExpiryRange {
        from: NOW + 30 * 86_400_000_000,
        until: NOW + 31 * 86_400_000_000,
        after: None,
        limit: 500,
    };
    let next = ExpiryRange {
        after: Some((first.from, format!("{:036}", 1))),
        ..first.clone()
    };
    for range in [first, next] {
        table.expiring(&range).unwrap();
        let statements = seen.take();
        assert_eq!(statements.len(), 1);
        let plan = plan(table.conn(), &statements[0], false).unwrap().to_string();
        assert!(plan.contains(INDEX), "{plan}");
        seen.take();
    }
}

/// A pooler may give the session to the service itself.
#[cfg(feature = "postgres")]
#[test]
fn a_session_of_postgresql_is_left_as_it_was() {
    use diesel::dsl::sql;
    use diesel::prelude::*;
    use diesel::sql_types::BigInt;

    let cinder = ServiceDatabase::cinder();
    if !cinder.url().starts_with("postgresql") {
        return;
    }
    let mut table = open(&cinder, Some(Duration::from_secs(10)));
    table.count().unwrap();
    table.page(None, 10).unwrap();
    table.find(&["1".to_owned()]).unwrap();
    // diesel sets these two, which poolers keep for each client.
    let settings = "pg_settings WHERE source = 'session' AND name NOT IN ('TimeZone', 'client_encoding')";
    for what in [settings, "pg_prepared_statements"] {
        let count = sql::<BigInt>(&format!("SELECT count(*) FROM {what}"));
        let count: i64 = count.get_result(table.conn()).unwrap();
        assert_eq!(count, 0, "{what}");
    }
}
