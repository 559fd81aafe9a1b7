//! Remembers which messages were delivered, for as long as they may be read again.
//!
//! The order of (`created_at`, id) is not the order of commits across servers, so each read goes back some seconds and
//! skips the positions that were delivered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::message::{Message, Position};
use crate::store::message::ArrivalPlace;

/// Shortest window: longer than a commit on SQLite takes.
const SHORTEST: Duration = Duration::from_secs(10);

/// How far the clocks of servers may differ.
const CLOCKS: Duration = Duration::from_secs(2);

/// How far back each read goes, in microseconds: longer than the store's `deadline` for a commit, where it has one.
pub(super) fn window(deadline: Option<Duration>) -> i64 {
    let window = deadline.map_or(SHORTEST, |deadline| SHORTEST.max(deadline + CLOCKS));
    i64::try_from(window.as_micros()).unwrap_or(i64::MAX)
}

/// The messages of one read.
pub(super) struct TailBatch {
    /// Oldest first.
    pub(super) messages: Vec<Arc<Message>>,
    /// Messages that arrived later than their time says, or have changed since they were delivered.
    pub(super) late: Vec<Arc<Message>>,
    /// The last late arrival that was read.
    pub(super) arrival: ArrivalPlace,
    /// Whether no messages follow.
    pub(super) is_last: bool,
    /// The time, in microseconds, before which no more new messages will appear.
    pub(super) since: i64,
}

/// The delivered messages of one reader.
pub(super) struct SentMessages {
    /// All messages before this time, in microseconds, are delivered, and no more will appear.
    since: i64,
    /// The delivered positions since then.
    positions: Arc<BTreeSet<Position>>,
    /// The last late arrival that is delivered; none before the first read.
    arrival: Option<ArrivalPlace>,
}

impl SentMessages {
    /// Continues after a position. The messages of the window before it are delivered again, except its own.
    pub(super) fn until(position: Position, now: i64, window: i64) -> Self {
        // A position in the future comes from a wrong clock.
        Self {
            since: position.created_at.min(now).saturating_sub(window),
            positions: Arc::new(BTreeSet::from([position])),
            arrival: None,
        }
    }

    /// The time from which on new messages may appear, in microseconds.
    pub(super) fn since(&self) -> i64 {
        self.since
    }

    /// The delivered positions since then.
    pub(super) fn positions(&self) -> Arc<BTreeSet<Position>> {
        Arc::clone(&self.positions)
    }

    /// The last late arrival that is delivered; none before the first read.
    pub(super) fn arrival(&self) -> Option<ArrivalPlace> {
        self.arrival
    }

    /// Late arrivals until this one are delivered.
    pub(super) fn arrived(&mut self, last: ArrivalPlace) {
        self.arrival = Some(last);
    }

    /// Adds delivered positions.
    pub(super) fn add(&mut self, positions: impl IntoIterator<Item = Position>) {
        Arc::make_mut(&mut self.positions).extend(positions);
    }

