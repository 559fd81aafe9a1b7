//! Two servers on one database: both write, and one continues when the other is killed.

use std::thread;

use super::{Ledger, Load, Place, Server, wait_for};

/// Per server.
const CLIENTS: usize = 8;

#[test]
fn two_servers_write_side_by_side_and_lose_nothing() {
    let place = Place::new();
    let (mut one, mut two) = (Server::start(&place), Server::start(&place));
    let addresses = [one.address, two.address];
    let (work, mut ledger) = (Load::default(), Ledger::default());
    let work = &work;
    ledger.take(thread::scope(|scope| {
        let clients = addresses.map(|address| scope.spawn(move || work.run(address, "p1", CLIENTS)));
        let mut all = Ledger::default();
        wait_for("answers", || (work.answered() > 300).then_some(()));
        one.kill();
        let before = work.answered();
        wait_for("answers of the other", || {
            (work.answered() > before + 100).then_some(())
        });
        work.stop();
        for client in clients {
            all.take(client.join().unwrap());
        }
        all
    }));
    assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
    assert!(ledger.made.len() > 200, "only {} messages", ledger.made.len());
    ledger.repeat(two.address, "p1");
    ledger.assert_kept(two.address, "p1");
    two.stop();
    place.database().assert_whole();
}
