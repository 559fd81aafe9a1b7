//! Slow clients: each one is given up, and no other client waits for them.

use std::time::{Duration, Instant};

use super::wire::post_head;
use super::{Connection, Place, Server};
use crate::support::{AT_ONCE, let_pass_here};

const IMPATIENT: &str = "[api]\nworkers = 1\nclient_request_timeout = 0.5\nbody_timeout = 0.5\n";

/// The number of clients that do the same at once.
const CLIENTS: usize = 100;

fn start() -> (Place, Server) {
    let place = Place::with(IMPATIENT);
    let server = Server::start(&place);
    (place, server)
}

/// Connects clients that sent this and no more. The server must serve others meanwhile.
fn stuck(server: &Server, sent: &str) -> Vec<Connection> {
    let clients = (0..CLIENTS).map(|_| {
        let mut client = server.connect();
        client.send(sent).unwrap();
        client
    });
    let clients = clients.collect();
    let started = Instant::now();
    let mut busy = server.connect();
    assert_eq!(busy.get("/v3/p1/messages").unwrap().status, 200);
    assert_eq!(
        busy.post("p1", r#"{"message": {"event_id": "VOLUME_000002"}}"#)
            .unwrap()
            .status,
        201
    );
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    clients
}

#[test]
fn a_head_that_never_ends_is_given_up() {
    let (_place, mut server) = start();
    for sent in ["", "GET /v3/p1/messages HTTP/1.1\r\nHost: localho"] {
        for mut client in stuck(&server, sent) {
            let answer = client.answer().unwrap();
            assert_eq!(
                (answer.status, answer.fault().as_str()),
                (408, "computeFault"),
                "{sent:?}"
            );
            client.wait_for_close().unwrap();
        }
    }
    server.stop();
}

#[test]
fn a_head_that_comes_in_drops_is_given_up() {
    let (_place, mut server) = start();
    let mut client = server.connect();
    client
        .send("GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\n")
        .unwrap();
    let drops = (0..100).find(|_| {
        let_pass_here(Duration::from_millis(50));
        client.send("X-More: 1\r\n").is_err()
    });
    assert!(drops.is_some(), "taken for five seconds");
    server.stop();
}

#[test]
fn a_body_that_never_ends_is_given_up() {
    let (_place, mut server) = start();
    let mut last = Vec::new();
    for (length, start) in [
        ("Content-Length: 500", "{"),
        ("Transfer-Encoding: chunked", "1\r\n{\r\n"),
    ] {
        let mut clients = stuck(&server, &(post_head("p1", &format!("{length}\r\n")) + start));
        for client in &mut clients {
            let answer = client.answer().unwrap();
            assert_eq!(
                (answer.status, answer.fault().as_str()),
                (408, "computeFault"),
                "{length}"
            );
            assert_eq!(answer.headers["connection"], "close", "{length}");
        }
        last.extend(clients.pop());
    }
    for mut client in last {
        client.wait_for_close().unwrap();
    }
    server.stop();
}
