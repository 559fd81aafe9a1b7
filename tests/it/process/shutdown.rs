//! SIGTERM during work: work in progress is finished, and nothing new is started.

use std::thread;
use std::time::Duration;

use super::wire::post_head;
use super::{Connection, Ledger, Load, Place, Server, load, wait_for};
use crate::support::{AT_ONCE, let_pass_here};

#[test]
fn requests_in_flight_are_answered_and_kept() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let address = server.address;
    let work = Load::default();
    let mut ledger = Ledger::default();

    let body = load::batch(1 << 31);
    let (first, rest) = body.split_at(body.len() / 2);
    let mut upload = server.connect();
    upload
        .send(post_head("p1", &format!("Content-Length: {}\r\n", body.len())) + first)
        .unwrap();

    ledger.take(thread::scope(|scope| {
        let clients = scope.spawn(|| work.run(address, "p1", 16));
        wait_for("answers", || (work.answered() > 100).then_some(()));
        server.signal("TERM");
        clients.join().unwrap()
    }));
    assert!(
        ledger.refused.is_empty(),
        "a request that is not taken gets no answer: {:?}",
        ledger.refused
    );
    wait_for("the end of listening", || Connection::open(address).err());

    upload.send(rest).unwrap();
    let answer = upload.answer().unwrap();
    assert_eq!(answer.status, 201, "an upload under way: {answer:?}");
    ledger.note(answer);
    let (code, took) = server.wait();
    assert_eq!(code, Some(0));
    assert!(took < AT_ONCE, "{took:?} after the last answer");

    let mut server = Server::start(&place);
    ledger.repeat(server.address, "p1");
    ledger.assert_kept(server.address, "p1");
    server.stop();
}

#[test]
fn streams_and_idle_connections_do_not_hold_a_server_up() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let mut stream = server.connect();
    stream
        .send("GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        .unwrap();
    wait_for("the stream's first line", || {
        (stream.line().unwrap() == ": open").then_some(())
    });
    let mut used = server.connect();
    assert_eq!(used.get("/healthcheck").unwrap().status, 200);
    let mut silent = server.connect();

    server.signal("TERM");
    for connection in [&mut stream, &mut used, &mut silent] {
        connection.wait_for_close().unwrap();
    }
    let (code, took) = server.wait();
    assert_eq!(code, Some(0));
    assert!(took < AT_ONCE, "{took:?} although no caller was waiting");
}

#[test]
fn a_request_that_does_not_end_is_waited_for_so_long_only() {
    let mut server = Server::start(&Place::with("[api]\nshutdown_timeout = 0.2\n"));
    let mut upload = server.connect();
    upload.send(post_head("p1", "Content-Length: 100\r\n")).unwrap();
    wait_for("the upload", || {
        let figures = server.connect().get("/metrics").unwrap().body;
        figures.contains("requests_in_flight 2").then_some(())
    });
    server.signal("TERM");
    let (code, took) = server.wait();
    assert_eq!(code, Some(0));
    // The framework counts whole seconds, and each worker begins anew.
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn sigint_stops_a_server_too() {
    let mut server = Server::start(&Place::new());
    server.signal("INT");
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn a_second_signal_ends_a_server_at_once() {
    for (first, second, code) in [("TERM", "TERM", 143), ("INT", "INT", 130), ("TERM", "INT", 130)] {
        let mut server = Server::start(&Place::new());
        let mut upload = server.connect();
        upload.send(post_head("p1", "Content-Length: 100\r\n")).unwrap();
        wait_for("the upload", || {
            let figures = server.connect().get("/metrics").unwrap().body;
            figures.contains("requests_in_flight 2").then_some(())
        });
        // The two signals of `timeout` count as one.
        server.signal_twice(first);
        let_pass_here(Duration::from_millis(500));
        assert_eq!(server.child.try_wait().unwrap(), None, "the upload is waited for");
        server.signal(second);
        let (found, took) = server.wait();
        assert_eq!(found, Some(code));
        assert!(took < AT_ONCE, "{took:?}");
    }
}
