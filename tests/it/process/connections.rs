//! Connections whose clients stop participating: how long they are kept, and how much they may hold.

use std::net::Shutdown;
use std::time::{Duration, Instant};

use super::wire::post_head;
use super::{Connection, Place, SOON, Server, wait_for};
use crate::support::{AT_ONCE, let_pass_here};

const IMPATIENT: &str =
    "[api]\nworkers = 1\nclient_request_timeout = 1\nwrite_timeout = 1\nmax_streams_per_project = 20\n";

const STREAM: &str = "GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";

const LIST: &str = "GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn start() -> (Place, Server) {
    let place = Place::with(IMPATIENT);
    let server = Server::start(&place);
    (place, server)
}

/// Fills the largest page.
fn fill(server: &Server) {
    let drafts = vec![r#"{"event_id": "VOLUME_000002"}"#; 1000].join(",");
    let answer = server
        .connect()
        .post("p1", &format!(r#"{{"messages": [{drafts}]}}"#))
        .unwrap();
    assert_eq!(answer.status, 201);
}

/// Opens an event stream, or returns the status of its refusal.
fn open(server: &Server) -> Result<Connection, u16> {
    let mut stream = server.connect();
    stream.send(STREAM).unwrap();
    let status = stream.line().unwrap();
    if status != "HTTP/1.1 200 OK" {
        return Err(status.split(' ').nth(1).unwrap().parse().unwrap());
    }
    while stream.line().unwrap() != ": open" {}
    Ok(stream)
}

/// Returns how many streams the server has open.
fn streams(server: &Server) -> u64 {
    figure(server, "tidings_streams_open ")
}

fn figure(server: &Server, name: &str) -> u64 {
    let figures = server.connect().get("/metrics").unwrap().body;
    let line = figures.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().parse().unwrap()
}

/// Returns the resident memory of the process, in bytes.
fn memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// Connects clients that send this and do not read yet.
fn deaf(server: &Server, count: usize, sent: &str) -> Vec<Connection> {
    let clients = (0..count).map(|_| {
        let mut client = server.connect();
        client.send(sent).unwrap();
        client
    });
    clients.collect()
}

#[test]
fn the_place_of_a_closed_stream_is_free_at_once() {
    let (_place, mut server) = start();
    for _ in 0..3 {
        let clients: Vec<_> = (0..20).map(|_| open(&server).ok().unwrap()).collect();
        assert_eq!(open(&server).err(), Some(429));
        let closed = Instant::now();
        drop(clients);
        wait_for("a free place", || (streams(&server) == 0).then_some(()));
        assert!(closed.elapsed() < AT_ONCE, "{:?}", closed.elapsed());
    }
    server.stop();
}

#[test]
fn a_stream_whose_client_sends_more_is_still_seen_to_close() {
    let (_place, mut server) = start();
    let mut stream = open(&server).ok().unwrap();
    stream.send(LIST.repeat(1000)).unwrap();
    assert_eq!(streams(&server), 1);
    drop(stream);
    wait_for("a free place", || (streams(&server) == 0).then_some(()));
    server.stop();
}

#[test]
fn a_client_that_closed_its_half_is_answered() {
    let (_place, mut server) = start();
    fill(&server);
    let body = r#"{"message": {"event_id": "VOLUME_000002"}}"#;
    let post = post_head("p1", &format!("Content-Length: {}\r\n", body.len())) + body;
    for (request, status) in [(LIST, 200), (post.as_str(), 201)] {
        let mut client = server.connect();
        client.send(request).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.answer().unwrap().status, status);
        client.wait_for_close().unwrap();
    }
    server.stop();
}

#[test]
fn every_head_of_a_connection_has_to_come_in_time() {
    let (_place, mut server) = start();
    for start in ["GET /v3 HTTP/1.1\r\nHost: localho", "\r\nG", "POST"] {
        let mut client = server.connect();
        assert_eq!(client.get("/v3/p1/messages").unwrap().status, 200);
        let began = Instant::now();
        client.send(start).unwrap();
        wait_for("the end of the connection", || client.send("x").err());
        assert!(
            began.elapsed() >= Duration::from_millis(900),
            "{:?}",
            began.elapsed()
        );
    }
    server.stop();
}

#[test]
fn a_head_that_begins_with_empty_lines_has_to_come_in_time_too() {
    let (_place, mut server) = start();
    for start in ["\r\n", "\n", "\r"] {
        let mut client = server.connect();
        assert_eq!(client.get("/v3/p1/messages").unwrap().status, 200);
        let began = Instant::now();
        client.send(start).unwrap();
        client.wait_for_close().unwrap();
        assert!(
            began.elapsed() >= Duration::from_millis(900),
            "{:?}",
            began.elapsed()
        );
    }
    server.stop();
}

#[test]
fn a_connection_may_rest_between_requests() {
    let (_place, mut server) = start();
    let mut client = server.connect();
    let mut stream = open(&server).ok().unwrap();
    for _ in 0..2 {
        assert_eq!(client.get("/v3/p1/messages").unwrap().status, 200);
        // Longer than any time limit.
        let_pass_here(Duration::from_millis(1500));
    }
    fill(&server);
    assert!(stream.line().is_ok());
    server.stop();
}

#[test]
fn requests_sent_at_once_are_answered_in_turn() {
    let (_place, mut server) = start();
    let chunked = post_head("p1", "Transfer-Encoding: chunked\r\n");
    let body = format!(
        r#"{{"message": {{"event_id": "VOLUME_000002"}}{}}}"#,
        " ".repeat(1000)
    );
    let chunked = format!("{chunked}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let plain = post_head("p1", &format!("Content-Length: {}\r\n", body.len())) + &body;
    let mut client = server.connect();
    let rounds = 20;
    client
        .send(
            [LIST, chunked.as_str(), LIST, plain.as_str()]
                .concat()
                .repeat(rounds),
        )
        .unwrap();
    for round in 0..rounds {
        for (messages, status) in [(2 * round, 200), (0, 201), (2 * round + 1, 200), (0, 201)] {
            let answer = client.answer().unwrap();
            assert_eq!(answer.status, status);
            if status == 200 {
                assert_eq!(answer.json()["messages"].as_array().unwrap().len(), messages);
            }
        }
    }
    server.stop();
}

#[test]
fn unread_answers_are_given_up() {
    let (_place, mut server) = start();
    fill(&server);
    for mut client in deaf(&server, 5, &LIST.repeat(100)) {
        let sent = Instant::now();
        wait_for("the end of the connection", || client.send(LIST).err());
        assert!(sent.elapsed() < SOON / 2, "{:?}", sent.elapsed());
    }
    server.stop();
}

#[test]
fn a_client_that_reads_slowly_gets_its_answer() {
    let (_place, mut server) = start();
    fill(&server);
    let mut client = server.connect();
    client.read_slowly(Duration::from_millis(100));
    let answer = client.get("/v3/p1/messages").unwrap();
    assert_eq!(answer.json()["messages"].as_array().unwrap().len(), 1000);
    server.stop();
}

#[test]
fn requests_with_unread_answers_hold_little() {
    let place = Place::with("[api]\nworkers = 1\n");
    let mut server = Server::start(&place);
    fill(&server);
    let before = memory(&server);
    let requests = "GET /v3/p1/messages?limit=10 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    let mut clients = deaf(&server, 60, &requests);
    for client in &mut clients {
        assert_eq!(client.line().unwrap(), "HTTP/1.1 200 OK");
    }
    let held = memory(&server).saturating_sub(before) / clients.len();
    // A hundred pipelined requests that wait inside the framework hold two or three times that.
    assert!(held < 250 << 10, "{held} bytes each");
    drop(clients);
    server.stop();
}
