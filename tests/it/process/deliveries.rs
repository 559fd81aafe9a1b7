//! Delivery to a listener by real servers: side by side, and with SIGKILL in the middle of it.

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

/// Messages of one request.
const BATCH: usize = 100;

fn receive(mut stream: &TcpStream, arrived: &Mutex<Arrived>) -> Option<()> {
    let request = Request::read(stream)?;
    let id = request.headers.get("webhook-id")?.clone();
    *arrived.lock().unwrap().entry(id).or_default() += 1;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(answer).ok()
}

/// A place with a listener that gets all events about messages.
fn place(receiver: &SmallServer<Arrived>) -> Place {
    let place = Place::with("[listeners]\nallowed_networks = 127.0.0.1\n");
    place.succeed(&["db", "migrate"]);
    let create = ["event", "listener", "http", "create", "--event-type", "message.*"];
    place.succeed(&[&create[..], &["--url", &receiver.url()]].concat());
    place
}

/// Records messages in batches.
fn record(server: &Server, count: usize) {
    let batch = vec![json!({ "event_id": "VOLUME_000002" }); BATCH];
    let body = json!({ "messages": batch }).to_string();
    let mut connection = server.connect();
    for _ in 0..count / BATCH {
        assert_eq!(connection.post("p1", &body).unwrap().status, 201);
    }
}

#[test]
fn two_servers_deliver_side_by_side_and_nothing_twice() {
    let receiver = SmallServer::start(Arrived::default(), receive);
    let place = place(&receiver);
    let mut servers = [Server::start(&place), Server::start(&place)];
    for server in &servers {
        record(server, EVENTS / 5);
    }
    let mut database = place.database();
    wait_for("all deliveries", || {
        (database.count("deliveries WHERE state = 1") == EVENTS / 5 * 2).then_some(())
    });
    servers.iter_mut().for_each(Server::stop);
    let arrived = receiver.state();
    assert_eq!(arrived.len(), EVENTS / 5 * 2);
    assert!(arrived.values().all(|times| *times == 1), "{arrived:?}");
}

#[test]
fn nothing_is_lost_when_the_server_is_killed_and_what_comes_twice_has_the_same_id() {
    let receiver = SmallServer::start(Arrived::default(), receive);
    let place = place(&receiver);
    let mut server = Server::start(&place);
    record(&server, EVENTS);
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
