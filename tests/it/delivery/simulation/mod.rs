//! Schedules that a seed makes: servers claim, deliver, crash and take over, and clocks jump. The statements are the real ones, on
//! a real database; only the receivers, the servers and the time are played.
//!
//! `TEST_SCHEDULES` tells how many run, `TEST_SEED` which one is the first. What a schedule wrote is rolled back at its end.

mod draw;
mod model;
mod world;

pub use draw::Draw;
use futures_util::future::join;
pub(crate) use model::ensure;
use tidings::store::Error;

use super::Outbox;
use crate::support::Fresh;
use world::World;

/// Schedules without an order of their own; `tests/soak/run schedules` asks for more.
const SCHEDULES: u64 = 1000;

/// The same on a server, where each statement takes longer.
const REMOTE: u64 = 30;

pub fn variable(name: &str) -> Option<u64> {
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
        Err(error) => Err(error.to_string()),
        Ok(()) => Err("it was not rolled back".to_owned()),
    }
}

/// Runs some schedules one after the other.
async fn run_all(seeds: impl Iterator<Item = u64>) {
    let outbox = Outbox::new();
    for seed in seeds {
        if let Err(why) = run(&outbox, seed).await {
            panic!(
                "{why}\nthis was schedule {seed}; to run it alone:\n  TEST_SEED={seed} TEST_SCHEDULES=1 \
                 cargo test --test it delivery::simulation"
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_or_out_of_order_whatever_happens_when() {
    let count = if Fresh::is_remote() { REMOTE } else { SCHEDULES };
    let first = variable("TEST_SEED").unwrap_or(0);
    let seeds = first..first + variable("TEST_SCHEDULES").unwrap_or(count);
    // Each half has a database, and so a thread, of its own.
    join(
        run_all(seeds.clone().step_by(2)),
        run_all(seeds.skip(1).step_by(2)),
    )
    .await;
}
