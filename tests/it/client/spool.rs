//! Messages while there is no server: the spool, restarts, bounds, damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tidings_client::{Auth, Error, Recorder};

use super::server::{Reply, Server};
use super::{NOBODY, PROJECT, SOON, builder, eventually, message, record_all};
use crate::support::let_pass_here;

/// Returns the files of the spool with this extension.
pub fn spool_files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|item| item.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

#[test]
fn what_a_dead_server_misses_is_delivered_once_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let recorder = builder(NOBODY).spool(dir.path()).build().unwrap();
    record_all(&recorder, &["a", "b"]);
    assert!(
        recorder.flush(Duration::from_millis(200)),
        "on disk is out of danger"
    );
    assert_eq!(recorder.stats().spooled, 2);
    record_all(&recorder, &["c"]);
    drop(recorder);

    let server = Server::start();
    let recorder = builder(&server.endpoint()).spool(dir.path()).build().unwrap();
    record_all(&recorder, &["d"]);
    eventually(|| recorder.stats().delivered == 4);
    assert_eq!(server.state().resources(), ["a", "b", "c", "d"]);
    let stats = recorder.stats();
    assert_eq!(
        (stats.recorded, stats.restored, stats.spooled, stats.dropped),
        (1, 3, 0, 0)
    );
    drop(recorder);
    assert!(spool_files(dir.path(), "batch").is_empty());
}

#[test]
fn an_answer_lost_at_the_end_doubles_nothing_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let server = Server::start_with(|state| state.script.extend([Reply::LoseAnswer, Reply::Hang]));
    let build = || builder(&server.endpoint()).spool(dir.path()).build().unwrap();
    let recorder = build();
    record_all(&recorder, &["a"]);
    eventually(|| server.state().requests.len() == 2);
    drop(recorder);

    let recorder = build();
    eventually(|| recorder.stats().delivered == 1);
    assert_eq!(server.state().resources(), ["a"]);
    let state = server.state();
    assert!(
        state
            .requests
            .iter()
            .all(|request| request.key == state.requests[0].key)
    );
}

#[test]
fn a_request_under_way_at_the_end_is_saved() {
    let dir = TempDir::new().unwrap();
    let server = Server::start_with(|state| state.script.push_back(Reply::Hang));
    let recorder = builder(&server.endpoint()).spool(dir.path()).build().unwrap();
    record_all(&recorder, &["a"]);
    eventually(|| server.state().requests.len() == 1);
    drop(recorder);
    assert_eq!(spool_files(dir.path(), "batch").len(), 1);
}

#[test]
fn spool_and_queue_are_bounded_and_every_message_is_accounted_for() {
    let dir = TempDir::new().unwrap();
    let recorder = builder(NOBODY)
        .spool(dir.path())
        .spool_bytes(3 * 4096)
        .queue(5)
        .batch_size(1)
        .build()
        .unwrap();
    for number in 0..100 {
        recorder.record(PROJECT, message(&number.to_string()));
        let_pass_here(Duration::from_millis(1));
    }
    eventually(|| recorder.stats().spooled == 3);
    assert!(
        !recorder.flush(Duration::from_millis(50)),
        "not all of it is out of memory"
    );
    let stats = recorder.stats();
    assert_eq!(
        (stats.recorded, stats.spooled, stats.pending, stats.dropped),
        (100, 3, 5, 92)
    );
    assert_eq!(spool_files(dir.path(), "batch").len(), 3);
}

#[test]
fn a_damaged_spool_file_is_set_aside_and_the_others_are_sent() {
    let dir = TempDir::new().unwrap();
    let recorder = builder(NOBODY).spool(dir.path()).batch_size(1).build().unwrap();
    record_all(&recorder, &["a", "b", "c"]);
    assert!(recorder.flush(SOON));
    drop(recorder);
    let mut files = spool_files(dir.path(), "batch");
    files.sort();
    assert_eq!(files.len(), 3);
    let whole = fs::read(&files[0]).unwrap();
    fs::write(&files[0], &whole[..whole.len() - 2]).unwrap();
    fs::write(dir.path().join("00000000000000000099.batch"), "something else").unwrap();

    let server = Server::start();
    let recorder = builder(&server.endpoint()).spool(dir.path()).build().unwrap();
    eventually(|| recorder.stats().delivered == 2);
    assert_eq!(server.state().resources(), ["b", "c"]);
    let stats = recorder.stats();
    assert_eq!((stats.restored, stats.dropped, stats.spooled), (3, 1, 0));
    assert_eq!(spool_files(dir.path(), "corrupt").len(), 2);
}

#[test]
fn two_recorders_cannot_share_a_spool() {
    let dir = TempDir::new().unwrap();
    let first = builder(NOBODY).spool(dir.path()).build().unwrap();
    let second = builder(NOBODY).spool(dir.path()).build();
    assert!(matches!(second, Err(Error::SpoolBusy(_))));
    drop(first);
    builder(NOBODY).spool(dir.path()).build().unwrap();
}

#[test]
fn the_token_is_shown_nowhere() {
    let dir = TempDir::new().unwrap();
    let builder = Recorder::builder(NOBODY, Auth::Token("gAAAAA-secret".into())).spool(dir.path());
    assert!(!format!("{builder:?}").contains("secret"));
    let recorder = builder.build().unwrap();
    assert!(!format!("{recorder:?}").contains("secret"));
    record_all(&recorder, &["a"]);
    assert!(recorder.flush(SOON));
    let files = spool_files(dir.path(), "batch");
    assert_eq!(files.len(), 1);
    assert!(!fs::read_to_string(&files[0]).unwrap().contains("secret"));
}
