//! SQLite's write-ahead log: it is moved into the database in parallel to writers and starts over.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tidings::message::Message;

use crate::support::{Database, Fresh, TestApp, let_pass, message};

/// The log is moved into the database from half of this on.
const LIMIT: u64 = 8 << 20;

/// Starts an app with a short log, unless the database is a server, which manages its own.
fn app() -> Option<TestApp> {
    let limit = LIMIT.to_string();
    (!Fresh::is_remote()).then(|| TestApp::with_options(&[("OS_DATABASE__WAL_LIMIT", &limit)]))
}

fn file(app: &TestApp, suffix: &str) -> PathBuf {
    PathBuf::from(format!(
        "{}{suffix}",
        app.database.url().trim_start_matches("sqlite://")
    ))
}

/// Returns how often the log has started over, from its header.
fn starts(app: &TestApp) -> u32 {
    let mut number = [0; 4];
    let log = fs::File::open(file(app, "-wal")).unwrap();
    log.read_exact_at(&mut number, 12).unwrap();
    u32::from_be_bytes(number)
}

fn length(app: &TestApp, suffix: &str) -> u64 {
    fs::metadata(file(app, suffix)).unwrap().len()
}

/// Records a thousand messages of fifty projects in one transaction, about a megabyte of the log.
async fn write(app: &TestApp, round: i64) {
    let messages: Vec<Message> = (0..1000)
        .map(|number| message(&format!("p{}", number % 50), round * 1000 + number))
        .collect();
    app.import(&messages).await;
}

#[tokio::test]
async fn it_starts_over_again_and_again_while_messages_come() {
    let Some(app) = app() else { return };
    write(&app, 0).await;
    let (started, before) = (Instant::now(), starts(&app));
    let mut rounds = 1;
    while starts(&app) < before + 3 {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "it does not start over"
        );
        write(&app, rounds).await;
        rounds += 1;
    }
    assert!(length(&app, "-wal") < 8 * LIMIT, "{} bytes", length(&app, "-wal"));
    assert!(length(&app, "") > LIMIT / 2, "its pages are in the database");
    app.store.close();
    let mut database = Database::open(app.database.url());
    assert_eq!(
        database.number("SELECT count(*) AS number FROM messages"),
        rounds * 1000
    );
    database.assert_whole();
}

#[tokio::test]
async fn a_long_reader_makes_it_grow_and_no_writer_fail() {
    let Some(app) = app() else { return };
    write(&app, 0).await;
    let mut reader = Database::open(app.database.url());
    reader.execute("BEGIN");
    let seen = reader.number("SELECT count(*) AS number FROM messages");
    let before = starts(&app);
    let mut rounds = 1;
    while length(&app, "-wal") < 2 * LIMIT {
        write(&app, rounds).await;
        rounds += 1;
    }
    assert_eq!(starts(&app), before);
    assert_eq!(reader.number("SELECT count(*) AS number FROM messages"), seen);
    reader.execute("COMMIT");
    let released = Instant::now();
    while starts(&app) == before {
        assert!(
            released.elapsed() < Duration::from_secs(120),
            "it does not start over"
        );
        let_pass(Duration::from_millis(50)).await;
        app.import(&[message("p1", rounds * 1000)]).await;
        rounds += 1;
    }
}

#[tokio::test]
async fn its_room_is_given_back_when_a_long_reader_lets_go() {
    let Some(app) = app() else { return };
    let mut reader = Database::open(app.database.url());
    reader.execute("BEGIN");
    reader.count("messages");
    let mut rounds = 0;
    while length(&app, "-wal") < 2 * LIMIT {
        write(&app, rounds).await;
        rounds += 1;
    }
    reader.execute("COMMIT");
    let released = Instant::now();
    // No more writers.
    while length(&app, "-wal") > LIMIT {
        assert!(
            released.elapsed() < Duration::from_secs(120),
            "its file stays long"
        );
        let_pass(Duration::from_millis(20)).await;
    }
    app.store.close();
    assert_eq!(
        Database::open(app.database.url()).count("messages"),
        1000 * usize::try_from(rounds).unwrap()
    );
}
