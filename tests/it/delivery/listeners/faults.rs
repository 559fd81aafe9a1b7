//! What receivers do wrong, from slow headers to resets: an attempt fails with the reason, and the event arrives later.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use tidings::store::delivery::State;

use super::SECOND;
use super::cloud::{Cloud, Receiver};
use super::faulty::{Faulty, OK, Trial, assert_failed, assert_overcome, listen};
use crate::support::http::Request;
use crate::support::{NOW, let_pass_here};

/// The time limit of an attempt.
const PATIENCE: Duration = Duration::from_secs(1);

const TOO_LATE: &str = "timed out";

/// What a receiver does wrong, and a pattern of the reason.
type Fault = (fn(&mut TcpStream), &'static str);

const FAULTS: &[Fault] = &[
    (slow_headers, TOO_LATE),
    (endless_headers, "head is too large"),
    (slow_body, TOO_LATE),
    (silence, TOO_LATE),
    (reset, "reset by peer|os error 104"),
    (reset_in_answer, "reset by peer|os error 104"),
    (end_without_answer, "closed before message completed"),
    (too_short, "end of file before message length reached"),
    (two_lengths, "invalid content-length"),
    (broken_chunks, "(?i)invalid chunk"),
    (another_protocol, "invalid HTTP version"),
];

fn slow_headers(stream: &mut TcpStream) {
    answer(stream, b"HTTP/1.1 200 OK\r\nx: ");
    trickle(stream);
}

fn slow_body(stream: &mut TcpStream) {
    answer(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
    trickle(stream);
}

fn trickle(stream: &mut TcpStream) {
    while stream.write_all(b"x").is_ok() {
        let_pass_here(Duration::from_millis(20));
    }
}

fn endless_headers(stream: &mut TcpStream) {
    answer(stream, b"HTTP/1.1 200 OK\r\n");
    let mut number = 0;
    while write!(stream, "x-{number}: {}\r\n", "y".repeat(1000)).is_ok() {
        number += 1;
    }
}

fn silence(stream: &mut TcpStream) {
    while Request::read(&*stream).is_some() {}
}

/// The request is not read, so closing the socket resets the connection.
fn reset(stream: &mut TcpStream) {
    stream.peek(&mut [0]).unwrap();
}

fn reset_in_answer(stream: &mut TcpStream) {
    stream.peek(&mut [0]).unwrap();
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

fn end_without_answer(stream: &mut TcpStream) {
    let _ = Request::read(&*stream);
}

fn answer(stream: &mut TcpStream, answer: &[u8]) {
    let _ = Request::read(&*stream);
    let _ = stream.write_all(answer);
}

fn too_short(stream: &mut TcpStream) {
    answer(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
}

fn two_lengths(stream: &mut TcpStream) {
    answer(
        stream,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    );
}

fn broken_chunks(stream: &mut TcpStream) {
    answer(
        stream,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
    );
}

fn another_protocol(stream: &mut TcpStream) {
    answer(stream, b"SSH-2.0-OpenSSH_9.2\r\n");
}

#[tokio::test]
async fn a_receiver_that_answers_wrongly_gets_the_event_again() {
    let cloud = Cloud::with(|config| config.listeners.timeout = PATIENCE);
    let mut trials = Vec::new();
    for &(fault, reason) in FAULTS {
        let (receiver, port) = Faulty::start(move |receiver, mut stream| {
            if !receiver.is_mended() {
                fault(&mut stream);
            } else if let Some(request) = Request::read(&stream) {
                receiver.take(&request);
                stream.write_all(OK).unwrap();
            }
        });
        let config = json!({ "url": format!("http://127.0.0.1:{port}/") });
        let listener = listen(&cloud, config).await;
        trials.push(Trial {
            receiver,
            listener,
            reason,
        });
    }
    assert_overcome(&cloud, &trials).await;
}

#[tokio::test]
async fn an_answer_decides_what_follows() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let listener = cloud.webhook(&receiver).await;
    for (answer, due) in [
        ("302 Found\r\nLocation: http://127.0.0.1:1/", 6),
        ("429 Slow down\r\nRetry-After: 100", 100),
        ("503 Later\r\nRetry-After: 1", 6),
        ("503 Later\r\nRetry-After: 99999999", 86_400),
        ("404 Not Found\r\nRetry-After: 100", 6),
    ] {
        receiver.answer(answer);
        cloud.report("p1").await;
        let tried = cloud.tried(&listener, 1).await;
        let wait = tried.due.unwrap() - NOW;
        assert!(
            wait <= due * SECOND && wait >= due.min(4) * SECOND,
            "{answer}: {wait}"
        );
        assert_eq!(tried.state, State::Waiting, "{answer}");
    }
    receiver.answer("204 No Content");
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Delivered);
}

#[tokio::test]
async fn a_status_that_is_no_success_is_kept_with_its_answer() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let listener = cloud.webhook(&receiver).await;
    for status in [
        301, 303, 307, 308, 400, 401, 403, 405, 408, 413, 422, 500, 501, 502, 504, 599,
    ] {
        receiver.answer(&format!("{status} No\r\nLocation: http://127.0.0.1:1/"));
        cloud.report("p1").await;
        assert_eq!(cloud.tried(&listener, 1).await.state, State::Waiting, "{status}");
        assert_eq!(cloud.attempts(&listener).await[0].status, Some(status));
    }
}

/// Of an answer without end, the beginning is kept; its status decides.
#[tokio::test]
async fn an_endless_body_is_cut() {
    let cloud = Cloud::start();
    let endless = |stream: &mut TcpStream, status: &str| {
        let _ = Request::read(&*stream);
        let _ = write!(stream, "HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"10\r\n0123456789abcdef\r\n").is_ok() {}
    };
    let (_good, port) = Faulty::start(move |_, mut stream| endless(&mut stream, "200 OK"));
    let good = listen(&cloud, json!({ "url": format!("http://127.0.0.1:{port}/") })).await;
    let (_bad, port) = Faulty::start(move |_, mut stream| endless(&mut stream, "500 Oh"));
    let bad = listen(&cloud, json!({ "url": format!("http://127.0.0.1:{port}/") })).await;
    cloud.report("p1").await;
    for (listener, state) in [(good, State::Delivered), (bad, State::Waiting)] {
        assert_eq!(cloud.tried(&listener, 1).await.state, state);
        assert_eq!(cloud.attempts(&listener).await[0].answer.len(), 16 * 1024);
    }
}

/// A label of more than 63 bytes is in no zone.
#[tokio::test]
async fn a_name_without_an_address_is_a_reason() {
    let cloud = Cloud::start();
    let name = format!("{}.invalid", "x".repeat(64));
    let listener = listen(&cloud, json!({ "url": format!("http://{name}/") })).await;
    cloud.report("p1").await;
    assert_failed(&cloud, &listener, "dns error|not known|lookup").await;
}
