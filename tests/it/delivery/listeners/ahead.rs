//! What is claimed ahead of its attempts.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::{Map, Value, json};
use tidings::listener::Reach;

use super::cloud::Cloud;
use crate::support::http::{Request, SmallServer};
use crate::support::{until, wait_for};

/// The most attempts at a time for one listener, by default.
const IN_FLIGHT: i64 = 32;

/// A receiver that answers so many requests, and keeps further ones waiting.
struct Gate {
    got: usize,
    open: usize,
}

fn serve(mut stream: &TcpStream, gate: &Mutex<Gate>) -> Option<()> {
    Request::read(stream)?;
    let number = {
        let mut gate = gate.lock().unwrap();
        gate.got += 1;
        gate.got
    };
    wait_for("the gate", || (number <= gate.lock().unwrap().open).then_some(()));
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()
}

#[tokio::test]
async fn a_disabled_listener_gets_nothing_more_than_what_is_in_flight() {
    let receiver = SmallServer::start(Gate { got: 0, open: 150 }, serve);
    let cloud = Cloud::start();
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": format!("{}/hook", receiver.url()) },
        "event_types": ["message.*"],
    });
    let listener = cloud.listener(Reach::Project("p1".to_owned()), members).await;
    cloud.report_many(500).await;
    let claimed = || {
        let held = "SELECT count(*) FROM deliveries WHERE claimed_by IS NOT NULL";
        cloud.app.database.number(held)
    };
    let is_full = || receiver.state().got == 150 + 32;
    until("claims ahead", async || is_full() && claimed() > 2 * IN_FLIGHT).await;
    let disabled: Map<String, Value> = serde_json::from_value(json!({ "enabled": false })).unwrap();
    cloud.registrar.update(listener.id, &disabled).await.unwrap();
    until("their end", async || claimed() == IN_FLIGHT).await;
    receiver.state().open = usize::MAX;
    until("the end of those in flight", async || claimed() == 0).await;
    assert_eq!(receiver.state().got, 150 + 32);
}
