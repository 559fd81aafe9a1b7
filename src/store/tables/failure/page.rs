//! Pages of lists, in any order. Markers are the numeric ids, and a page begins after the row that the marker names.

use std::fmt::Write;

use crate::message::Direction;

/// The columns that a list can be sorted by: the name in the API, and the SQL. A null counts as the least value, in the order as
/// in the condition of a marker, so that no page skips a row. An empty SQL is that of a column in which all rows are equal.
#[derive(Debug, Clone, Copy)]
pub struct Columns(pub(super) &'static [(&'static str, &'static str)]);

impl Columns {
    /// The sort key with this name in the API.
    pub fn find(&self, name: &str) -> Option<SortKey> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, sql)| SortKey(sql))
    }
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey(&'static str);

/// Which rows of a list, in which order. The last key of the order is the id.
#[derive(Debug, Clone)]
pub struct Page {
    /// The order.
    pub order: Vec<(SortKey, Direction)>,
    /// The id of the row before.
    pub marker: Option<i64>,
    /// The most rows.
    pub limit: i64,
}

impl Page {
    /// The first page, the newest first.
    pub fn newest(limit: i64) -> Self {
        let order = ["created_at", "id"].map(|column| (SortKey(column), Direction::Descending));
        Self {
            order: order.to_vec(),
            marker: None,
            limit,
        }
    }

    /// Whether the order is that of an index, so that no rows have to be sorted.
    pub fn is_direct(&self) -> bool {
        let keys = self.order.iter().map(|(key, _)| key.0);
        let is_same = self
            .order
            .iter()
            .all(|(_, direction)| *direction == self.order[0].1);
        is_same && keys.eq(["created_at", "id"])
    }

    /// The terms of ORDER BY.
    pub(super) fn terms(&self) -> String {
        let terms = self.keys().map(|(sql, direction)| match direction {
            Direction::Ascending => format!("{sql} ASC"),
            Direction::Descending => format!("{sql} DESC"),
        });
        terms.collect::<Vec<_>>().join(", ")
    }

    /// The condition that a row comes after the marker: `a <= x AND (a < x OR b <= y AND (b < y OR ...))`, which leads every
    /// database to an index where there is one.
    pub(super) fn after(&self, table: &str) -> String {
        let Some(marker) = self.marker else {
            return "1 = 1".to_owned();
        };
        let (mut condition, mut ends) = (String::new(), String::new());
        for (sql, direction) in self.keys() {
            let sign = match direction {
                Direction::Ascending => '>',
                Direction::Descending => '<',
            };
            // The subquery's columns belong to the marker's row.
            let value = format!("(SELECT {sql} FROM {table} AS marker WHERE marker.id = {marker})");
            if !condition.is_empty() {
                condition.push_str(" OR ");
            }
            // Writing to a String cannot fail.
            let _ = write!(condition, "{sql} {sign}= {value} AND ({sql} {sign} {value}");
            ends.push(')');
        }
        condition + &ends
    }

    fn keys(&self) -> impl Iterator<Item = (&'static str, Direction)> {
        let keys = self.order.iter().map(|(key, direction)| (key.0, *direction));
        keys.filter(|(sql, _)| !sql.is_empty())
    }
}

/// Loads a page of a boxed statement of a table; [`Error::NotFound`](crate::store::error::Error::NotFound) if the marker is no row.
macro_rules! load_page {
    ($conn:expr, $select:expr, $table:ident, $page:expr) => {{
        let page: &super::page::Page = $page;
        if let Some(marker) = page.marker {
            $table::table
                .find(marker)
                .select($table::id)
                .first::<i64>($conn)?;
        }
        $select
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
                &page.after(stringify!($table)),
            ))
            .order(diesel::dsl::sql::<diesel::sql_types::Text>(&page.terms()))
            .limit(page.limit)
            .load($conn)?
    }};
}
pub(super) use load_page;
