//! Reads a project's messages as they appear, without losing one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::delivered::{SentMessages, TailBatch, window};
use crate::clock::Clock;
use crate::message::{Message, Position, time};
use crate::store::message::ArrivalPlace;
use crate::store::{self, Store};

/// Messages that arrive later than this after their creation, in microseconds, are history rather than news.
const OLDEST: i64 = 86_400 * time::SECOND;

/// A reader's progress through a project's messages.
pub(super) struct Tail {
    store: Store,
    clock: Clock,
    project: String,
    delivered: SentMessages,
}

impl Tail {
    /// Starts after a position, with the window before it, except the position's own message.
    pub(super) fn after(store: Store, clock: Clock, project: String, position: Position) -> Self {
        let delivered = SentMessages::until(position, clock.now(), window(store.deadline()));
        Self {
            store,
            clock,
            project,
            delivered,
        }
    }

    /// Marks all stored messages as delivered.
    pub(super) async fn skip(&mut self) -> Result<(), store::Error> {
        let (project, since) = (self.project.clone(), self.delivered.since());
        let standing = self.store.read(move |conn| {
            // First: what arrives meanwhile is delivered rather than missed.
            let arrival = ArrivalPlace::last(conn)?;
            Ok((store::message::positions(conn, &project, since)?, arrival))
        });
        let (standing, arrival) = standing.await?;
        self.delivered.arrived(arrival);
        self.delivered.add(standing);
        Ok(())
    }

    /// Reads the next messages. Cancelling it loses nothing.
    pub(super) async fn read(&mut self) -> Result<TailBatch, store::Error> {
        let settled = self.clock.now().saturating_sub(window(self.store.deadline()));
        let project = self.project.clone();
        let (since, known) = (self.delivered.since(), self.delivered.positions());
        let (arrival, oldest) = (self.delivered.arrival(), self.clock.now().saturating_sub(OLDEST));
        let read = self.store.read(move |conn| {
            let after = arrival.map_or_else(|| ArrivalPlace::last(conn), Ok)?;
            let news = store::message::news(conn, &project, since, &known)?;
            // Afterwards: what arrives in time is among the news then, and anything else that was delivered has changed.
            Ok((news, store::message::arrivals(conn, &project, after, oldest)?))
        });
        let (news, arrivals) = read.await?;
        let new: BTreeSet<Position> = news.messages.iter().map(Position::of).collect();
        let late = arrivals.messages.into_iter();
        let late: Vec<Arc<Message>> = late
            .filter(|message| !new.contains(&Position::of(message)))
            .map(Arc::new)
            .collect();
        self.delivered.arrived(arrivals.last);
        self.delivered.add(new);
        self.delivered
            .add(late.iter().map(|message| Position::of(message)));
        let until = news.until.map_or(settled, |until| until.created_at.min(settled));
        self.delivered.settle(until);
        Ok(TailBatch {
            messages: news.messages.into_iter().map(Arc::new).collect(),
            late,
            arrival: arrivals.last,
            is_last: news.until.is_none() && !arrivals.is_full,
            since: until,
        })
    }

    /// Returns the new messages of another reader's batch: those in the order of time, and late ones.
    pub(super) fn take<'a>(&mut self, batch: &'a TailBatch) -> (Vec<Arc<Message>>, &'a [Arc<Message>]) {
        (self.delivered.take(batch), self.delivered.take_late(batch))
    }
}
