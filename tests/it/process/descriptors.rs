//! A low limit of open files.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Instant;

use super::place::finish;
use super::{Connection, Place, SOON, Server};
use crate::support::Fresh;

const TWO_WORKERS: &str = "[api]\nworkers = 2\n";

/// The threads of a server.
fn threads(server: &Server) -> BTreeSet<String> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.child.id())).unwrap();
    tasks
        .map(|task| task.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn clients_beyond_the_limit_wait_and_no_thread_ends() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::with(TWO_WORKERS);
    let mut server = Server::start_limited(&place, 60);
    assert_eq!(server.connect().get("/v3/p1/messages").unwrap().status, 200);
    let threads_before = threads(&server);
    for _ in 0..3 {
        let mut clients: Vec<Connection> = (0..100).map(|_| server.connect()).collect();
        for client in &mut clients {
            client
                .send("GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .unwrap();
        }
        assert_eq!(clients[0].answer().unwrap().status, 200);
        // If connections took all descriptors, the database could not be written now.
        let body = r#"{"message": {"event_id": "VOLUME_000002"}}"#;
        assert_eq!(clients[0].post("p1", body).unwrap().status, 201);
        server.signal("HUP");
        drop(clients);
        let left = Instant::now();
        assert_eq!(server.connect().get("/v3/p1/messages").unwrap().status, 200);
        assert!(left.elapsed() < SOON / 4, "{:?}", left.elapsed());
        assert!(threads(&server).is_superset(&threads_before));
    }
    server.stop();
}

#[test]
fn a_limit_too_low_for_a_server_is_refused_before_it_starts() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::with(TWO_WORKERS);
    for files in [12, 16, 28] {
        let mut command = place.limited_command(files, &["serve", "--bind", "127.0.0.1:0"]);
        let started = Instant::now();
        let finished = finish(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        assert_eq!(finished.code, Some(78), "{finished:?}");
        assert!(
            finished.err.contains("the limit of open files (ulimit -n) is"),
            "{finished:?}"
        );
        assert!(started.elapsed() < SOON / 2);
    }
}
