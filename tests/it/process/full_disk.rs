//! A disk filled to the brim, with the database on it: a tmpfs of its own, which only root can mount.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::place::as_text;
use super::{Connection, Ledger, Load, Place, Server, load, wait_for};

const SIZE: usize = 64 << 20;

#[test]
fn a_full_disk_stops_the_writers_only_and_only_until_there_is_space() {
    let mut place = Place::new();
    let Some(disk) = Disk::mount(place.path("disk")) else {
        return skip("a tmpfs cannot be mounted here");
    };
    place.move_database(disk.folder.join("tidings.db"));
    let mut server = Server::start(&place);
    let mut ledger = Ledger::default();
    // The first time with room for a while, so that the log's way into the database meets the end of the disk, too.
    for room in [24 << 20, 1 << 20, 0] {
        disk.fill(room);
        ledger.take(write_until_refused(&server));
        disk.fill(0);
        ledger.take(assert_reads_only(&server, &ledger));
        disk.empty();
        ledger.repeat(server.address, "p1");
        let answer = server.connect().post("p1", &load::batch(usize::from(room == 0))).unwrap();
        assert_eq!(answer.status, 201, "as soon as there is space: {answer:?}");
    }
    ledger.assert_kept(server.address, "p1");
    server.stop();
    place.database().assert_whole();
}
