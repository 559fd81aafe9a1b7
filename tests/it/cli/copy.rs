//! `tidings db copy`.

use std::path::Path;
use std::process::{Command, Stdio};

use tidings::config::{Connection, Database};
use tidings::message::{Change, Message};
use tidings::store::idempotency::IdempotencyKey;
use tidings::store::message::{count, import};
use tidings::store::read_state::{self, ProjectUser, Seen, Undo};
use tidings::store::{Batch, Settings, Store};
use tidings::telemetry::Metrics;
use uuid::Uuid;

use super::Shell;
use crate::support::{Fresh, NOW, RecordBatch, message, until};

/// Opens the store of a URL, creating its schema if necessary, and runs something with it.
fn with_store<T, F: Future<Output = T>>(url: &str, work: impl FnOnce(Store) -> F) -> T {
    let settings = Settings::from_config(&Database {
        connection: Connection::locate(url, Path::new("/")).unwrap(),
        ..Database::default()
    });
    Store::migrate(&settings.backend).unwrap();
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.unwrap().block_on(work(store.clone()));
    store.close();
    done
}

fn fill(url: &str, rows: &[Message]) {
    with_store(url, async |store| {
        for chunk in rows.chunks(1000).map(<[Message]>::to_vec) {
            store.write(move |tx| import(tx, &chunk)).await.unwrap();
        }
    });
}

/// Records a message under an idempotency key.
fn record(url: &str, key: u8, expires_at: i64) {
    let batch = Batch {
        messages: [message("p1", i64::from(key))].into(),
        events: tidings::event::Outgoing::default(),
        key: Some(IdempotencyKey {
            scope: [key; 32],
            request: [key; 32],
            request_id: format!("req-{key}"),
            expires_at,
        }),
    };
    with_store(url, async |store| store.record_batch(batch).await.unwrap());
}

/// Marks messages as read: individually by two users, and up to a time by one of them.
fn read(url: &str, rows: &[Message]) {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    with_store(url, async |store| {
        for user in ["alice", "雪 "] {
            let reader = ProjectUser {
                project: "p1".to_owned(),
                user: user.to_owned(),
            };
            let ids = ids.clone();
            store
                .write(move |tx| {
                    read_state::change(tx, &reader, &ids, Change::Read, Undo::new())?;
                    read_state::mark_until(tx, &reader, Seen::until(NOW), FAR, Undo::new())
                })
                .await
                .unwrap();
        }
    });
}

