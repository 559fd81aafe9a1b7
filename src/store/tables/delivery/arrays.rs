//! Statements for PostgreSQL. Each takes the keys or columns of any number of rows as arrays, so that it stays prepared, and finds each
//! row by a seek of its own, whatever the planner believes of the table.
//!
//! It may believe much that is wrong: a table is analysed minutes after it was filled, and later still a new target is not among the
//! known ones. Then it takes a target for one of few rows, and reads all of them to filter them by their ids, or sorts all to return
//! the first. The subqueries here give it no such choice: they belong to one key, and a lock, or `OFFSET 0`, keeps them so.

use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text};

use super::attempts::AttemptRow;
use crate::store::error::Error;
use crate::store::schema::deliveries;

/// Keys of deliveries.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys<'a> {
    pub(super) targets: Vec<&'a str>,
    pub(super) events: Vec<&'a [u8]>,
}

impl Keys<'_> {
    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.targets)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Binary>, _>(&self.events)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Locks deliveries, and returns the place of each in the keys, from 1, with what it must stay in order with.
#[derive(Debug)]
pub(super) struct Lock<'a>(pub(super) Keys<'a>);

impl QueryId for Lock<'_> {
    type QueryId = Lock<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Lock<'_> {
    type SqlType = (BigInt, Nullable<BigInt>);
}

impl RunQueryDsl<PgConnection> for Lock<'_> {}

impl QueryFragment<Pg> for Lock<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT wanted.place, locked.order_key FROM ");
        self.0.walk(&mut out)?;
        out.push_sql(
            " WITH ORDINALITY AS wanted(target, event_id, place), LATERAL (SELECT order_key FROM deliveries \
             WHERE deliveries.target = wanted.target AND deliveries.event_id = wanted.event_id FOR UPDATE) AS locked",
        );
        Ok(())
    }
}

/// That a delivery has one of these keys. A change by this condition passes over rows that others change meanwhile, unless the
/// transaction has locked them.
#[derive(Debug, Clone)]
pub(super) struct HasKey<'a>(pub(super) Keys<'a>);

impl Expression for HasKey<'_> {
    type SqlType = Bool;
}

impl AppearsOnTable<deliveries::table> for HasKey<'_> {}

impl SelectableExpression<deliveries::table> for HasKey<'_> {}

impl ValidGrouping<()> for HasKey<'_> {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for HasKey<'_> {
    type QueryId = HasKey<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for HasKey<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("deliveries.ctid = ANY(ARRAY(SELECT found.ctid FROM ");
        self.0.walk(&mut out)?;
        out.push_sql(
            " AS wanted(target, event_id), LATERAL (SELECT ctid FROM deliveries AS sought \
             WHERE sought.target = wanted.target AND sought.event_id = wanted.event_id OFFSET 0) AS found))",
        );
        Ok(())
    }
}

/// Returns, for each target, the deliveries that have been due for longest.
pub(super) fn longest_due<T, U>(
    conn: &mut PgConnection,
    looks: &[(&str, usize)],
    until: i64,
    end: &'static str,
    columns: &'static str,
) -> Result<Vec<Vec<U>>, Error>
where
    LongestDue<T>: for<'q> LoadQuery<'q, PgConnection, (i64, U)>,
{
    let select = LongestDue::<T> {
        columns,
        targets: looks.iter().map(|(target, _)| (*target).to_owned()).collect(),
        most: looks
            .iter()
            .map(|(_, most)| i64::try_from(*most).unwrap_or(i64::MAX))
            .collect(),
        until,
        end,
        types: PhantomData,
    };
    let rows: Vec<(i64, U)> = select.load(conn)?;
    let mut found: Vec<Vec<U>> = looks.iter().map(|_| Vec::new()).collect();
    for (place, row) in rows {
        let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        if let Some(found) = place.and_then(|place| found.get_mut(place)) {
            found.push(row);
        }
    }
    Ok(found)
}

/// The deliveries of targets that have been due for longest. `T` are the types of the columns, which follow the place of the target
/// in `targets`, from 1.
#[derive(Debug)]
pub(super) struct LongestDue<T> {
    columns: &'static str,
    targets: Vec<String>,
    /// The most of each target.
    most: Vec<i64>,
    /// When they were due at the latest, in microseconds since 1970.
    until: i64,
    /// What follows the limit.
    end: &'static str,
    types: PhantomData<T>,
}

impl<T> QueryId for LongestDue<T> {
    type QueryId = ();

    /// The text of the statement tells the columns.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for LongestDue<T> {
    type SqlType = (BigInt, T);
}

impl<T> RunQueryDsl<PgConnection> for LongestDue<T> {}

impl<T> QueryFragment<Pg> for LongestDue<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT wanted.place, ");
        out.push_sql(self.columns);
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.targets)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.most)?;
        // The limit is no constant: one that exceeds the number of rows that the planner expects would let it sort.
        out.push_sql(
            ") WITH ORDINALITY AS wanted(target, most, place), LATERAL (SELECT * FROM deliveries \
             WHERE deliveries.target = wanted.target AND deliveries.due <= ",
        );
        out.push_bind_param::<BigInt, _>(&self.until)?;
        out.push_sql(" ORDER BY deliveries.due, deliveries.event_id LIMIT wanted.most");
        out.push_sql(self.end);
        out.push_sql(") AS found");
        Ok(())
    }
}

/// Inserts the attempts that are not there yet.
pub(super) fn insert_attempts(conn: &mut PgConnection, rows: &[AttemptRow]) -> QueryResult<usize> {
    let insert = InsertAttempts {
        target: rows.iter().map(|row| row.target.as_str()).collect(),
        event_id: rows.iter().map(|row| row.event_id.as_slice()).collect(),
        id: rows.iter().map(|row| row.id.as_slice()).collect(),
        started_at: rows.iter().map(|row| row.started_at).collect(),
        milliseconds: rows.iter().map(|row| row.milliseconds).collect(),
        is_delivered: rows.iter().map(|row| row.is_delivered).collect(),
        status: rows.iter().map(|row| row.status).collect(),
        answer: rows.iter().map(|row| row.answer.as_str()).collect(),
    };
    insert.execute(conn)
}

/// The columns of attempts.
struct InsertAttempts<'a> {
    target: Vec<&'a str>,
    event_id: Vec<&'a [u8]>,
    id: Vec<&'a [u8]>,
    started_at: Vec<i64>,
    milliseconds: Vec<i32>,
    is_delivered: Vec<bool>,
    status: Vec<Option<i32>>,
    answer: Vec<&'a str>,
}

impl QueryId for InsertAttempts<'_> {
    type QueryId = InsertAttempts<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for InsertAttempts<'_> {}

impl QueryFragment<Pg> for InsertAttempts<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO attempts (target, event_id, id, started_at, milliseconds, is_delivered, status, answer) \
             SELECT * FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.target)?;
        for column in [&self.event_id, &self.id] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Binary>, _>(column)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.started_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Integer>, _>(&self.milliseconds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Bool>, _>(&self.is_delivered)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Integer>>, _>(&self.status)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.answer)?;
        out.push_sql(") ON CONFLICT DO NOTHING");
        Ok(())
    }
}
