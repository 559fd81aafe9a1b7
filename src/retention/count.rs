//! Counts what a purge would delete.

use super::options::Options;
use super::report::{Error, PurgeReport};
use crate::store::delivery::{self, SweptTo};
use crate::store::{Store, Timed, read_state};

/// Counts everything.
pub(super) async fn all(store: &Store, options: &Options) -> Result<PurgeReport, Error> {
    let before = options.expired_before;
    let passed = store
        .read(move |read| read_state::passed_before(read, before))
        .await?;
    let expired = |rows| store.count_before(rows, before);
    Ok(PurgeReport {
        messages: messages(store, options).await?,
        keys: expired(Timed::KEYS).await?,
        notifications: expired(Timed::NOTIFICATIONS).await?
            + expired(Timed::OWNERS).await?
            + expired(Timed::FOLLOWED).await?
            + expired(Timed::PAIRINGS).await?,
        statistics: expired(Timed::COUNTS).await? + expired(Timed::UNMATCHED).await?,
        sessions: expired(Timed::SESSIONS).await?,
        confirmations: expired(Timed::CONFIRMATIONS).await?,
        read_marks: expired(Timed::READ_MARKS).await?
            + expired(Timed::LATE).await?
            + store.count_before(Timed::WATERMARKS, passed).await?,
        events: store.count_before(Timed::EVENTS, options.kept_before).await?,
        undelivered: store.count_undelivered(options.waiting_before).await?,
        deliveries: deliveries(store, options).await?,
        failures: store
            .count_before(Timed::FAILURES, options.failures_before)
            .await?,
        ..PurgeReport::default()
    })
}

/// Counts the expired messages.
pub(super) async fn messages(store: &Store, options: &Options) -> Result<u64, Error> {
    Ok(store
        .count_before(Timed::MESSAGES, options.expired_before)
        .await?)
}

/// Counts the deliveries of listeners that are too old or belong to no listener.
async fn deliveries(store: &Store, options: &Options) -> Result<u64, Error> {
    let (kept, mut count) = (options.listeners_since, 0);
    let size = i64::try_from(options.batch_size).unwrap_or(i64::MAX);
    let mut after = Some(SweptTo::nothing());
    while let Some(from) = after {
        let look = store.read(move |read| delivery::look_at_listeners(read, &from, kept, size));
        let found = look.await?;
        count += found.count() as u64;
        after = found.next;
    }
    Ok(count)
}
