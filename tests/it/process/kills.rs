//! SIGKILL in the transactions of a follower: each row is recorded once, with its note and its event, and the position is never
//! ahead of the messages.

use std::time::Duration;

use tidings::clock::Clock;
use tidings::message::time;

use super::followers::write_row;
use super::{Following, Place, wait_for};
use crate::support::{ServiceDatabase, let_pass_here};

/// A followed table, and the rows written so far.
struct Cloud {
    place: Place,
    service: ServiceDatabase,
    rows: u32,
    /// The position before the first row.
    begun: i64,
}

impl Cloud {
    /// Rows that are written from now on also make events.
    fn new() -> Self {
        let (place, service) = (Place::with("[events]\nkeep = 7\n"), ServiceDatabase::cinder());
        place.succeed(&["db", "migrate"]);
        let mut following = Following::start(&place, place.url(), &service.url());
        let position = "SELECT COALESCE(MAX(expires_at), 0) FROM follow_positions";
        let begun = wait_for("the first position", || {
            let position = place.database().number(position);
            (position > 0).then_some(position)
        });
        assert_eq!(following.stop().0, Some(0));
        // Rows have whole seconds, and only later ones make events.
        let second = || Clock::system().now() / time::SECOND;
        let this_second = second();
        wait_for("the next second", || (second() > this_second).then_some(()));
        Self {
            place,
            service,
            rows: 0,
            begun,
        }
    }

    fn write(&mut self, rows: u32) {
        for _ in 0..rows {
            self.rows += 1;
            write_row(&self.service, self.rows);
        }
    }

    fn follow(&self, store: &str) -> Following {
        Following::start(&self.place, store, &self.service.url())
    }

    fn count(&self, table: &str) -> usize {
        self.place.database().count(table)
    }

    /// Whether every row is recorded.
    fn is_recorded(&self) -> bool {
        self.count("messages") == usize::try_from(self.rows).unwrap()
    }

    /// Ends a killed process's lease before its time, and checks what the process has left. One statement reads all of a kind,
    /// as the server may still be committing.
    fn assert_agreement(&self) {
        let mut database = self.place.database();
        database.execute("UPDATE leases SET expires_at = 0 WHERE name = 'follow:cinder'");
        for others in [
            "followed_rows",
            "events WHERE event_type = 'message.create'",
            "late_messages",
        ] {
            let difference = format!("(SELECT COUNT(*) FROM messages) - (SELECT COUNT(*) FROM {others})");
            assert_eq!(database.number(&difference), 0, "messages without {others}");
        }
        let ahead = format!(
            "SELECT COUNT(*) FROM follow_positions WHERE expires_at > {} AND expires_at > \
             (SELECT COALESCE(MAX(expires_at), 0) FROM messages)",
            self.begun
        );
        assert_eq!(
            database.number(&ahead),
            0,
            "the position is ahead of the messages"
        );
    }

    /// Lets a process follow in peace, and checks that it has recorded each row once.
    fn assert_whole(&mut self) {
        self.write(1);
        let mut following = self.follow(self.place.url());
        wait_for("all messages", || self.is_recorded().then_some(()));
        assert_eq!(following.stop().0, Some(0));
        self.assert_agreement();
        assert!(self.is_recorded(), "messages without rows");
    }
}

#[test]
fn a_follower_may_be_killed_at_any_time() {
    let mut cloud = Cloud::new();
    for kill in 0..8 {
        cloud.write(10);
        let mut following = cloud.follow(cloud.place.url());
        let held = "leases WHERE name = 'follow:cinder' AND expires_at > 0";
        wait_for("the lease", || (cloud.count(held) == 1).then_some(()));
        // Later each time, to hit the look, the transaction and the walk.
        let_pass_here(Duration::from_millis(3 * kill));
        following.kill();
        cloud.assert_agreement();
    }
    cloud.assert_whole();
}