    /// Returns the late arrivals of another reader's batch, unless this one has read them itself.
    pub(super) fn take_late<'a>(&mut self, batch: &'a TailBatch) -> &'a [Arc<Message>] {
        if self.arrival.is_some_and(|arrival| batch.arrival <= arrival) {
            return &[];
        }
        self.arrival = Some(batch.arrival);
        &batch.late
    }

    /// Returns the new messages of another reader's batch.
    pub(super) fn take(&mut self, batch: &TailBatch) -> Vec<Arc<Message>> {
        // A reader that is far behind brings messages from before the window.
        let first = self.since.min(batch.since.saturating_add(1));
        let positions = Arc::make_mut(&mut self.positions);
        let is_new =
            |message: &&Arc<Message>| message.created_at >= first && positions.insert(Position::of(message));
        let new = batch.messages.iter().filter(is_new).cloned().collect();
        positions.extend(batch.late.iter().map(|message| Position::of(message)));
        // The last batch may also set the time back.
        if batch.is_last || batch.since > self.since {
            self.settle(batch.since);
        }
        new
    }

    /// Forgets positions before this time, in microseconds: no new messages will appear there.
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

    /// A batch of messages, so many seconds after [`NOW`].
    fn batch(seconds: &[i64], is_last: bool, since: i64) -> TailBatch {
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
        TailBatch {
            messages: messages.collect(),
            late: Vec::new(),
            arrival: arrival(0),
            is_last,
            since: NOW + since * time::SECOND,
        }
    }

    fn arrival(turn: i64) -> ArrivalPlace {
        ArrivalPlace {
            turn,
            created_at: NOW,
            id: Uuid::nil(),
        }
    }

    fn take(delivered: &mut SentMessages, batch: &TailBatch) -> Vec<i64> {
        let new = delivered.take(batch);
        new.iter()
            .map(|message| (message.created_at - NOW) / time::SECOND)
            .collect()
    }

    #[test]
    fn a_message_is_given_once() {
        let mut delivered = SentMessages::until(Position::at(NOW), NOW, WINDOW);
        assert_eq!(take(&mut delivered, &batch(&[1, 3], true, -8)), [1, 3]);
        assert_eq!(take(&mut delivered, &batch(&[1, 2, 3, 4], true, -7)), [2, 4]);
    }

    #[test]
    fn a_reading_goes_back_beyond_the_slowest_commit_that_is_acknowledged() {
        let seconds = |deadline| window(Some(Duration::from_secs(deadline))) / time::SECOND;
        assert_eq!((seconds(1), seconds(15)), (10, 17));
        assert_eq!(window(None), WINDOW);
    }

    #[test]
    fn a_late_arrival_is_given_once() {
        let mut delivered = SentMessages::until(Position::at(NOW), NOW, WINDOW);
        let late = |turn| {
            let TailBatch { messages, .. } = batch(&[1], true, -8);
            TailBatch {
                late: messages,
                arrival: arrival(turn),
                ..batch(&[], true, -8)
            }
        };
        // This reader was behind and has read that far itself.
        delivered.arrived(arrival(2));
        let given = [1, 2, 3, 3, 4].map(|turn| delivered.take_late(&late(turn)).len());
        assert_eq!(given, [0, 0, 1, 0, 1]);
        assert_eq!(
            delivered.arrival(),
            Some(arrival(4)),
            "where it goes on if it is slow"
        );
    }

    #[test]
    fn what_cannot_come_again_is_forgotten() {
        let mut delivered = SentMessages::until(Position::at(NOW), NOW, WINDOW);
        take(&mut delivered, &batch(&[1, 2, 3], true, -8));
        take(&mut delivered, &batch(&[12], true, 2));
        assert_eq!(delivered.since(), NOW + 2 * time::SECOND);
        let remembered = delivered.positions().len();
        assert_eq!(remembered, 3, "2, 3 and 12");
    }

    #[test]
    fn a_reader_that_is_far_behind_brings_nothing_new() {
        let mut delivered = SentMessages::until(Position::at(NOW), NOW, WINDOW);
        delivered.settle(NOW + 3600 * time::SECOND);
        assert_eq!(take(&mut delivered, &batch(&[1, 2], false, 2)), [0; 0]);
        assert_eq!(
            delivered.since(),
            NOW + 3600 * time::SECOND,
            "until it has come to its end"
        );
        assert_eq!(take(&mut delivered, &batch(&[3605], true, 3596)), [3605]);
    }

    #[test]
    fn what_comes_after_time_went_back_is_new() {
        let mut delivered = SentMessages::until(Position::at(NOW), NOW, WINDOW);
        delivered.settle(NOW + 3590 * time::SECOND);
        assert_eq!(take(&mut delivered, &batch(&[1], true, -9)), [1]);
        assert_eq!(delivered.since(), NOW - 9 * time::SECOND);
    }

    #[test]
    fn a_position_of_the_future_is_one_of_the_present() {
        let future = Position::at(i64::MAX);
        assert_eq!(SentMessages::until(future, NOW, WINDOW).since(), NOW - WINDOW);
        assert_eq!(
            SentMessages::until(Position::at(i64::MIN), NOW, WINDOW).since(),
            i64::MIN
        );
    }
}