/// Messages that use everything a column can hold.
fn rows() -> Vec<Message> {
    let mut rows: Vec<Message> = (0..2500).map(|second| message("p1", second)).collect();
    rows[0].id = Uuid::nil();
    rows[1].id = Uuid::max();
    rows[2].id = Uuid::new_v4();
    "P1".clone_into(&mut rows[3].project_id);
    rows[4].resource_type = None;
    rows[5].resource_uuid = Some("雪 \u{1f4e6} with a space at its end ".to_owned());
    rows[6].parameters = Some(r#"{"size":1}"#.to_owned());
    rows[7].expires_at = None;
    rows[8].action_id = Some(String::new());
    rows[9].created_at = -1;
    rows
}

const FAR: i64 = 4_000_000_000_000_000;

#[test]
fn a_store_moves_from_database_to_database() {
    let shell = Shell::empty();
    let (second, third) = (Fresh::new(), Fresh::new());
    let path = |name: &str| format!("sqlite:///{}", shell.path().join(name).display());
    let places = [
        path("first.db"),
        second.url().to_owned(),
        third.url().to_owned(),
        path("last.db"),
    ];
    fill(&places[0], &rows());
    record(&places[0], 1, FAR);
    record(&places[0], 2, 1);
    read(&places[0], &rows());
    let mut checksums = Vec::new();
    for pair in places.windows(2) {
        let arguments = ["db", "copy", "--from", &pair[0], "--to", &pair[1], "--migrate"];
        let copied = shell.json(&arguments);
        assert_eq!(copied["verified"], true);
        let tables = copied["tables"].as_array().unwrap();
        let numbers = |name: &str| [0, 1].map(|index: usize| tables[index][name].as_u64().unwrap());
        assert_eq!((numbers("copied"), numbers("deleted")), ([2502, 1], [0, 0]));
        assert_eq!(tables[0]["source"], tables[0]["target"]);
        assert!(tables.iter().all(|table| table["source"] == table["target"]));
        checksums.push(
            tables
                .iter()
                .map(|table| table["target"].clone())
                .collect::<Vec<_>>(),
        );
        let again = shell.json(&arguments);
        for (before, again) in tables.iter().zip(again["tables"].as_array().unwrap()) {
            assert_eq!(
                (&again["copied"], &again["source"]),
                (&0.into(), &before["source"])
            );
        }
    }
    assert!(
        checksums.iter().all(|tables| *tables == checksums[0]),
        "{checksums:?}"
    );
    let export = |name: &str| {
        let place = ("OS_DATABASE__CONNECTION", path(name));
        let mut export = Command::new(env!("CARGO_BIN_EXE_tidings"));
        export.args(["message", "export"]).env_clear().envs([place]);
        export.output().unwrap().stdout
    };
    let first = export("first.db");
    assert_eq!(first.split(|byte| *byte == b'\n').count() - 1, 2502);
    assert_eq!(export("last.db"), first);
}

#[test]
fn an_interrupted_copy_goes_on() {
    let shell = Shell::empty();
    let source = format!("sqlite:///{}", shell.path().join("source.db").display());
    let target = shell.database.url().to_owned();
    let rows: Vec<Message> = (0..10_000).map(|second| message("p1", second)).collect();
    fill(&source, &rows);
    fill(&target, &[]);
    let mut copying = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["db", "copy", "--from", &source, "--to", &target])
        .env_clear()
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    with_store(&target, async |store| {
        until("the first rows", async || {
            store.read(|read| count(read)).await.unwrap() > 0
        })
        .await;
    });
    copying.kill().unwrap();
    copying.wait().unwrap();
    shell.database.wait_for_others();
    let left = with_store(&target, async |store| {
        store.read(|read| count(read)).await.unwrap()
    });
    assert!(0 < left && left < 10_000, "{left}");
    let copied = shell.json(&["db", "copy", "--from", &source, "--to", &target]);
    assert_eq!(copied["tables"][0]["copied"].as_i64(), Some(10_000 - left));
    assert_eq!(copied["tables"][0]["target"]["rows"], 10_000);
}

#[test]
fn rows_of_others_are_refused_kept_or_deleted() {
    let shell = Shell::empty();
    let source = format!("sqlite:///{}", shell.path().join("source.db").display());
    let target = shell.database.url().to_owned();
    let shared = message("p1", 0);
    fill(&source, &[shared.clone(), message("p1", 1)]);
    let foreign = message("p1", 2);
    fill(&target, &[shared.clone(), foreign]);
    let copy = ["db", "copy", "--from", &source, "--to", &target];
    let refused = shell.run(&copy);
    assert_eq!(refused.code, 65);
    assert_eq!(
        refused.err,
        "tidings: the target has 1 rows of messages that the source does not have; choose --foreign keep or --foreign delete\n"
    );
    let kept = shell.json(&[&copy[..], &["--foreign", "keep"]].concat());
    assert_eq!(
        (&kept["verified"], &kept["tables"][0]["foreign"]),
        (&true.into(), &1.into())
    );
    assert_eq!(kept["tables"][0]["copied"], 1);
    let deleted = shell.json(&[&copy[..], &["--foreign", "delete"]].concat());
    assert_eq!(
        (&deleted["tables"][0]["deleted"], &deleted["tables"][0]["foreign"]),
        (&1.into(), &0.into())
    );
    let other = Message {
        message_level: "WARNING".to_owned(),
        ..message("p1", 3)
    };
    fill(&source, std::slice::from_ref(&other));
    fill(
        &target,
        &[Message {
            message_level: "ERROR".to_owned(),
            // With the same id, but at different positions in every other order.
            created_at: other.created_at + 1,
            project_id: "p2".to_owned(),
            ..other.clone()
        }],
    );
    for choice in ["refuse", "keep"] {
        let refused = shell.run(&[&copy[..], &["--foreign", choice]].concat());
        assert_eq!(refused.code, 65, "{choice}");
        let text = format!(
            "different contents (first: {}); --foreign delete replaces them",
            other.id
        );
        assert!(refused.err.contains(&text), "{}", refused.err);
    }
    let replaced = shell.json(&[&copy[..], &["--foreign", "delete"]].concat());
    assert_eq!(
        (&replaced["verified"], &replaced["tables"][0]["copied"]),
        (&true.into(), &1.into())
    );
}

