//! The deliveries that have been due for longest.

/// Selects, for each target, up to a number of the deliveries that were due until a time, those that have been due for longest first:
/// these columns of these types, in the order of the targets.
macro_rules! longest_due {
    ($conn:expr, $looks:expr, $until:expr, $end:expr, $columns:literal, $Types:ty) => {{
        let (looks, until, end): (&[(&str, usize)], i64, &'static str) = ($looks, $until, $end);
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres(conn) => {
                $crate::store::tables::delivery::arrays::longest_due::<$Types, _>(
                    conn, looks, until, end, $columns,
                )
            }
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            conn => {
                let mut found = Vec::with_capacity(looks.len());
                for (target, most) in looks {
                    let select = diesel::dsl::sql::<$Types>(concat!(
                        "SELECT ",
                        $columns,
                        " FROM deliveries WHERE target = "
                    ));
                    let select = select
                        .bind::<diesel::sql_types::Text, _>(*target)
                        .sql(" AND due <= ")
                        .bind::<diesel::sql_types::BigInt, _>(until)
                        .sql(" ORDER BY due, event_id LIMIT ")
                        .bind::<diesel::sql_types::BigInt, _>(i64::try_from(*most).unwrap_or(i64::MAX))
                        .sql(end);
                    found.push(select.load(conn)?);
                }
                Ok(found)
            }
        }
    }};
}
pub(super) use longest_due;
