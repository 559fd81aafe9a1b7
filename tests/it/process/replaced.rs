//! A database file that is removed or replaced while a server runs: no success is reported that no file holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use super::place::as_text;
use super::{Answer, Ledger, Load, Place, Server, load, wait_for};
use crate::support::Fresh;

const CLIENTS: usize = 8;

/// What happens to the files of a server's database.
type Harm = fn(&Files);

struct Files {
    database: PathBuf,
    log: PathBuf,
    /// Created by `db backup` before the harm.
    backup: PathBuf,
}

const HARMS: [(&str, Harm, &str); 5] = [
    (
        "removed",
        |files| fs::remove_file(&files.database).unwrap(),
        "tidings.db was removed",
    ),
    (
        "removed with its log",
        |files| {
            fs::remove_file(&files.log).unwrap();
            fs::remove_file(&files.database).unwrap();
        },
        "tidings.db",
    ),
    (
        "put away",
        |files| fs::rename(&files.database, files.database.with_extension("away")).unwrap(),
        "tidings.db was removed",
    ),
    (
        "a backup renamed over it",
        |files| fs::rename(&files.backup, &files.database).unwrap(),
        "tidings.db was replaced",
    ),
    (
        "a backup in its place",
        |files| {
            fs::remove_file(&files.database).unwrap();
            fs::copy(&files.backup, &files.database).unwrap();
        },
        "tidings.db was re",
    ),
];

fn place() -> Option<(Place, Files)> {
    if Fresh::is_remote() {
        return None;
    }
    let place = Place::with("[healthcheck]\ndetailed = true\n");
    let files = Files {
        database: place.path("tidings.db"),
        log: place.path("tidings.db-wal"),
        backup: place.path("backup.db"),
    };
    Some((place, files))
}

/// Lets clients write, does the harm meanwhile, and returns their answers until every one of them was refused.
fn harm_under_load(server: &Server, files: &Files, harm: Harm) -> Ledger {
    let work = Load::default();
    thread::scope(|scope| {
        let clients = scope.spawn(|| work.run(server.address, "p1", CLIENTS));
        wait_for("some messages", || (work.answered() > 100).then_some(()));
        harm(files);
        clients.join().unwrap()
    })
}

/// Fails unless reading, writing and the healthcheck are refused, each in its own form.
#[track_caller]
fn assert_refuses(server: &Server, what: &str) {
    let mut client = server.connect();
    for answer in [
        client.post("p1", &load::batch(0)).unwrap(),
        client.get("/v3/p1/messages").unwrap(),
    ] {
        assert_unavailable(&answer);
    }
    let health = client.get("/healthcheck").unwrap();
    assert_eq!(health.status, 503, "{health:?}");
    assert!(health.body.contains(what), "{what}: {health:?}");
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.fault().as_str()),
        (503, "serviceUnavailable"),
        "{answer:?}"
    );
}

#[test]
fn a_database_that_is_gone_is_not_written_to_and_a_restart_opens_what_is_there() {
    for (name, harm, fault) in HARMS {
        let Some((place, files)) = place() else { return };
        let mut server = Server::start(&place);
        server.connect().post("p1", &load::batch(1 << 30)).unwrap();
        place.succeed(&["db", "backup", as_text(&files.backup)]);
        let tried = harm_under_load(&server, &files, harm);
        assert_eq!(
            tried.lost + tried.unanswered.len(),
            0,
            "{name}: every request is answered"
        );
        assert_eq!(tried.refused.len(), CLIENTS, "{name}");
        tried.refused.iter().for_each(assert_unavailable);
        assert_refuses(&server, fault);
        assert_eq!(
            server.log().matches("no reads or writes until then").count(),
            1,
            "{name}: said once"
        );
        server.stop();

        let mut server = Server::start(&place);
        let shown = load::all_messages(server.address, "p1");
        let is_backup = name.contains("backup");
        assert_eq!(shown.len(), if is_backup { load::BATCH } else { 0 }, "{name}");
        let answer = server.connect().post("p1", &load::batch(2)).unwrap();
        assert_eq!(answer.status, 201, "{name}: {answer:?}");
        server.stop();
        place.database().assert_whole();
    }
}

