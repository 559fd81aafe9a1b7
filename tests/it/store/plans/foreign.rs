//! The statements for the tables of other services.

use tidings::config::{Config, Database};
use tidings::store::Settings;
use tidings::store::foreign::{ExpiryRange, ForeignService, ForeignTable};

use super::explain::{Seen, plan};
use crate::support::{NOW, ServiceDatabase};

/// The index of Cinder's migration.
const INDEX: &str = "ix_messages_expires_at";

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
    let options = [("OS_FOLLOW__CINDER".to_owned(), cinder.url())];
    let config = Config::load(None, options.into_iter()).unwrap();
    let settings = Settings::from_config(&Database {
        connection: config.follow.cinder.unwrap(),
        ..config.database
    });
    let mut table = ForeignTable::open(&settings.backend, ForeignService::Cinder, None).unwrap();
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
