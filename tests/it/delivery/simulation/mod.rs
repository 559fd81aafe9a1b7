//! Schedules that a seed makes: servers claim, deliver, crash and take over, and clocks jump. The statements are the real ones, on
//! a real database; only the receivers, the servers and the time are played.
//!
//! `TEST_SCHEDULES` tells how many run, `TEST_SEED` which one is the first. What a schedule wrote is rolled back at its end.

mod draw;
mod model;
mod world;

use tidings::store::Error;

use super::Outbox;
use crate::support::Fresh;
use world::World;

/// Schedules without an order of their own; `tests/soak/run schedules` asks for more.
const SCHEDULES: u64 = 1000;

/// The same on a server, where each statement takes longer.
const REMOTE: u64 = 30;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

/// Runs one schedule in a transaction that is rolled back.
async fn run(outbox: &Outbox, seed: u64) -> Result<(), String> {
    let schedule = outbox.store.write(move |tx| {
        let mut world = World::new(tx, seed)?;
        match world.run(tx) {
            Ok(()) => Err::<(), _>(Error::NotFound),
            Err(error) => Err(Error::Conflict(format!("{}\n{error}", world.story()))),
        }
    });
    match schedule.await {
        Err(Error::NotFound) => Ok(()),
        other => Err(format!("{:?}", other.map_err(|error| error.to_string()))),
    }
}

#[tokio::test]
async fn nothing_is_lost_or_out_of_order_whatever_happens_when() {
    let outbox = Outbox::new();
    let count = if Fresh::is_remote() { REMOTE } else { SCHEDULES };
    let first = variable("TEST_SEED").unwrap_or(0);
    for seed in first..first + variable("TEST_SCHEDULES").unwrap_or(count) {
        if let Err(why) = run(&outbox, seed).await {
            let why = why.replace("\\n", "\n");
            panic!(
                "{why}\nthis was schedule {seed}; to run it alone:\n  TEST_SEED={seed} TEST_SCHEDULES=1 \
                 cargo test --test it delivery::simulation"
            );
        }
    }
}
