//! Oversized requests, and bytes that are not requests.

use super::wire::post_head;
use super::{Connection, Place, Server, wait_for};

/// Returns the answer to `head` followed by 2 MiB of body, in pieces.
fn assert_too_large(server: &Server, head: &str, piece: &str) -> Connection {
    let mut client = server.connect();
    client.send(head).unwrap();
    for _ in 0..(2 << 20) / piece.len() {
        client.send(piece).unwrap();
    }
    let answer = client.answer().unwrap();
    assert_eq!(
        (answer.status, answer.fault().as_str()),
        (413, "overLimit"),
        "{answer:?}"
    );
    assert_eq!(answer.headers["connection"], "close");
    client
}

/// A client that ignores the answer is disconnected.
#[track_caller]
fn assert_cut_off(mut client: Connection, piece: &str) {
    wait_for("the end of the connection", || client.send(piece).err());
}

#[test]
fn an_endless_body_is_refused_and_not_read_for_ever() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let plain = " ".repeat(1 << 14);
    let chunk = format!("{:x}\r\n{plain}\r\n", plain.len());
    let announced = post_head("p1", "Content-Length: 1000000000000\r\n");
    let chunked = post_head("p1", "Transfer-Encoding: chunked\r\n");
    let announced = assert_too_large(&server, &announced, &plain);
    let chunked = assert_too_large(&server, &chunked, &chunk);
    let mut unread = server.connect();
    unread
        .send("GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    assert_eq!(unread.answer().unwrap().status, 200);
    assert_cut_off(announced, &plain);
    assert_cut_off(chunked, &chunk);
    assert_cut_off(unread, &chunk);
    server.stop();
}

#[test]
fn a_connection_outlives_a_chunked_body_that_was_read() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let mut client = server.connect();
    let body = r#"{"message": {"event_id": "VOLUME_000002"}}"#;
    let request = post_head("p1", "Transfer-Encoding: chunked\r\n")
        + &format!(
            "1\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
            &body[..1],
            body.len() - 1,
            &body[1..]
        );
    for _ in 0..3 {
        client.send(&request).unwrap();
        assert_eq!(client.answer().unwrap().status, 201);
    }
    server.stop();
}

#[test]
fn a_request_with_a_malformed_chunked_body_is_answered() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let json = "Content-Type: application/json\r\n";
    let one = "/v3/p1/messages/01a1fd14-665e-75fb-9f3e-186393d4299a";
    for (request, kind, status) in [
        ("GET /v3/p1/messages", "", 200),
        ("GET /v3/p1/messages", json, 400),
        ("GET /v3/p1/messages?sort=event_id", "", 200),
        (&format!("DELETE {one}"), "", 404),
        (&format!("GET {one}"), json, 400),
        ("POST /v3/p1/messages", json, 400),
        ("PUT /v3/p1/messages/-/read", json, 400),
        ("GET /v3/p1/messages/-/read", json, 400),
        ("POST /v3/p1/messages/-/delete", "", 415),
    ] {
        for body in ["zz\r\n", "2\r\n{}\r\nzz\r\n"] {
            let mut client = server.connect();
            let head =
                format!("{request} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{kind}\r\n");
            client.send(head + body).unwrap();
            let answer = client.answer();
            let answer = answer.unwrap_or_else(|error| panic!("{request} {kind}{body}: {error}"));
            assert_eq!(answer.status, status, "{request} {kind}{body}");
        }
    }
    server.stop();
}

#[test]
fn what_is_no_request_is_answered_and_the_connection_closed() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let head = "GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\n";
    let post = |headers: &str| post_head("p1", headers);
    let cases: [(String, &[u16]); 10] = [
        ("something else\r\n\r\n".into(), &[400]),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n".into(), &[400]),
        ("GET /v3 HTTP/9.9\r\nHost: localhost\r\n\r\n".into(), &[400]),
        (
            format!("GET /?{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(70_000)),
            &[400, 414],
        ),
        (format!("{head}X-Long: {}\r\n\r\n", "a".repeat(200_000)), &[431]),
        (format!("{head}{}\r\n", "X-Many: 1\r\n".repeat(1000)), &[431]),
        (format!("{head}X: a\0b\r\n\r\n"), &[400]),
        (post("Content-Length: -1\r\n"), &[400]),
        (
            post("Content-Length: 3\r\nContent-Length: 4\r\n") + "{}  ",
            &[400],
        ),
        (
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
            &[400],
        ),
    ];
    for (bytes, statuses) in cases {
        let mut client = server.connect();
        // The server may close the connection before all of it is sent.
        let _ = client.send(&bytes);
        let start: String = bytes.chars().take(100).collect();
        let answer = client
            .answer()
            .unwrap_or_else(|error| panic!("{error}: {start:?}"));
        assert!(statuses.contains(&answer.status), "{start:?}: {answer:?}");
        assert_eq!(answer.fault(), "badRequest", "{start:?}");
        client.wait_for_close().unwrap();
    }
    assert_eq!(server.connect().get("/healthcheck").unwrap().status, 200);
    server.stop();
}

#[test]
fn an_empty_chunked_body_is_none() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let made = server
        .connect()
        .post("p1", r#"{"message": {"event_id": "VOLUME_000002"}}"#)
        .unwrap()
        .json();
    let one = format!("/v3/p1/messages/{}", made["message"]["id"].as_str().unwrap());
    let mut client = server.connect();
    let mut ask = |method: &str, path: &str, kind: &str, body: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{kind}\r\n"
        );
        client.send(head + body).unwrap();
        client.answer().unwrap()
    };
    for kind in [
        "Content-Type: application/json\r\n",
        "Content-Type: text/plain\r\n",
    ] {
        for path in ["/v3/p1/messages", &one, "/v3/p1/messages/-/read"] {
            assert_eq!(ask("GET", path, kind, "0\r\n\r\n").status, 200, "{kind}{path}");
        }
        let version = format!("{kind}OpenStack-API-Version: volume 3.71\r\n");
        for (path, status) in [
            ("/v3/p1/resource_filters", 200),
            ("/v3/p1/events", 403),
            ("/v3/p1/messages/x/edit", 404),
        ] {
            assert_eq!(
                ask("GET", path, &version, "0\r\n\r\n").status,
                status,
                "{kind}{path}"
            );
        }
    }
    // One with contents is rejected as before.
    let json = "Content-Type: application/json\r\n";
    assert_eq!(ask("GET", &one, json, "2\r\n{}\r\n0\r\n\r\n").status, 400);
    assert_eq!(ask("GET", &one, json, "1\r\nx\r\n0\r\n\r\n").status, 400);
    assert_eq!(ask("DELETE", &one, json, "0\r\n\r\n").status, 204);
    assert_eq!(ask("DELETE", &one, json, "0\r\n\r\n").status, 404);
    let plain = "Content-Type: text/plain\r\n";
    assert_eq!(
        ask("GET", "/v3/p1/messages", plain, "1\r\nx\r\n0\r\n\r\n").status,
        415
    );
    server.stop();
}
