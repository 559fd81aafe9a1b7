//! Schedules that a seed makes: engines claim, report, crash and come back late, servers judge, and clocks jump. The statements are
//! the real ones, on a real database; only the engines and the time are played.
//!
//! `TEST_SCHEDULES` tells how many run, `TEST_SEED` which one is the first. What a schedule wrote is rolled back at its end.

mod world;

use tidings::store::Error;

use super::desk::Desk;
use crate::delivery::simulation::variable;
use crate::support::Fresh;
use world::World;

const SCHEDULES: u64 = 300;

/// The same on a server, where each statement takes longer.
const REMOTE: u64 = 20;

#[tokio::test]
async fn no_host_is_worked_on_by_two_and_every_notification_ends() {
    let desk = Desk::new().await;
    let count = if Fresh::is_remote() { REMOTE } else { SCHEDULES };
    let first = variable("TEST_SEED").unwrap_or(0);
    for seed in first..first + variable("TEST_SCHEDULES").unwrap_or(count) {
        let segment = desk.segment;
        let schedule = desk.write(move |tx, terms, now| {
            let mut world = World::new(tx, terms, seed, segment, now)?;
            match world.run(tx) {
                Ok(()) => Err::<(), _>(Error::NotFound),
                Err(error) => Err(Error::Broken(format!("{}\n{error}", world.story()))),
            }
        });
        let ended = schedule.await;
        assert!(
            ended == Err(Error::NotFound),
            "{ended:?}\nthis was schedule {seed}; to run it alone:\n  TEST_SEED={seed} TEST_SCHEDULES=1 \
             cargo test --test it recovery::simulation"
        );
    }
}
