//! How tests wait: for conditions, never for time. clippy.toml forbids sleeping elsewhere.

use std::time::{Duration, Instant};

/// The longest wait for a condition; generous, for slow test machines.
pub const SOON: Duration = Duration::from_mins(1);

/// The longest time that may pass where a fault would take much longer, for ever, or end otherwise: a busy machine needs
/// seconds for what else takes none.
pub const AT_ONCE: Duration = Duration::from_secs(10);

/// The time between two checks.
const REST: Duration = Duration::from_millis(5);

/// Polls until there is a value.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "it looks again after a rest")]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < SOON, "{what}: did not come");
        std::thread::sleep(REST);
    }
}

/// Polls until the condition holds.
#[expect(clippy::disallowed_methods, reason = "it looks again after a rest")]
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < SOON, "{what}: did not come about");
        tokio::time::sleep(REST).await;
    }
}

/// Lets time pass, if time is the subject of the test.
#[expect(clippy::disallowed_methods, reason = "the subject is time")]
pub async fn let_pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The same on a thread.
#[expect(clippy::disallowed_methods, reason = "the subject is time")]
pub fn let_pass_here(time: Duration) {
    std::thread::sleep(time);
}
