//! A full disk with the database on it: a separate tmpfs, which only root can mount.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::place::as_text;
use super::{Ledger, Load, Place, Server, load, wait_for};
use crate::support::Fresh;

const MIB: usize = 1 << 20;

/// Larger than the clients' message numbers.
const FAR: usize = 1 << 31;

/// How many clients write while the disk fills up.
const CLIENTS: usize = 8;

#[test]
fn a_full_disk_stops_only_writers_and_only_until_there_is_space() {
    if Fresh::is_remote() {
        return;
    }
    let mut place = Place::new();
    let Some(disk) = Disk::mount(place.path("disk")) else {
        return skip("a tmpfs cannot be mounted here");
    };
    place.move_database(&disk.folder.join("tidings.db"));
    let mut server = Server::start(&place);
    let mut ledger = Ledger::default();
    let work = Load::default();
    // The first time with some space left, so that a checkpoint also hits the end of the disk.
    for room in [18 * MIB, MIB / 2, 0] {
        disk.fill_but(room);
        let mut tried = work.run(server.address, "p1", CLIENTS);
        disk.fill_but(0);
        tried.take(work.run(server.address, "p1", CLIENTS));
        delete_until_refused(&server, &mut tried);
        assert_refusals(&tried);
        let shown = load::all_messages(server.address, "p1");
        assert!(
            tried.made.keys().all(|id| shown.contains_key(id)),
            "reading goes on"
        );
        ledger.take(tried);

        disk.empty();
        let answer = server.connect().post("p1", &load::batch(FAR + room)).unwrap();
        assert_eq!(answer.status, 201, "as soon as there is space: {answer:?}");
        ledger.note(answer);
    }
    assert!(!ledger.made.is_empty());
    ledger.assert_kept(server.address, "p1");
    server.stop();
    place.database().assert_whole();
}

/// Repeated failures are logged once a minute: the log may be on the same disk.
#[test]
fn a_full_disk_does_not_fill_the_log() {
    if Fresh::is_remote() {
        return;
    }
    let mut place = Place::with("[database]\nwal_limit = 1048576\n");
    let Some(disk) = Disk::mount(place.path("disk")) else {
        return skip("a tmpfs cannot be mounted here");
    };
    place.move_database(&disk.folder.join("tidings.db"));
    let mut server = Server::start(&place);
    let mut client = server.connect();
    let log = disk.folder.join("tidings.db-wal");
    let mut reader = place.database();
    reader.execute("BEGIN");
    reader.count("messages");
    let mut number = 0;
    while fs::metadata(&log).unwrap().len() < 2 * MIB as u64 {
        number += 1;
        assert_eq!(client.post("p1", &load::batch(number)).unwrap().status, 201);
    }
    disk.fill_but(0);
    reader.execute("COMMIT");
    let told = |what: &str| server.log().matches(what).count();
    wait_for("a checkpoint that fails", || {
        (told("could not be moved into the database") > 0).then_some(())
    });
    // Without the limit, these seconds would bring more than one of each.
    let started = Instant::now();
    let mut refused = 0;
    while refused < 20 || started.elapsed() < Duration::from_secs(3) {
        refused += usize::from(client.post("p1", &load::batch(FAR)).unwrap().status == 503);
    }
    assert_eq!(told("could not be moved into the database"), 1);
    assert_eq!(told("a commit failed"), 1);
    disk.empty();
    wait_for("the end of the log", || {
        (fs::metadata(&log).unwrap().len() <= MIB as u64).then_some(())
    });
    assert_eq!(client.post("p1", &load::batch(FAR)).unwrap().status, 201);
    server.stop();
    place.database().assert_whole();
}

/// Even deleting needs space first. Batches are left alone and checked later for completeness.
fn delete_until_refused(server: &Server, ledger: &mut Ledger) {
    let mut client = server.connect();
    let is_single = |message: &Value| {
        message["resource_uuid"]
            .as_str()
            .unwrap()
            .ends_with("-000000000000")
    };
    let singles = ledger.made.iter().filter(|(_, message)| is_single(message));
    for id in singles.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
        let answer = client.delete("p1", &id).unwrap();
        if answer.status != 204 {
            return ledger.refused.push(answer);
        }
        ledger.made.remove(&id);
    }
}

#[track_caller]
fn assert_refusals(ledger: &Ledger) {
    assert_eq!(
        ledger.lost + ledger.unanswered.len(),
        0,
        "every request is answered"
    );
    assert!(ledger.refused.len() >= CLIENTS);
    for answer in &ledger.refused {
        assert_eq!(
            (answer.status, answer.fault().as_str()),
            (503, "serviceUnavailable"),
            "{answer:?}"
        );
        assert!(answer.headers["retry-after"].parse::<u32>().is_ok(), "{answer:?}");
    }
}

#[expect(
    clippy::print_stderr,
    reason = "who reads the output is to know what was not tested"
)]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// A file system of 64 MiB, unmounted when dropped.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn mount(folder: PathBuf) -> Option<Self> {
        fs::create_dir(&folder).unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=64m", "tidings-test", as_text(&folder)];
        let is_mounted = Command::new("mount")
            .args(mount)
            .output()
            .is_ok_and(|output| output.status.success());
        is_mounted.then_some(Self { folder })
    }

    /// Leaves this much space; with 0, not a byte.
    fn fill_but(&self, room: usize) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.filler())
            .unwrap();
        while file.write(&[0; 4096]).is_ok() {}
        let size = file.metadata().unwrap().len();
        file.set_len(size - u64::try_from(room).unwrap()).unwrap();
    }

    fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: after a failure the server may still run.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
