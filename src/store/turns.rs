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
#[cfg(feature = "sqlite")]
struct Wish<'a>(&'a Turns);

#[cfg(feature = "sqlite")]
impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.0.is_wanted.store(false, Ordering::SeqCst);
        self.0.given_back.notify_all();
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn whoever_wants_to_go_between_comes_before_the_next_commit() {
        let (turns, order) = (Turns::default(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            let under_way = turns.commit();
            scope.spawn(|| turns.between_commits(|| order.lock().unwrap().push("between")));
            while !turns.is_wanted.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            scope.spawn(|| {
                let _turn = turns.commit();
                order.lock().unwrap().push("commit");
            });
            drop(under_way);
        });
        assert_eq!(order.into_inner().unwrap(), ["between", "commit"]);
    }

    #[test]
    fn work_that_panics_gives_the_turn_back() {
        let turns = Turns::default();
        let work = std::panic::AssertUnwindSafe(|| turns.between_commits(|| panic!("on purpose")));
        assert!(std::panic::catch_unwind(work).is_err());
        drop(turns.commit());
    }
}
