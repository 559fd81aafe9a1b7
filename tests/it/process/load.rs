//! Clients that write as fast as they can and record the answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{Answer, Connection};

/// Messages in one batch.
pub const BATCH: usize = 5;

/// Parallel clients that work until the server goes away or they are stopped.
#[derive(Default)]
pub struct Load {
    stop: AtomicBool,
    answered: AtomicUsize,
    next: AtomicUsize,
}

/// The clients' records.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The messages of every 201, as answered, by id.
    pub made: BTreeMap<String, Value>,
    /// Unanswered batches: key and body.
    pub unanswered: Vec<(String, String)>,
    /// Unanswered single messages.
    pub lost: usize,
    /// All answers other than 201.
    pub refused: Vec<Answer>,
}

impl Load {
    /// Runs `clients` clients against a server, each until [`Load::stop`] or until it is refused or not answered. Every
    /// fourth one sends batches with an Idempotency-Key.
    pub fn run(&self, address: SocketAddr, project: &str, clients: usize) -> Ledger {
        thread::scope(|scope| {
            let clients: Vec<_> = (0..clients)
                .map(|number| scope.spawn(move || self.client(address, project, number % 4 == 3)))
                .collect();
            let mut all = Ledger::default();
            for client in clients {
                all.take(client.join().unwrap());
            }
            all
        })
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Returns how many requests were answered with 201.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    fn client(&self, address: SocketAddr, project: &str, in_batches: bool) -> Ledger {
        let mut ledger = Ledger::default();
        let Ok(mut connection) = Connection::open(address) else {
            return ledger;
        };
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let answer = if in_batches {
                let (key, body) = (format!("key-{number}"), batch(number));
                let answer = repeatable(&mut connection, project, &key, &body);
                if answer.is_err() {
                    ledger.unanswered.push((key, body));
                }
                answer
            } else {
                let answer = connection.post(project, &json!({ "message": message(number) }).to_string());
                ledger.lost += usize::from(answer.is_err());
                answer
            };
            let Ok(answer) = answer else { break };
            ledger.note(answer);
            if !ledger.refused.is_empty() {
                break;
            }
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
        ledger
    }
}

impl Ledger {
    /// Records an answer.
    pub fn note(&mut self, answer: Answer) {
        if answer.status != 201 {
            return self.refused.push(answer);
        }
        let body = answer.json();
        let messages = body["messages"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![body["message"].clone()]);
        for message in messages {
            self.made
                .insert(message["id"].as_str().unwrap().to_owned(), message);
        }
    }

    pub fn take(&mut self, other: Self) {
        self.made.extend(other.made);
        self.unanswered.extend(other.unanswered);
        self.lost += other.lost;
        self.refused.extend(other.refused);
    }

    /// Resends what was not answered; everything must be accepted now.
    #[track_caller]
    pub fn repeat(&mut self, address: SocketAddr, project: &str) {
        let mut connection = Connection::open(address).unwrap();
        for (key, body) in std::mem::take(&mut self.unanswered) {
            let answer = repeatable(&mut connection, project, &key, &body).unwrap();
            assert_eq!(answer.status, 201, "{answer:?}");
            self.note(answer);
        }
    }

    /// Fails unless every acknowledged message exists unchanged, and no others except some of `lost`.
    #[track_caller]
    pub fn assert_kept(&self, address: SocketAddr, project: &str) {
        let stored = all_messages(address, project);
        for (id, message) in &self.made {
            assert_eq!(
                stored.get(id),
                Some(message),
                "a message that was answered with 201"
            );
        }
        let most = self.made.len() + self.lost;
        assert!(
            stored.len() <= most,
            "{} stored, but {} made and {} lost",
            stored.len(),
            self.made.len(),
            self.lost
        );
        assert_nothing_doubled(&stored);
    }
}

/// Each message has a resource of its own, and the messages of a batch share a request id.
#[track_caller]
fn assert_nothing_doubled(stored: &BTreeMap<String, Value>) {
    let mut resources = BTreeMap::<&str, usize>::new();
    let mut requests = BTreeMap::<&str, usize>::new();
    for message in stored.values() {
        *resources
            .entry(message["resource_uuid"].as_str().unwrap())
            .or_default() += 1;
        *requests
            .entry(message["request_id"].as_str().unwrap())
            .or_default() += 1;
    }
    let doubled: Vec<_> = resources.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "stored twice: {doubled:?}");
    let torn: Vec<_> = requests
        .iter()
        .filter(|(_, count)| **count != 1 && **count != BATCH)
        .collect();
    assert!(torn.is_empty(), "batches that are not whole: {torn:?}");
}

/// Returns every message of a project, by id, page after page.
#[track_caller]
pub fn all_messages(address: SocketAddr, project: &str) -> BTreeMap<String, Value> {
    let mut connection = Connection::open(address).unwrap();
    let mut stored = BTreeMap::new();
    let mut path = format!("/v3/{project}/messages?limit=1000");
    loop {
        let answer = connection.get(&path).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        for message in page["messages"].as_array().unwrap() {
            stored.insert(message["id"].as_str().unwrap().to_owned(), message.clone());
        }
        let Some(next) = page["messages_links"][0]["href"].as_str() else {
            return stored;
        };
        path = String::from(next.strip_prefix("http://localhost").unwrap());
    }
}

/// Returns a message with all fields.
pub fn message(number: usize) -> Value {
    numbered(number, 0)
}

/// A batch as the body of a request.
pub fn batch(number: usize) -> String {
    let messages: Vec<Value> = (1..=BATCH).map(|place| numbered(number, place)).collect();
    json!({ "messages": messages }).to_string()
}

fn numbered(number: usize, place: usize) -> Value {
    json!({
        "event_id": "IMAGE_000003",
        "resource_type": "IMAGE",
        "resource_uuid": format!("{number:08x}-0000-4000-8000-{place:012x}"),
        "request_id": format!("req-{number:08x}-0000-4000-8000-000000000000"),
        "message_level": "WARNING",
        "parameters": { "size": number, "limit": place },
    })
}

fn repeatable(connection: &mut Connection, project: &str, key: &str, body: &str) -> std::io::Result<Answer> {
    connection.post_with(project, &format!("Idempotency-Key: {key}\r\n"), body)
}
