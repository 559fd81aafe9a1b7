//! Poolers between Tidings and PostgreSQL. Session pooling is tested by running other tests through it.

use tidings::store::{Error, Store};
use tidings::telemetry::Metrics;

use super::server::settings;
use crate::support::Database;

/// `TEST_POOLERS` names databases behind poolers without sessions, which may hand out idle backends in any order.
#[test]
fn a_pooler_that_keeps_no_session_is_refused_with_the_reason() {
    let Ok(urls) = std::env::var("TEST_POOLERS") else {
        return;
    };
    for url in urls.split_whitespace() {
        for idle in [0, 1, 4] {
            let mut clients: Vec<Database> = (0..idle).map(|_| Database::open(url)).collect();
            for client in &mut clients {
                // Each one holds a backend if the pooler pools transactions.
                let _ = client.try_execute("BEGIN");
            }
            for client in &mut clients {
                let _ = client.try_execute("COMMIT");
            }
            let settings = settings(url, &[]);
            for refused in [
                Store::migrate(&settings.backend).map(drop),
                Store::schema(&settings.backend).map(drop),
                Store::open(&settings, &Metrics::new("test")).map(drop),
            ] {
                match refused {
                    Err(Error::Conflict(text)) => assert!(text.contains("pool_mode = session"), "{text}"),
                    other => panic!("{url}, {idle} idle: {other:?}"),
                }
            }
        }
    }
}
