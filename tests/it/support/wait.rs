//! How tests wait: for what must come about, never for time to pass. clippy.toml keeps them from sleeping elsewhere.

use std::time::{Duration, Instant};

/// The longest wait for what must come; generous, as test machines are slow at times.
pub const SOON: Duration = Duration::from_secs(20);

/// Between two looks.
const REST: Duration = Duration::from_millis(5);

/// Asks until it is given something.
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

/// Asks until it is so.
#[expect(clippy::disallowed_methods, reason = "it looks again after a rest")]
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < SOON, "{what}: did not come about");
        tokio::time::sleep(REST).await;
    }
}

/// Lets time pass, where the subject of a test is what comes, or does not come, with time.
#[expect(clippy::disallowed_methods, reason = "the subject is time")]
pub async fn let_pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The same on a thread.
#[expect(clippy::disallowed_methods, reason = "the subject is time")]
pub fn let_pass_here(time: Duration) {
    std::thread::sleep(time);
}
