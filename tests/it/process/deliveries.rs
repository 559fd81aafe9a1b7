//! Delivery to a listener by real servers: side by side, and with SIGKILL in the middle of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::json;

use super::{Place, Server, wait_for};
use crate::support::http::{Request, SmallServer};

/// What a receiver got.
struct Inbox {
    /// How often each event arrived, by its id.
    arrived: BTreeMap<String, usize>,
    /// How many more are answered; the others wait.
    answers_left: usize,
    allowed: Arc<Condvar>,
}

const EVENTS: usize = 1000;

/// Messages of one request.
const BATCH: usize = 100;

/// How often a server is killed.
const KILLS: usize = 4;

/// The configured `[listeners] concurrency_per_listener`.
const IN_FLIGHT: usize = 4;

/// The most deliveries that a server claims of a listener: those in flight, and sixteen times as many ahead.
const CLAIMED: usize = IN_FLIGHT + 16 * IN_FLIGHT;

/// Requests that are answered between two kills. What a killed server had claimed stays so for a minute, so the rest must suffice.
const BETWEEN: usize = EVENTS / (2 * KILLS);

fn receive(mut stream: &TcpStream, inbox: &Mutex<Inbox>) -> Option<()> {
    let request = Request::read(stream)?;
    let id = request.headers.get("webhook-id")?.clone();
    let mut held = inbox.lock().unwrap();
    *held.arrived.entry(id).or_default() += 1;
    let allowed = Arc::clone(&held.allowed);
    let mut held = allowed.wait_while(held, |inbox| inbox.answers_left == 0).unwrap();
    held.answers_left -= 1;
    drop(held);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(answer).ok()
}

/// A receiver that answers this many requests.
fn start_receiver(answers: usize) -> SmallServer<Inbox> {
    let inbox = Inbox {
        arrived: BTreeMap::new(),
        answers_left: answers,
        allowed: Arc::default(),
    };
    SmallServer::start(inbox, receive)
}

/// Lets a receiver answer this many more requests.
fn answer(receiver: &SmallServer<Inbox>, more: usize) {
    let mut inbox = receiver.state();
    inbox.answers_left += more;
    inbox.allowed.notify_all();
}

/// A place with a listener that gets all events about messages.
fn place(receiver: &SmallServer<Inbox>) -> Place {
    let place = Place::with(&format!(
        "[listeners]\nallowed_networks = 127.0.0.1\nconcurrency_per_listener = {IN_FLIGHT}\n"
    ));
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
    let receiver = start_receiver(usize::MAX);
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
    let inbox = receiver.state();
    let arrived = &inbox.arrived;
    assert_eq!(arrived.len(), EVENTS / 5 * 2);
    assert!(arrived.values().all(|times| *times == 1), "{arrived:?}");
}

/// Each kill hits requests that have arrived and are not answered yet.
#[test]
fn nothing_is_lost_when_servers_are_killed_again_and_again_and_what_comes_twice_has_the_same_id() {
    let receiver = start_receiver(0);
    let place = place(&receiver);
    let mut servers = [Server::start(&place), Server::start(&place)];
    record(&servers[0], EVENTS);
    for kill in 0..KILLS {
        answer(&receiver, BETWEEN);
        wait_for("requests that wait", || {
            let inbox = receiver.state();
            let arrived: usize = inbox.arrived.values().sum();
            (inbox.answers_left == 0 && arrived > BETWEEN * (kill + 1)).then_some(())
        });
        let killed = &mut servers[kill % 2];
        killed.kill();
        *killed = Server::start(&place);
    }
    answer(&receiver, 2 * EVENTS);
    let mut database = place.database();
    let is_free = "deliveries WHERE state = 0 AND claimed_by IS NULL";
    wait_for("what the killed ones had not claimed", || {
        (database.count(is_free) == 0).then_some(())
    });
    servers.iter_mut().for_each(Server::stop);
    // On a busy machine, a stop may not give back all in its time either.
    let claimed = database.count("deliveries WHERE state = 0");
    // A minute later the claims are over.
    database.execute("UPDATE deliveries SET due = 1 WHERE state = 0");
    let mut server = Server::start(&place);
    wait_for("the rest", || {
        (database.count("deliveries WHERE state = 1") == EVENTS).then_some(())
    });
    server.stop();
    let inbox = receiver.state();
    let arrived = &inbox.arrived;
    assert_eq!(arrived.len(), EVENTS);
    let doubles = arrived.values().sum::<usize>() - EVENTS;
    assert!(
        doubles <= claimed && (1..=(KILLS + servers.len()) * CLAIMED).contains(&claimed),
        "{doubles} of {claimed} claimed ones came twice"
    );
}
