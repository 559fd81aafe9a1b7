//! Permissions of created files: owner only, regardless of the umask; a backup has the permissions of the original.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use super::place::as_text;
use super::{Place, Server, load};
use crate::support::Fresh;

/// Runs the program to its end with a umask.
#[track_caller]
fn run_with(umask: &str, place: &Place, arguments: &[&str]) {
    let program = place.command(arguments);
    let status = Command::new("sh")
        .args(["-c", &format!("umask {umask}; exec \"$@\" > /dev/null"), "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(place.path(""))
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().mode() & 0o777
}

#[test]
fn a_new_database_is_its_owners_alone_and_so_is_what_stands_beside_it() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::new();
    run_with("000", &place, &["db", "migrate"]);
    let mut server = Server::start(&place);
    server.connect().post("p1", &load::batch(0)).unwrap();
    for file in ["tidings.db", "tidings.db-wal", "tidings.db-shm"] {
        assert_eq!(mode(&place.path(file)), 0o600, "{file}");
    }
    let url = |name: &str| format!("sqlite:///{}", place.path(name).display());
    let (from, to) = (url("tidings.db"), url("other.db"));
    server.stop();
    run_with(
        "000",
        &place,
        &["db", "copy", "--from", &from, "--to", &to, "--migrate"],
    );
    assert_eq!(mode(&place.path("other.db")), 0o600, "the target of a copy");
}

#[test]
fn a_backup_has_the_mode_of_the_original() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::new();
    place.succeed(&["db", "migrate"]);
    for original in [0o600, 0o640, 0o660] {
        fs::set_permissions(place.path("tidings.db"), Permissions::from_mode(original)).unwrap();
        for umask in ["000", "022", "077"] {
            let copy = place.path(&format!("{original:o}-{umask}.db"));
            run_with(umask, &place, &["db", "backup", as_text(&copy)]);
            assert_eq!(mode(&copy), original, "with umask {umask}");
        }
    }
}

#[test]
fn a_database_whose_mode_an_operator_has_chosen_keeps_it() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::new();
    place.succeed(&["db", "migrate"]);
    fs::set_permissions(place.path("tidings.db"), Permissions::from_mode(0o640)).unwrap();
    let mut server = Server::start(&place);
    server.connect().post("p1", &load::batch(0)).unwrap();
    for file in ["tidings.db", "tidings.db-wal", "tidings.db-shm"] {
        assert_eq!(mode(&place.path(file)), 0o640, "{file}");
    }
    server.stop();
}