#[test]
fn every_table_is_copied_or_named() {
    let shell = Shell::empty();
    let source = shell.database.url().to_owned();
    let target = format!("sqlite:///{}", shell.path().join("target.db").display());
    fill(&source, &[]);
    let copy = ["db", "copy", "--from", &source, "--to", &target, "--migrate"];
    let quiet = shell.run(&copy);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
    shell.database.execute("CREATE TABLE heartbeat (at BIGINT)");
    let named = shell.run(&copy);
    assert_eq!(
        (named.code, named.err.as_str()),
        (
            0,
            "tidings: the source's table heartbeat is not part of Tidings and is not copied\n"
        )
    );
    let left = shell.json(&copy)["left_behind"].clone();
    let reason = |name: &str| {
        let tables = left.as_array().unwrap();
        let table = tables.iter().find(|table| table["table"] == name).unwrap();
        table["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason("heartbeat"), "it is not part of Tidings");
    assert_eq!(reason("leases"), "their holders work on the old database");
    assert!(reason("browser_sessions").contains("sign in again"));
}

#[test]
fn a_live_key_takes_the_place_of_one_that_expired() {
    let shell = Shell::empty();
    let source = format!("sqlite:///{}", shell.path().join("source.db").display());
    let target = shell.database.url().to_owned();
    record(&source, 1, FAR);
    record(&target, 1, 1);
    let copied = shell.json(&[
        "db",
        "copy",
        "--from",
        &source,
        "--to",
        &target,
        "--foreign",
        "delete",
    ]);
    let [messages, keys] = [0, 1].map(|index: usize| copied["tables"][index].clone());
    assert_eq!(
        (&messages["copied"], &messages["deleted"]),
        (&1.into(), &1.into())
    );
    assert_eq!((&keys["copied"], &keys["deleted"]), (&1.into(), &0.into()));
    assert_eq!(copied["verified"], true);
}

#[test]
fn what_cannot_be_copied_is_said() {
    let shell = Shell::new();
    let source = shell.database.url().to_owned();
    let path = shell.path().join("new.db");
    let target = format!("sqlite:///{}", path.display());
    let run = |from: &str, to: &str| shell.run(&["db", "copy", "--from", from, "--to", to]);
    let missing = run(&source, &target);
    assert_eq!(missing.code, 69, "{}", missing.err);
    assert!(
        missing.err.contains("--to sqlite:///") && missing.err.contains("no such file"),
        "{}",
        missing.err
    );
    std::fs::File::create(&path).unwrap();
    let bare = run(&source, &target);
    assert_eq!(bare.code, 70, "{}", bare.err);
    assert!(bare.err.contains("--migrate creates its schema"), "{}", bare.err);
    assert_eq!(run(&target, &source).code, 70);
    let same = run(&source, &source);
    assert_eq!(
        (same.code, same.err.as_str()),
        (65, "tidings: --from and --to name the same database\n")
    );
    for wrong in ["oracle://u:hunter2@h/d", "u:hunter2@h"] {
        let refused = run(&source, wrong);
        assert_eq!(refused.code, 65);
        assert!(refused.err.starts_with("tidings: --to: "), "{}", refused.err);
        assert!(!refused.err.contains("hunter2"), "{}", refused.err);
    }
    // The URL may be in a file that only its owner can read.
    let file = shell.path().join("new.conf");
    std::fs::write(&file, format!("[database]\nconnection = {target}\n")).unwrap();
    let copied = shell.run(&[
        "db",
        "copy",
        "--from",
        &source,
        "--to",
        file.to_str().unwrap(),
        "--migrate",
    ]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    assert!(
        copied.out.contains("messages") && copied.out.contains("idempotency_keys"),
        "{}",
        copied.out
    );
}
