//! What a reader of a project's messages has delivered, for as long as it may come upon it again.
//!
//! The order of (`created_at`, id) is not the order of commits across servers, so a reader goes back some seconds each
//! time, and knows what it gave before by its position.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::message::{Message, Position};

/// How far back each reading goes at least: longer than a commit on SQLite takes.
const SHORTEST: Duration = Duration::from_secs(10);

/// By how much the clocks of servers may differ on top of a slow commit.
const CLOCKS: Duration = Duration::from_secs(2);

/// How far back each reading goes, in microseconds: longer than it takes at most until a caller is told that its message
/// is recorded, where there is such a `deadline`.
pub(super) fn window(deadline: Option<Duration>) -> i64 {
    let window = deadline.map_or(SHORTEST, |deadline| SHORTEST.max(deadline + CLOCKS));
    i64::try_from(window.as_micros()).unwrap_or(i64::MAX)
}

/// What one reading found.
pub(super) struct Page {
    /// The oldest first.
    pub(super) messages: Vec<Arc<Message>>,
    /// Whether there was nothing after them.
    pub(super) is_last: bool,
    /// The time, in microseconds, before which nothing new will come after these.
    pub(super) since: i64,
}

/// A reader's memory.
pub(super) struct Delivered {
    /// All that was made before this time, in microseconds, was delivered, and nothing more will come that was.
    since: i64,
    /// What was given of what was made since then.
    positions: Arc<BTreeSet<Position>>,
}

impl Delivered {
    /// Of a reader that goes on after a position, and first gives the seconds before it again, except for the position's
    /// own message.
    pub(super) fn until(position: Position, now: i64, window: i64) -> Self {
        // A position in the future comes from a clock that was wrong.
        Self {
            since: position.created_at.min(now).saturating_sub(window),
            positions: Arc::new(BTreeSet::from([position])),
        }
    }

    /// From when on there may be something new, in microseconds.
    pub(super) fn since(&self) -> i64 {
        self.since
    }

    /// What is not new of what was made since then.
    pub(super) fn positions(&self) -> Arc<BTreeSet<Position>> {
        Arc::clone(&self.positions)
    }

    /// Remembers what was delivered.
    pub(super) fn add(&mut self, positions: impl IntoIterator<Item = Position>) {
        Arc::make_mut(&mut self.positions).extend(positions);
    }

    /// Gives what of another reader's page was not given before.
    pub(super) fn take(&mut self, page: &Page) -> Vec<Arc<Message>> {
        // A reader that is far behind brings what is older than all that is remembered.
        let first = self.since.min(page.since.saturating_add(1));
        let positions = Arc::make_mut(&mut self.positions);
        let is_new =
            |message: &&Arc<Message>| message.created_at >= first && positions.insert(Position::of(message));
        let new = page.messages.iter().filter(is_new).cloned().collect();
        // The last page may also say that time went back.
        if page.is_last || page.since > self.since {
            self.settle(page.since);
        }
        new
    }

    /// Nothing new will come that was made before this time, in microseconds.
    pub(super) fn settle(&mut self, since: i64) {
        self.since = since;
        let first = Position::at(since);
        if self.positions.first().is_some_and(|oldest| *oldest < first) {
            self.positions = Arc::new(Arc::make_mut(&mut self.positions).split_off(&first));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::message::time;

    const WINDOW: i64 = 10 * time::SECOND;
    const NOW: i64 = 1_795_231_224_000_000;

    /// A page of messages that were made so many seconds after [`NOW`].
    fn page(seconds: &[i64], is_last: bool, since: i64) -> Page {
        let messages = seconds.iter().map(|seconds| {
            Arc::new(Message {
                id: Uuid::from_u128(7),
                project_id: "p1".to_owned(),
                event_id: "VOLUME_000002".to_owned(),
                action_id: None,
                detail_id: None,
                resource_type: None,
                resource_uuid: None,
                request_id: "req-1".to_owned(),
                message_level: "ERROR".to_owned(),
                parameters: None,
                created_at: NOW + seconds * time::SECOND,
                expires_at: None,
            })
        });
        Page {
            messages: messages.collect(),
            is_last,
            since: NOW + since * time::SECOND,
        }
    }

    fn take(delivered: &mut Delivered, page: &Page) -> Vec<i64> {
        let new = delivered.take(page);
        new.iter()
            .map(|message| (message.created_at - NOW) / time::SECOND)
            .collect()
    }

    #[test]
    fn a_message_is_given_once() {
        let mut delivered = Delivered::until(Position::at(NOW), NOW, WINDOW);
        assert_eq!(take(&mut delivered, &page(&[1, 3], true, -8)), [1, 3]);
        assert_eq!(take(&mut delivered, &page(&[1, 2, 3, 4], true, -7)), [2, 4]);
    }

    #[test]
    fn a_reading_goes_back_beyond_the_slowest_commit_that_is_acknowledged() {
        let seconds = |deadline| window(Some(Duration::from_secs(deadline))) / time::SECOND;
        assert_eq!((seconds(1), seconds(15)), (10, 17));
        assert_eq!(window(None), WINDOW);
    }

    #[test]
    fn what_cannot_come_again_is_forgotten() {
        let mut delivered = Delivered::until(Position::at(NOW), NOW, WINDOW);
        take(&mut delivered, &page(&[1, 2, 3], true, -8));
        take(&mut delivered, &page(&[12], true, 2));
        assert_eq!(delivered.since(), NOW + 2 * time::SECOND);
        let remembered = delivered.positions().len();
        assert_eq!(remembered, 3, "2, 3 and 12");
    }

    #[test]
    fn a_reader_that_is_far_behind_brings_nothing_new() {
        let mut delivered = Delivered::until(Position::at(NOW), NOW, WINDOW);
        delivered.settle(NOW + 3600 * time::SECOND);
        assert_eq!(take(&mut delivered, &page(&[1, 2], false, 2)), [0; 0]);
        assert_eq!(
            delivered.since(),
            NOW + 3600 * time::SECOND,
            "until it has come to its end"
        );
        assert_eq!(take(&mut delivered, &page(&[3605], true, 3596)), [3605]);
    }

    #[test]
    fn what_comes_after_time_went_back_is_new() {
        let mut delivered = Delivered::until(Position::at(NOW), NOW, WINDOW);
        delivered.settle(NOW + 3590 * time::SECOND);
        assert_eq!(take(&mut delivered, &page(&[1], true, -9)), [1]);
        assert_eq!(delivered.since(), NOW - 9 * time::SECOND);
    }

    #[test]
    fn a_position_of_the_future_is_one_of_the_present() {
        let future = Position::at(i64::MAX);
        assert_eq!(Delivered::until(future, NOW, WINDOW).since(), NOW - WINDOW);
        assert_eq!(
            Delivered::until(Position::at(i64::MIN), NOW, WINDOW).since(),
            i64::MIN
        );
    }
}
