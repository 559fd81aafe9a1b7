//! What prevents the program from starting, and its error messages.

use std::fs;
use std::net::TcpListener;

use super::place::{Finished, Place};
use crate::cli::CREATE;
use crate::support::Fresh;

#[track_caller]
fn assert_refused(finished: &Finished, code: i32, words: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.out, "", "{finished:?}");
    let last = finished
        .err
        .lines()
        .filter(|line| line.starts_with("tidings: "))
        .count();
    assert_eq!(last, 1, "{finished:?}");
    for word in words {
        assert!(finished.err.contains(word), "{word}: {finished:?}");
    }
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    place.make_ready();
    let finished = place.run(&["serve", "--bind", &address]);
    assert_refused(&finished, 69, &[&format!("cannot listen on {address}"), "in use"]);
}

#[test]
fn a_configuration_with_faults_names_them_all() {
    let place = Place::with("[api]\nbind = nowhere\nmax_limit = many\n[purge]\ninterval = -1\n");
    let words = ["bind", "max_limit", "interval"];
    let finished = place.run(&["serve"]);
    assert_refused(&finished, 78, &words);
    assert_eq!(finished.err.lines().count(), 4, "each once: {finished:?}");
    assert_refused(&place.run(&["purge"]), 78, &words);
    assert!(!place.path("tidings.db").exists(), "nothing is begun");
}

#[test]
fn a_configuration_file_that_is_not_there() {
    let place = Place::new();
    fs::remove_file(place.path("tidings.conf")).unwrap();
    assert_refused(&place.run(&["serve"]), 78, &["tidings.conf"]);
}

#[test]
fn a_database_that_cannot_be_opened() {
    let mut place = Place::new();
    for hopeless in [
        place.path("no/such/folder/tidings.db"),
        place.path(""),
        "/proc/tidings.db".into(),
    ] {
        place.move_database(&hopeless);
        for arguments in [
            &["serve"][..],
            &["message", "list", "--project", "p1"],
            &["purge"],
            &["db", "migrate"],
        ] {
            assert_refused(&place.run(arguments), 69, &[hopeless.to_str().unwrap()]);
        }
    }
}

#[test]
fn a_file_that_is_no_database() {
    let mut place = Place::new();
    place.move_database(&place.path("tidings.db"));
    fs::write(place.path("tidings.db"), "a shopping list, not a database").unwrap();
    assert_refused(&place.run(&["serve"]), 70, &["not a database"]);
    let kept = fs::read_to_string(place.path("tidings.db")).unwrap();
    assert_eq!(kept, "a shopping list, not a database");
}

#[test]
fn a_database_that_a_newer_program_made() {
    let place = Place::new();
    place.succeed(&["db", "migrate"]);
    place
        .database()
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    for arguments in [
        &["serve"][..],
        &["purge"],
        &["message", "list", "--project", "p1"],
        &["db", "migrate"],
    ] {
        assert_refused(
            &place.run(arguments),
            70,
            &["newer than this program", "29990101000000"],
        );
    }
    let status = place.run(&["db", "status"]);
    assert_eq!(status.code, Some(70), "{status:?}");
    assert!(status.out.contains("unknown"), "{status:?}");
}

#[test]
fn a_database_without_a_schema() {
    let place = Place::new();
    if !Fresh::is_remote() {
        fs::File::create(place.path("tidings.db")).unwrap();
    }
    for arguments in [&["message", "list", "--project", "p1"][..], &CREATE, &["purge"]] {
        assert_refused(&place.run(arguments), 70, &["tidings db migrate"]);
    }
    // Servers do not migrate a database that others share.
    let more = if Fresh::is_remote() {
        &["serve"][..]
    } else {
        &["db", "backup", "copy"]
    };
    assert_refused(&place.run(more), 70, &["tidings db migrate"]);
}

#[test]
fn keys_that_cannot_be_read() {
    let place = Place::new();
    place.make_ready();
    // Root may read any file, but not a folder.
    let keys = place.path("secrets.key");
    fs::create_dir(&keys).unwrap();
    place.configure(&format!("[secrets]\nkey_file = {}\n", keys.display()));
    let words = ["[secrets] key_file: ", "secrets.key cannot be read or created"];
    assert_refused(&place.run(&["serve", "--bind", "127.0.0.1:0"]), 78, &words);
}

#[test]
fn a_log_file_that_cannot_be_opened() {
    let place = Place::with("[DEFAULT]\nlog_file = no/such/folder/log\n");
    assert_refused(&place.run(&["serve"]), 73, &["no/such/folder/log"]);
}
