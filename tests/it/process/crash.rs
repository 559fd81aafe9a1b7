//! SIGKILL in the middle of work: acknowledged messages survive, the others can be retried.

use std::thread;
use std::time::Duration;

use super::{Ledger, Load, Place, Server, wait_for};
use crate::support::let_pass_here;

const CLIENTS: usize = 64;
/// The longest time between a first answer and the kill, in milliseconds.
const LONGEST: u64 = 300;

/// SQLite's log is moved into the database from half of this on.
const SHORT_LOG: &str = "[database]\nwal_limit = 8388608\n";

/// How often the server is killed; `tests/soak/run kills` asks for more.
fn kills() -> u64 {
    std::env::var("TEST_KILLS").map_or(8, |number| number.parse().unwrap())
}

#[test]
fn nothing_answered_is_lost_when_the_server_is_killed_again_and_again() {
    let place = Place::with(SHORT_LOG);
    let load = Load::default();
    let mut ledger = Ledger::default();
    for kill in 0..kills() {
        let mut server = Server::start(&place);
        let address = server.address;
        ledger.repeat(address, "p1");
        ledger.take(thread::scope(|scope| {
            let clients = scope.spawn(|| load.run(address, "p1", CLIENTS));
            let before = load.answered();
            wait_for("an answer", || (load.answered() > before).then_some(()));
            // Later each time, to hit starts, commits and checkpoints.
            let_pass_here(Duration::from_millis(LONGEST * kill / kills()));
            server.kill();
            clients.join().unwrap()
        }));
        assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
    }
    assert!(
        ledger.made.len() > 500,
        "only {} messages: the clients hardly worked",
        ledger.made.len()
    );
    let mut server = Server::start(&place);
    ledger.repeat(server.address, "p1");
    ledger.assert_kept(server.address, "p1");
    server.stop();
    place.database().assert_whole();
}
