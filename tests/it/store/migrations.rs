//! The schema's versions.

use tidings::config::{Backend, Database};
use tidings::store::{Error, Settings, Store};
use tidings::telemetry::Metrics;

use crate::support::Fresh;

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
