//! Shared by the tests on a database server, which pass without running if `TEST_DATABASE_URL` is not set.

use tidings::config::Config;
use tidings::message::Message;
use tidings::store::idempotency::IdempotencyKey;
use tidings::store::{Batch, Settings, Store};
use tidings::telemetry::Metrics;

use crate::support::{Fresh, NOW};

pub fn batch(messages: Vec<Message>) -> Batch {
    Batch {
        messages: messages.into(),
        events: tidings::event::Outgoing::default(),
        key: None,
    }
}

pub fn keyed(message: Message, scope: u8) -> Batch {
    let key = IdempotencyKey {
        scope: [scope; 32],
        request: [7; 32],
        request_id: "req-1".to_owned(),
        expires_at: NOW + 1_000_000_000,
    };
    Batch {
        messages: [message].into(),
        events: tidings::event::Outgoing::default(),
        key: Some(key),
    }
}

/// With options of `[database]`.
pub fn settings(url: &str, options: &[(&str, &str)]) -> Settings {
    let mut variables = vec![("OS_DATABASE__CONNECTION".to_owned(), url.to_owned())];
    for (name, value) in options {
        variables.push((format!("OS_DATABASE__{name}"), (*value).to_owned()));
    }
    Settings::from_config(&Config::load(None, variables.into_iter()).unwrap().database)
}

pub fn open(url: &str) -> Store {
    open_with(url, &[])
}

/// With options of `[database]`.
pub fn open_with(url: &str, options: &[(&str, &str)]) -> Store {
    let settings = settings(url, options);
    Store::migrate(&settings.backend).unwrap();
    Store::open(&settings, &Metrics::new("test")).unwrap()
}

pub fn is_postgres(database: &Fresh) -> bool {
    database.url().starts_with("postgres")
}

/// Returns the database, unless the tests run on SQLite.
pub fn remote() -> Option<Fresh> {
    Fresh::is_remote().then(Fresh::new)
}

/// Ends every connection to the database, as an operator would.
pub fn kill_all(database: &Fresh) {
    if is_postgres(database) {
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        return;
    }
    database.execute(
        "BEGIN NOT ATOMIC DECLARE done INT DEFAULT 0; DECLARE target BIGINT; \
         DECLARE others CURSOR FOR SELECT id FROM information_schema.processlist \
         WHERE db = DATABASE() AND id <> CONNECTION_ID(); \
         DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; OPEN others; \
         killing: LOOP FETCH others INTO target; IF done THEN LEAVE killing; END IF; \
         KILL target; END LOOP; END",
    );
}
