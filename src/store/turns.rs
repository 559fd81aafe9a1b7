//! Whose turn it is to write: commits follow each other without a gap, and the checkpoint needs one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets something happen between two commits. SQLite's own lock goes to whoever asks at the right moment, which is
/// always the writer.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turn: Mutex<()>,
    is_wanted: AtomicBool,
    given_back: Condvar,
}

impl Turns {
    /// The writer's turn, after whoever wants to go between.
    pub(super) fn commit(&self) -> MutexGuard<'_, ()> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.given_back
            .wait_while(turn, |()| self.is_wanted.load(Ordering::SeqCst))
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something after the commit that is under way, while the next one waits.
    #[cfg(feature = "sqlite")]
    pub(super) fn between_commits<T>(&self, work: impl FnOnce() -> T) -> T {
        self.is_wanted.store(true, Ordering::SeqCst);
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _until_done = Wish(self);
        work()
    }
}

/// Ends with the work, whatever became of it, and before the turn does: the writer must not look in between.
struct Wish<'a>(&'a Turns);

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.0.is_wanted.store(false, Ordering::SeqCst);
        self.0.given_back.notify_all();
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::time::{Duration, Instant};

    #[test]
    fn whoever_wants_to_go_between_is_let_in_after_the_commit_under_way() {
        let turns = Turns::default();
        let (commits, is_over) = (AtomicU32::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let _turn = turns.commit();
                    std::thread::sleep(Duration::from_millis(2));
                    commits.fetch_add(1, Ordering::SeqCst);
                }
            });
            let count = || commits.load(Ordering::SeqCst);
            let wait_for = |more: u32| {
                let (started, from) = (Instant::now(), count());
                while count() < from + more {
                    assert!(
                        started.elapsed() < Duration::from_secs(60),
                        "the commits have stopped"
                    );
                    std::thread::yield_now();
                }
            };
            for _ in 0..20 {
                wait_for(1);
                let before = count();
                let at_entry = turns.between_commits(|| {
                    let at_entry = count();
                    std::thread::sleep(Duration::from_millis(6));
                    assert_eq!(count(), at_entry);
                    at_entry
                });
                assert!(at_entry - before <= 2, "{before} {at_entry}");
            }
            wait_for(2);
            is_over.store(true, Ordering::SeqCst);
        });
    }

    #[test]
    fn work_that_panics_gives_the_turn_back() {
        let turns = Turns::default();
        let work = std::panic::AssertUnwindSafe(|| turns.between_commits(|| panic!("on purpose")));
        assert!(std::panic::catch_unwind(work).is_err());
        drop(turns.commit());
    }
}
