//! Tables with many rows, made by the database itself.

use tidings::config::Backend;

use crate::support::{Database, Fresh, NOW};

/// Rows of the tables that are listed.
pub const ROWS: i64 = 100_000;

/// Rows of the others, which are only looked up and purged.
pub const FEWER: i64 = 10_000;

/// Projects, users and drivers that the rows are spread over.
const OWNERS: i64 = 100;

/// Microseconds between two rows.
const STEP: i64 = 1000;

/// The time of the first row.
pub const FIRST: i64 = NOW - ROWS * STEP;

/// Fills all tables but that of turns, which has one row, and has the database count what it holds.
pub fn fill(database: &Fresh) {
    let is = |backend: fn(&Backend) -> bool| backend(database.connection().backend());
    let (is_sqlite, is_mysql) = (
        is(|backend| matches!(backend, Backend::Sqlite(_))),
        is(|backend| matches!(backend, Backend::Mysql(_))),
    );
    let numbers = |rows: i64| match () {
        () if is_sqlite => format!(
            "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n FROM s)"
        ),
        () if is_mysql => format!("(SELECT seq AS n FROM seq_1_to_{rows}) AS s"),
        () => format!("generate_series(1, {rows}) AS s(n)"),
    };
    let bytes = |number: &str, width: usize| match () {
        () if is_sqlite => format!("CAST(printf('%0{width}d', {number}) AS BLOB)"),
        () if is_mysql => format!("lpad({number}, {width}, '0')"),
        () => format!("convert_to(lpad(CAST({number} AS text), {width}, '0'), 'UTF8')"),
    };
    let (id, digest) = (bytes("n", 16), bytes("n", 32));
    let project = format!("concat('p', n % {OWNERS})");
    let at = format!("{FIRST} + n * {STEP}");
    let event = |id: &str| {
        format!(
            "{id}, {at}, concat('type', n % 10), 'INFO', 'tidings.db', {project}, concat('req-', n), '{{}}', NULL"
        )
    };
    let tables = [
        (
            "messages",
            format!(
                "{project}, {at}, {id}, concat('VOLUME_00000', n % 10), NULL, NULL, 'VOLUME', \
                 concat('r', n % 1000), concat('req-', n), 'ERROR', NULL, {at}"
            ),
        ),
        (
            "idempotency_keys",
            format!("{digest}, {digest}, {id}, {at}, 'req-1', {at}"),
        ),
        ("leases", format!("concat('lease', n), 'host', {at}")),
        (
            "outbox",
            format!("concat('driver', n % {OWNERS}), {}", event(&id)),
        ),
        ("pending_events", event(&id)),
        // None of these waits.
        ("events", event(&bytes("n + 1000000", 16))),
        (
            "deliveries",
            format!("concat('driver', n % {OWNERS}), {id}, {at}"),
        ),
        ("browser_sessions", format!("{digest}, {digest}, {at}, {at}")),
        ("read_marks", format!("{project}, 'u1', {at}, {id}, {at}")),
        ("read_watermarks", format!("{project}, concat('u', n), {at}, n")),
        ("late_messages", format!("{project}, n, {at}, {id}, {at}")),
        ("ingest_keys", format!("{id}, {at}")),
        ("resource_owners", format!("{id}, {project}, {at}")),
    ];
    let mut past = Database::open(database.url());
    past.execute(if is_mysql { "SET autocommit = 0" } else { "BEGIN" });
    for (table, values) in &tables {
        let is_listed = ["messages", "events", "pending_events", "deliveries", "outbox"].contains(table);
        let numbers = numbers(if is_listed { ROWS } else { FEWER });
        past.execute(&format!("INSERT INTO {table} SELECT {values} FROM {numbers}"));
    }
    past.execute("COMMIT");
    let names = tables.map(|(table, _)| table).join(", ");
    past.execute(&if is_mysql {
        format!("ANALYZE TABLE {names}")
    } else {
        "ANALYZE".to_owned()
    });
}
