//! The schema's versions.

use std::time::Duration;

use tidings::config::{Backend, Database};
use tidings::store::{Error, Settings, Store};
use tidings::telemetry::Metrics;

use crate::support::{Fresh, let_pass_here};

fn settings(database: &Fresh) -> Settings {
    let connection = database.connection();
    Settings::from_config(&Database {
        connection,
        ..Database::default()
    })
}

#[test]
fn migrations_go_up_and_down_and_up() {
    let database = Fresh::new();
    let settings = settings(&database);
    let all = Store::migrate(&settings.backend).unwrap();
    assert!(!all.is_empty());
    assert_eq!(
        Store::migrate(&settings.backend).unwrap(),
        [],
        "a second time there is nothing to do"
    );
    for expected in all.iter().rev() {
        assert_eq!(Store::revert(&settings.backend).unwrap().name, expected.name);
    }
    assert!(matches!(
        Store::revert(&settings.backend),
        Err(Error::Conflict(_))
    ));
    assert_eq!(Store::migrate(&settings.backend).unwrap().len(), all.len());
    assert!(Store::schema(&settings.backend).unwrap().is_current());
}

#[test]
fn a_database_without_a_schema_is_not_opened() {
    let database = Fresh::new();
    if let Backend::Sqlite(path) = database.connection().backend() {
        std::fs::File::create(path).unwrap();
    }
    let opened = Store::open(&settings(&database), &Metrics::new("test"));
    assert_eq!(
        opened.err().map(|error| error.to_string()),
        Some("the schema is not up to date; run `tidings db migrate`".to_owned())
    );
}

#[test]
fn migrating_from_eight_places_at_once_is_safe() {
    let database = Fresh::new();
    let settings = settings(&database);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let backend = settings.backend.clone();
            std::thread::spawn(move || Store::migrate(&backend).map(drop))
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Ok(()));
    }
    assert!(Store::schema(&settings.backend).unwrap().is_current());
}

/// MariaDB stores the migration lock as a row, which a crashed host leaves behind.
#[test]
fn a_right_to_migrate_that_was_left_behind_ends_in_time_or_by_an_operators_hand() {
    let database = Fresh::new();
    if !database.url().starts_with("mysql") {
        return;
    }
    let settings = settings(&database);
    Store::migrate(&settings.backend).unwrap();
    let left = |seconds| {
        format!("UPDATE migration_lock SET holder = 'gone', expires_at = UNIX_TIMESTAMP() + {seconds}")
    };
    database.execute(&left(-1));
    assert_eq!(Store::migrate(&settings.backend), Ok(vec![]));
    database.execute(&left(3600));
    let waiting = std::thread::spawn(move || Store::migrate(&settings.backend));
    let_pass_here(Duration::from_millis(300));
    assert!(!waiting.is_finished(), "it waits for the other host");
    database.execute("UPDATE migration_lock SET holder = '', expires_at = 0");
    assert_eq!(waiting.join().unwrap(), Ok(vec![]));
}
