//! On PostgreSQL, how many rows a claim or a settlement reads does not depend on what the planner knows of the tables: fresh ones were
//! never analysed, and new listeners are not among the known ones.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tidings::store::delivery::{self, DueDelivery, Terms, Then};
use tidings::store::{Conn, Error, Tx};
use uuid::Uuid;

use super::claims::LEASE;
use super::{Outbox, event};
use crate::support::listeners::{attempt, insert_listener, report_to_listeners};
use crate::support::{NOW, reporter};

/// The deliveries that wait, and those that are claimed at a time.
const WAITING: usize = 5000;
const CLAIMED: usize = 100;

/// Claims until statements are planned for any values, and leave dead rows.
const ROUNDS: usize = 12;

/// Rows of deliveries that the connection has read; none where this is not counted.
fn rows_read(conn: &mut Conn) -> Result<i64, Error> {
    match conn {
        Conn::Postgres(conn) => {
            let read = sql::<BigInt>(
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'",
            );
            Ok(read.get_result(conn)?)
        }
        #[cfg(any(feature = "sqlite", feature = "mysql"))]
        _ => Ok(0),
    }
}

/// Claims deliveries and settles them, all but one as delivered. Returns how many, and the rows that were read.
fn deliver(tx: &mut Tx<'_>, listener: Uuid) -> Result<(usize, i64), Error> {
    let claim = Uuid::now_v7();
    let terms = Terms {
        now: NOW,
        until: NOW + LEASE,
        claim,
        limit: CLAIMED,
    };
    let before = rows_read(tx.conn())?;
    let mut claimed = delivery::claim_due(tx, listener, terms)?;
    let of = |one: &DueDelivery, then| attempt(one.event.message_id, claim, then);
    let last = claimed.pop().map(|one| of(&one, Then::Retry(NOW + LEASE)));
    let delivered = claimed.iter().map(|one| of(one, Then::Delivered));
    let made: Vec<_> = delivered.chain(last).collect();
    let settled = delivery::settle_attempts(tx, listener, &made, NOW)?;
    Ok((settled, rows_read(tx.conn())? - before))
}

#[tokio::test]
async fn claims_and_settlements_read_only_what_they_need_from_tables_that_were_never_analysed() {
    let outbox = Outbox::new();
    if outbox.database.url().starts_with("postgres") {
        outbox
            .database
            .execute("ALTER TABLE deliveries SET (autovacuum_enabled = off)");
    }
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    for _ in 0..WAITING / 1000 {
        let events = (0..1000).map(|_| event("a", Uuid::now_v7(), 0)).collect();
        report_to_listeners(&outbox.store, &reporter(), events).await;
    }
    for _ in 0..ROUNDS {
        let (settled, read) = outbox.store.write(move |tx| deliver(tx, listener)).await.unwrap();
        assert_eq!(settled, CLAIMED);
        assert!(read <= 10 * 100, "{read} rows were read for {CLAIMED}");
    }
}
