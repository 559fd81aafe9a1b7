//! How many statements a connection keeps prepared, whatever is asked. Only with `TEST_DATABASE_URL`: MariaDB has one limit
//! for all of its clients, and PostgreSQL keeps them in memory.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use tidings::message::{Column, Condition, Direction, Query, Scope};
use tidings::store::message::list;
use tidings::store::{Conn, Error, Store};

use super::server::{batch, open_with, remote};
use crate::support::{Fresh, message};

/// The most that a reader may keep. Those of lists are 84, see `MOST_CONDITIONS`.
const MOST: i64 = 100;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Status {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "Variable_name")]
    name: String,
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "Value")]
    value: String,
}

fn kept(conn: &mut Conn) -> Result<i64, Error> {
    if matches!(conn, Conn::Postgres(_)) {
        let number: Number =
            sql_query("SELECT count(*) AS number FROM pg_prepared_statements").get_result(conn)?;
        return Ok(number.number);
    }
    let status: Vec<Status> =
        sql_query("SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_prepare', 'Com_stmt_close')")
            .load(conn)?;
    let value = |name: &str| {
        let line = status.iter().find(|line| line.name == name).unwrap();
        line.value.parse::<i64>().unwrap()
    };
    Ok(value("Com_stmt_prepare") - value("Com_stmt_close"))
}

/// All orders of all subsets of the five filters that tenants have.
fn filters() -> Vec<Vec<Condition>> {
    let columns = [
        Column::EventId,
        Column::RequestId,
        Column::MessageLevel,
        Column::ResourceType,
        Column::ResourceUuid,
    ];
    let mut all: Vec<Vec<Column>> = vec![Vec::new()];
    let mut next = 0;
    while next < all.len() {
        for column in columns {
            if !all[next].contains(&column) {
                all.push([all[next].as_slice(), &[column]].concat());
            }
        }
        next += 1;
    }
    let equal = |column: &Column| Condition::Equals(*column, "x".to_owned());
    all.iter()
        .map(|columns| columns.iter().map(equal).collect())
        .collect()
}

/// Asks for pages of many shapes and returns their number.
async fn ask(store: &Store, marker: uuid::Uuid) -> usize {
    let mut asked = 0;
    for (number, conditions) in filters().into_iter().enumerate() {
        let direction = [Direction::Descending, Direction::Ascending][number % 2];
        let scope = [Scope::Project("p1".to_owned()), Scope::All][number / 2 % 2].clone();
        let mut order = Query::total(vec![(Column::CreatedAt, direction)]);
        if number % 5 == 0 {
            order = Query::total(vec![(Column::EventId, direction)]);
        }
        let query = Query {
            conditions,
            order,
            marker: (number % 3 == 0).then_some(marker),
            offset: i64::from(number % 7 == 0),
            ..Query::newest(scope, 10)
        };
        let asking = query.clone();
        store
            .list(&query, move |read| list(read, &asking, &mut |_| ()))
            .await
            .unwrap();
        asked += 1;
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_of_filters_makes_a_reader_keep_many_statements() {
    let Some(database): Option<Fresh> = remote() else {
        return;
    };
    let store = open_with(database.url(), &[("MAX_POOL_SIZE", "2")]);
    let known = message("p1", 0);
    let marker = known.id;
    store.record(batch(vec![known])).await.unwrap();
    assert!(ask(&store, marker).await > 300);
    let mut most = 0;
    // Whichever reader is free answers.
    for _ in 0..20 {
        most = most.max(store.read(|read| kept(read)).await.unwrap());
    }
    assert!((1..=MOST).contains(&most), "{most} statements are kept prepared");
    store.close();
}
