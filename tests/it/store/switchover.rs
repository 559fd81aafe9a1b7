//! Switchover from a MariaDB primary to its replica, and a server that becomes read-only.
//!
//! Only with `TEST_SWITCHOVER`, which `tests/steps/44-switchover` sets: the URLs of the two servers and of the proxy
//! before them, and the proxy's socket. The tests change whole servers, so these must not be shared.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tidings::store::message::count;
use tidings::store::{Error, Store};
use uuid::Uuid;

use super::retries::stop_writing_for_a_while;
use super::server::open;
use crate::support::{Database, Fresh, TestApp, let_pass};

/// The tests change the same servers, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Two servers, one of which is the primary.
struct Pair {
    servers: [String; 2],
    proxy: String,
    socket: String,
    /// A separate database, and a user who may not write while the server is read-only.
    name: String,
    primary: usize,
    _turn: MutexGuard<'static, ()>,
}

impl Pair {
    fn new() -> Option<Self> {
        let text = std::env::var("TEST_SWITCHOVER").ok()?;
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let [first, second, proxy, socket] = words.try_into().unwrap();
        let mut pair = Self {
            servers: [first, second],
            proxy,
            socket,
            name: format!("t_{}", Uuid::new_v4().simple()),
            primary: 0,
            _turn: turn,
        };
        if pair.on(0).number("SELECT @@read_only") == 1 {
            pair.primary = 1;
        }
        pair.lead_to(pair.primary);
        let name = &pair.name;
        pair.on(pair.primary).execute(&format!(
            "CREATE DATABASE {name}; CREATE USER IF NOT EXISTS writer IDENTIFIED BY 'writer'; \
             GRANT ALL ON `t\\_%`.* TO writer"
        ));
        Some(pair)
    }

    /// Returns a direct connection to a server, with all rights.
    fn on(&self, server: usize) -> Database {
        Database::open(&self.servers[server])
    }

    /// Returns the database through the proxy.
    fn url(&self) -> String {
        let url = self.proxy.replace("tidings:tidings@", "writer:writer@");
        format!("{}/{}", url.rsplit_once('/').unwrap().0, self.name)
    }

    /// Directs new connections to a server. Existing ones stay where they are.
    fn lead_to(&self, server: usize) {
        for (index, name) in ["a", "b"].iter().enumerate() {
            let state = if index == server { "ready" } else { "maint" };
            let mut admin = UnixStream::connect(&self.socket).unwrap();
            writeln!(admin, "set server db/{name} state {state}").unwrap();
            let mut said = String::new();
            admin.read_to_string(&mut said).unwrap();
            assert_eq!(said.trim(), "");
        }
    }

    /// Makes the other server the primary, as an operator does, without losing a write or a connection.
    fn switch_over(&mut self) {
        let (old, new) = (self.primary, 1 - self.primary);
        let (mut from, mut to) = (self.on(old), self.on(new));
        from.execute("SET GLOBAL read_only = 1");
        let position = from.text("SELECT @@gtid_current_pos");
        assert_eq!(
            to.number(&format!("SELECT MASTER_GTID_WAIT('{position}', 20)")),
            0
        );
        to.execute("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0");
        let port = self.servers[new].rsplit_once(':').unwrap().1;
        let port = port.split_once('/').unwrap().0;
        from.execute(&format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'tidings', \
             MASTER_PASSWORD = 'tidings', MASTER_USE_GTID = slave_pos, MASTER_DEMOTE_TO_SLAVE = 1; START SLAVE"
        ));
        self.lead_to(new);
        self.primary = new;
    }

    /// Stops the old primary from following the new one, so that reads from it are outdated.
    fn part(&self) {
        self.on(1 - self.primary).execute("STOP SLAVE SQL_THREAD");
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.on(1 - self.primary).execute("START SLAVE SQL_THREAD");
            self.on(self.primary)
                .execute(&format!("DROP DATABASE {}", self.name));
        }
    }
}

/// Records messages and reads each one at once, until this many were recorded. Refused ones do not count.
async fn post_and_read(app: &TestApp, wanted: usize) {
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut recorded = 0;
    while recorded < wanted {
        assert!(Instant::now() < deadline, "{recorded} of {wanted} were recorded");
        let made = app.service().post("p1", &body).await;
        if made.status == 503 {
            continue;
        }
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["message"]["id"].as_str().unwrap().to_owned();
        // Every reader has its own connection.
        for _ in 0..6 {
            let shown = app.member("p1").show(&id).await;
            assert_eq!(shown.status, 200, "after {recorded}: {}", shown.text);
        }
        recorded += 1;
    }
}

async fn health(app: &TestApp) -> (u16, String) {
    // A check is cached for a second.
    let_pass(Duration::from_millis(1100)).await;
    let answer = app.anonymous().get("/healthcheck").await;
    (answer.status, answer.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_after_a_switchover_is_found_at_once() {
    let Some(mut pair) = Pair::new() else { return };
    let app = TestApp::on_with(&pair.url(), &[("OS_HEALTHCHECK__BACKENDS", "database")]);
    post_and_read(&app, 5).await;
    // There and back: the old connections stay open.
    for _ in 0..2 {
        pair.switch_over();
        pair.part();
        post_and_read(&app, 10).await;
        assert_eq!(health(&app).await, (200, "OK".to_owned()));
        pair.on(1 - pair.primary).execute("START SLAVE SQL_THREAD");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_healthcheck_tells_of_a_server_that_only_reads_and_moves_to_another() {
    let Some(mut pair) = Pair::new() else { return };
    let app = TestApp::on_with(&pair.url(), &[("OS_HEALTHCHECK__BACKENDS", "database")]);
    pair.on(pair.primary).execute("SET GLOBAL read_only = 1");
    assert_eq!(health(&app).await, (200, "DATABASE READ ONLY".to_owned()));
    assert_eq!(app.member("p1").list("").await.status, 200);
    // This server has nothing to write, and learns of the switchover from its healthcheck.
    pair.switch_over();
    pair.part();
    // Not every healthcheck checks again.
    let deadline = Instant::now() + Duration::from_secs(30);
    while health(&app).await != (200, "OK".to_owned()) {
        assert!(Instant::now() < deadline);
    }
    let direct = TestApp::on(&pair.url());
    post_and_read(&direct, 1).await;
    let listed = app.member("p1").list("").await.json();
    assert_eq!(listed["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_lead_to_different_servers_are_told_of_and_made_anew() {
    let Some(pair) = Pair::new() else { return };
    let store: Store = open(&pair.url());
    assert_eq!(store.check().await, Ok(true));
    // Only the proxy changed its target, and one reader loses its connection.
    pair.lead_to(1 - pair.primary);
    let broken = store.read(|_| Err::<(), _>(Error::Broken("Packets out of order".to_owned())));
    assert!(broken.await.is_err());
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match store.check().await {
            Err(Error::Unavailable(text)) => {
                assert!(text.contains("different servers"), "{text}");
                break;
            }
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
    }
    pair.lead_to(pair.primary);
    assert_eq!(store.check().await, Ok(true));
    assert_eq!(store.read(|read| count(read)).await, Ok(0));
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_unavailable_to_writers_until_it_writes_again() {
    let Some(pair) = Pair::new() else { return };
    let set = |database: &Fresh, is_writable: bool| {
        database.execute(&format!("SET GLOBAL read_only = {}", u8::from(!is_writable)));
    };
    let primary = Fresh::at(&pair.servers[pair.primary]);
    stop_writing_for_a_while(primary, &pair.url(), set).await;
}