/// Without any request the server notices by itself, so the log beside the new file contains nothing of the old one.
#[test]
fn a_backup_renamed_over_the_file_of_an_idle_server_survives_its_kill() {
    let Some((place, files)) = place() else { return };
    let mut server = Server::start(&place);
    for number in 0..50 {
        server.connect().post("p1", &load::batch(number)).unwrap();
    }
    place.succeed(&["db", "backup", as_text(&files.backup)]);
    server.connect().post("p1", &load::batch(99)).unwrap();
    fs::rename(&files.backup, &files.database).unwrap();
    wait_for("an empty log", || (size(&files.log) == 0).then_some(()));
    assert_refuses(&server, "tidings.db was replaced");
    server.kill();
    let mut server = Server::start(&place);
    assert_eq!(load::all_messages(server.address, "p1").len(), 50 * load::BATCH);
    server.stop();
    place.database().assert_whole();
}

#[test]
fn a_log_that_is_removed_or_replaced_costs_nothing_that_was_answered() {
    let harms: [(Harm, &str); 2] = [
        (
            |files| fs::remove_file(&files.log).unwrap(),
            "tidings.db-wal was removed",
        ),
        (
            |files| {
                let other = files.log.with_extension("other");
                fs::write(&other, "").unwrap();
                fs::rename(&other, &files.log).unwrap();
            },
            "tidings.db-wal was replaced",
        ),
    ];
    for (harm, fault) in harms {
        let Some((place, files)) = place() else { return };
        let mut server = Server::start(&place);
        let tried = harm_under_load(&server, &files, harm);
        tried.refused.iter().for_each(assert_unavailable);
        assert!(tried.made.len() > 100);
        assert_refuses(&server, fault);
        server.stop();
        let mut server = Server::start(&place);
        // Refused messages may or may not be recorded; their clients resend them.
        let shown = load::all_messages(server.address, "p1");
        for (id, message) in &tried.made {
            assert_eq!(
                shown.get(id),
                Some(message),
                "{fault}: a message that was answered with 201"
            );
        }
        server.stop();
        place.database().assert_whole();
    }
}

/// A restored database may come with its own log, which the old server must not remove.
#[test]
fn the_log_that_came_with_another_database_is_left_alone() {
    let Some((place, files)) = place() else { return };
    let mut other = Server::start(&place);
    let made = other.connect().post("p1", &load::batch(7)).unwrap();
    assert_eq!(made.status, 201);
    other.kill();
    let kept = [place.path("kept.db"), place.path("kept.db-wal")];
    fs::rename(&files.database, &kept[0]).unwrap();
    fs::rename(&files.log, &kept[1]).unwrap();
    assert!(size(&kept[1]) > 0, "its messages are in the log");
    fs::remove_file(place.path("tidings.db-shm")).unwrap();

    let mut server = Server::start(&place);
    server.connect().post("p1", &load::batch(8)).unwrap();
    fs::rename(&kept[1], &files.log).unwrap();
    fs::rename(&kept[0], &files.database).unwrap();
    fs::remove_file(place.path("tidings.db-shm")).unwrap();
    wait_for("the refusal", || {
        let status = server.connect().get("/v3/p1/messages").unwrap().status;
        (status == 503).then_some(())
    });
    server.stop();
    let mut server = Server::start(&place);
    let shown = load::all_messages(server.address, "p1");
    assert_eq!(shown.len(), load::BATCH, "those of the other database");
    let made = made.json()["messages"][0]["id"].as_str().unwrap().to_owned();
    assert!(shown.contains_key(&made));
    server.stop();
    place.database().assert_whole();
}

/// Commands open the same files in their own processes.
#[test]
fn a_purge_whose_database_is_replaced_says_so_and_fails() {
    let Some((place, files)) = place() else { return };
    place.import_expired(0, 200);
    place.succeed(&["db", "backup", as_text(&files.backup)]);
    let purge = place.start(&["purge", "--batch-size", "1", "--pause", "0.05"]);
    wait_for("the first batch", || {
        (place.database().count("messages") < 195).then_some(())
    });
    fs::rename(&files.backup, &files.database).unwrap();
    let purged = super::place::finish(purge);
    assert_eq!(purged.code, Some(69), "{purged:?}");
    assert!(
        purged.err.contains("tidings.db was replaced while it was in use"),
        "{purged:?}"
    );
    assert_eq!(place.database().count("messages"), 200, "the backup is as it was");
    place.database().assert_whole();
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
