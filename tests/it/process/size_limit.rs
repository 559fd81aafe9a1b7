//! The file size limit of a process (`ulimit -f`): like a full disk, it prevents writing while it lasts and ends
//! nothing.

use std::process::{Command, Stdio};

use super::place::finish;
use super::{Ledger, Load, Place, Server, load};
use crate::support::Fresh;

const CLIENTS: usize = 8;

/// Sets the file size limit of a running process, in bytes.
fn limit(server: &Server, bytes: &str) -> bool {
    let size = format!("--fsize={bytes}:unlimited");
    let pid = server.child.id().to_string();
    Command::new("prlimit")
        .args(["--pid", &pid, &size])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_file_that_may_not_grow_stops_only_writers_and_only_until_it_may() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::new();
    let mut server = Server::start(&place);
    server.connect().post("p1", &load::batch(0)).unwrap();
    assert!(limit(&server, "2000000"), "prlimit, of util-linux, is needed");
    let mut ledger = Ledger::default();
    ledger.take(Load::default().run(server.address, "p1", CLIENTS));
    assert!(!ledger.made.is_empty());
    assert_eq!(
        ledger.lost + ledger.unanswered.len(),
        0,
        "every request is answered"
    );
    assert_eq!(ledger.refused.len(), CLIENTS);
    for answer in &ledger.refused {
        let form = (answer.status, answer.fault());
        assert_eq!(form, (503, "serviceUnavailable".to_owned()), "{answer:?}");
        assert!(answer.headers["retry-after"].parse::<u32>().is_ok(), "{answer:?}");
    }
    let shown = load::all_messages(server.address, "p1");
    assert!(
        ledger.made.keys().all(|id| shown.contains_key(id)),
        "reading goes on"
    );

    assert!(limit(&server, "unlimited"));
    let answer = server.connect().post("p1", &load::batch(1 << 30)).unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    server.stop();
    place.database().assert_whole();
}

#[test]
fn a_command_that_may_write_no_more_says_so() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::new();
    place.import_expired(0, 2000);
    for (arguments, code) in [
        (vec!["db", "backup", "copy.db"], 69),
        (vec!["message", "export"], 74),
    ] {
        let program = place.command(&arguments);
        let mut limited = Command::new("sh");
        // In blocks of 512 bytes, or of 1024.
        limited.args(["-c", "ulimit -f 100; exec \"$@\" > out", "sh"]);
        limited.arg(program.get_program()).args(program.get_args());
        limited.envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        limited.current_dir(place.path(""));
        let ran = finish(
            limited
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with("tidings: "), "{ran:?}");
    }
    assert!(!place.path("copy.db").exists() && !place.path("copy.db.partial").exists());
}
