//! SIGKILL in the middle of deliveries to a listener.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::json;

use super::{Place, Server, wait_for};
use crate::support::http::{Request, SmallServer};

/// How often each event arrived, by its id.
type Arrived = BTreeMap<String, usize>;

const EVENTS: usize = 1000;

fn receive(mut stream: &TcpStream, arrived: &Mutex<Arrived>) -> Option<()> {
    let request = Request::read(stream)?;
    let id = request.headers.get("webhook-id")?.clone();
    *arrived.lock().unwrap().entry(id).or_default() += 1;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(answer).ok()
}

/// Records messages in batches.
fn record(server: &Server) {
    let batch = vec![json!({ "event_id": "VOLUME_000002" }); 100];
    let body = json!({ "messages": batch }).to_string();
    let mut connection = server.connect();
    for _ in 0..EVENTS / 100 {
        assert_eq!(connection.post("p1", &body).unwrap().status, 201);
    }
}

#[test]
fn nothing_is_lost_when_the_server_is_killed_and_what_comes_twice_has_the_same_id() {
    let place = Place::with("[listeners]\nallowed_networks = 127.0.0.1\n");
    let receiver = SmallServer::start(Arrived::default(), receive);
    place.succeed(&["db", "migrate"]);
    let create = ["event", "listener", "http", "create", "--event-type", "message.*"];
    place.succeed(&[&create[..], &["--url", &receiver.url()]].concat());
    let mut server = Server::start(&place);
    record(&server);
    wait_for("arrivals", || (receiver.state().len() > 200).then_some(()));
    server.kill();
    let mut database = place.database();
    let claimed = database.count("deliveries WHERE claimed_by IS NOT NULL");
    // A minute later the claims are over.
    database.execute("UPDATE deliveries SET due = 1 WHERE claimed_by IS NOT NULL");
    let mut server = Server::start(&place);
    wait_for("the rest", || {
        (database.count("deliveries WHERE state = 0") == 0).then_some(())
    });
    server.stop();
    let arrived = receiver.state();
    assert_eq!(arrived.len(), EVENTS);
    assert_eq!(database.count("deliveries WHERE state = 1"), EVENTS);
    let doubles: usize = arrived.values().map(|times| times - 1).sum();
    assert!(
        doubles <= claimed && claimed < EVENTS,
        "{doubles} of {claimed} claimed ones came twice"
    );
}
