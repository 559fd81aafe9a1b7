//! The history of events, as the database reads it.

use diesel::prelude::*;
use diesel::sql_types::Text;
use tidings::store::{Settings, Store};

use crate::support::Fresh;

/// A step of what SQLite is going to do.
#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Else a filter for what is rare reads all that is kept.
#[test]
fn filters_have_an_index_that_is_in_the_order_of_the_list() {
    // How a server reads depends on what it has counted.
    if Fresh::is_remote() {
        return;
    }
    let database = Fresh::new();
    let settings = Settings::from_config(&tidings::config::Database {
        connection: database.connection(),
        ..tidings::config::Database::default()
    });
    Store::migrate(&settings.backend).unwrap();
    let path = database.url().strip_prefix("sqlite:///").unwrap();
    let mut conn = SqliteConnection::establish(path).unwrap();
    for (filter, index) in [
        ("created_at < 9", "events_created_at"),
        ("project_id = 'p'", "events_project"),
        ("event_type = 't' AND created_at < 9", "events_type"),
    ] {
        let query = format!(
            "EXPLAIN QUERY PLAN SELECT * FROM events WHERE {filter} ORDER BY created_at DESC, id DESC"
        );
        let steps: Vec<Step> = diesel::sql_query(query).load(&mut conn).unwrap();
        let [step] = steps.as_slice() else {
            panic!("{filter}: {} steps", steps.len());
        };
        assert!(
            step.detail.contains(&format!("USING INDEX {index} (")),
            "{}",
            step.detail
        );
    }
}
