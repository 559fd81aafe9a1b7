//! Event streams across servers.

use std::collections::HashSet;

use super::{Connection, Place, Server};

const OPEN: &str = "GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n";

/// Opens a stream and returns the id of its greeting.
fn open(server: &Server, headers: &str) -> (Connection, String) {
    let mut stream = server.connect();
    stream.send(format!("{OPEN}{headers}\r\n")).unwrap();
    let id = next_id(&mut stream);
    (stream, id)
}

fn next_id(stream: &mut Connection) -> String {
    loop {
        if let Some(id) = stream.line().unwrap().strip_prefix("id: ") {
            return id.to_owned();
        }
    }
}

/// Records messages and returns their ids.
fn record(server: &Server, count: usize) -> HashSet<String> {
    let drafts = vec![r#"{"event_id": "VOLUME_000002"}"#; count].join(",");
    let body = format!(r#"{{"messages": [{drafts}]}}"#);
    let answer = server.connect().post("p1", &body).unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json();
    let made = made["messages"].as_array().unwrap();
    made.iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Reads the events of this many messages.
fn take(stream: &mut Connection, count: usize) -> HashSet<String> {
    let ids = (0..count).map(|_| next_id(stream).split_once('-').unwrap().1.to_owned());
    ids.collect()
}

#[test]
fn a_stream_that_saw_no_event_goes_on_with_another_server() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let (mut stream, start) = open(&server, "");
    server.stop();
    stream.wait_for_close().unwrap();
    server = Server::start(&place);
    let missed = record(&server, 1000);
    let (mut stream, _) = open(&server, &format!("Last-Event-ID: {start}\r\n"));
    assert_eq!(take(&mut stream, 1000), missed);
    server.stop();
}

#[test]
fn a_stream_has_what_another_server_writes() {
    let place = Place::new();
    let (mut one, mut two) = (Server::start(&place), Server::start(&place));
    let (mut stream, _) = open(&one, "");
    for _ in 0..3 {
        let written = record(&two, 1000);
        assert_eq!(take(&mut stream, 1000), written);
    }
    one.stop();
    two.stop();
}

#[test]
fn a_client_of_http_1_0_gets_a_stream_without_chunks() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let mut stream = server.connect();
    let head = OPEN.replace("HTTP/1.1", "HTTP/1.0");
    stream
        .send(format!("{head}Connection: keep-alive\r\n\r\n"))
        .unwrap();
    let mut lines = Vec::new();
    while !lines.contains(&": open".to_owned()) {
        lines.push(stream.line().unwrap());
    }
    let end = lines.iter().position(String::is_empty).unwrap();
    let head = lines[..end].join("\n").to_ascii_lowercase();
    assert!(
        !head.contains("transfer-encoding") && !head.contains("content-length"),
        "{head}"
    );
    // It ends with the connection, whatever the client asks for.
    assert!(!head.contains("keep-alive"), "{head}");
    assert_eq!(lines[end + 1], "retry: 2000");
    assert_eq!(record(&server, 1), take(&mut stream, 1));
    server.stop();
    stream.wait_for_close().unwrap();
}
