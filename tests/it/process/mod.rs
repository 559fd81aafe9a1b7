//! What only the real program can show: crashes, signals, full disks, several processes on one database, and clients
//! that misbehave on the wire. Every process that a test starts ends with the test.

mod backup;
mod connections;
mod crash;
mod descriptors;
mod events;
mod figures;
mod full_disk;
mod limits;
mod load;
mod log;
mod migrate;
mod modes;
mod place;
mod policy;
mod purge;
mod refusals;
mod replaced;
mod server;
mod shutdown;
mod size_limit;
mod slow;
mod streams;
mod two_servers;
mod wire;

use std::time::{Duration, Instant};

use load::{Ledger, Load};
use place::Place;
use server::Server;
use wire::{Answer, Connection};

/// Longest time that anything here waits for something that must come; generous, as test machines are slow at times.
const SOON: Duration = Duration::from_secs(20);

/// Asks until it is given something.
#[track_caller]
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < SOON, "{what}: did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
