//! How many statements a connection keeps prepared, whatever clients ask. Only with `TEST_DATABASE_URL`: MariaDB has
//! one limit for all of its clients, and PostgreSQL keeps them in memory.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use tidings::message::{Column, Condition, Direction, Query, Scope};
use tidings::store::message::list;
use tidings::store::{Conn, Error, Store};

use super::server::{batch, is_postgres, open_with, remote};
use crate::support::{Fresh, RecordBatch, message};

/// The most that a reader may keep. Those of lists are 84, see `MOST_CONDITIONS`.
const MOST: i64 = 100;

/// The most memory of its own that a PostgreSQL backend may need, in kB.
const LARGEST: u64 = 8_000;

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

/// Returns the memory of the connection's backend that no other process shares. See proc(5), `smaps_rollup`.
fn private_kilobytes(conn: &mut Conn) -> Result<u64, Error> {
    let backend: Number = sql_query("SELECT CAST(pg_backend_pid() AS bigint) AS number").get_result(conn)?;
    let table = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", backend.number)).unwrap();
    let parts = table.lines().filter(|line| line.starts_with("Private_"));
    Ok(parts
        .map(|line| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap())
        .sum())
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

/// Returns all orders of all subsets of the five filters that tenants have.
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

/// How many of the eight ways to request a page of the same filters are tried; `tests/soak/run shapes` uses all.
fn ways() -> usize {
    std::env::var("TEST_SHAPES").map_or(1, |number| number.parse().unwrap())
}

/// Requests pages of many shapes and returns their number.
async fn ask(store: &Store, marker: uuid::Uuid) -> usize {
    let mut asked = 0;
    let filters =
        (0..ways()).flat_map(|way| filters().into_iter().enumerate().map(move |(n, f)| (n + way, f)));
    for (number, conditions) in filters {
        let direction = [Direction::Descending, Direction::Ascending][number % 2];
        let scope = [Scope::Project("p1".to_owned()), Scope::All][number / 8 % 2].clone();
        let column = [Column::CreatedAt, Column::EventId][number / 16 % 2];
        let query = Query {
            conditions,
            order: Query::total(vec![(column, direction)]),
            marker: (number / 2 % 2 == 0).then_some(marker),
            offset: i64::from(number / 4 % 2 == 0),
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

#[expect(
    clippy::print_stdout,
    reason = "a figure of the documents: see tests/soak/run"
)]
#[tokio::test(flavor = "multi_thread")]
async fn no_order_of_filters_makes_a_reader_keep_many_statements() {
    let Some(database): Option<Fresh> = remote() else {
        return;
    };
    let store = open_with(database.url(), &[("MAX_POOL_SIZE", "2")]);
    let known = message("p1", 0);
    let marker = known.id;
    store.record_batch(batch(vec![known])).await.unwrap();
    assert!(ask(&store, marker).await > 300);
    let mut most = 0;
    // Any free reader may answer.
    for _ in 0..20 {
        most = most.max(store.read(|read| kept(read)).await.unwrap());
    }
    assert!((1..=MOST).contains(&most), "{most} statements are kept prepared");
    if is_postgres(&database) {
        let mut largest = 0;
        for _ in 0..20 {
            largest = largest.max(store.read(|read| private_kilobytes(read)).await.unwrap());
        }
        println!("{largest} kB of its own has a backend at most");
        assert!((1000..LARGEST).contains(&largest), "a backend has {largest} kB");
    }
    store.close();
}
