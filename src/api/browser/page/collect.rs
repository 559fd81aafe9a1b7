//! One page of a list, with repeats grouped.

use super::row_view::RowView;
use crate::message::{Position, Query, time};
use crate::page::Item;
use crate::store::message::MessageRow;
use crate::store::{self, Read};

/// Longest span of a group of repeats, in microseconds.
const SPAN: i64 = 86_400 * time::SECOND;

/// Most rows of one page, including repeats.
const MOST_ROWS: usize = 1000;

/// A page as read from the store.
pub struct Collected {
    /// Its messages.
    pub items: Vec<Item>,
    /// The first row.
    pub first: Option<Position>,
    /// The last row, which may belong to an earlier group.
    pub last: Option<Position>,
    /// Whether more rows follow.
    pub has_more: bool,
    /// The position of each row, with the index of its item.
    pub rows: Vec<(Position, usize)>,
    size: usize,
    each: bool,
}

/// Reads `size` messages or groups of repeats: the same code and resource within a day. `each` disables grouping.
///
/// # Errors
/// [`store::Error::NotFound`] if the query's marker is gone. Rows that are deleted meanwhile do no harm.
pub fn collect(
    read: &mut Read<'_>,
    mut query: Query,
    view: &RowView,
    size: usize,
    each: bool,
) -> Result<Collected, store::Error> {
    let mut page = Collected {
        items: Vec::with_capacity(size),
        first: None,
        last: None,
        has_more: false,
        rows: Vec::with_capacity(size),
        size,
        each,
    };
    // Every other order sorts the whole list for each statement, so one statement reads the whole page.
    let slice = query.by_time().map_or(MOST_ROWS, |_| size);
    query.limit = i64::try_from(slice).unwrap_or(i64::MAX).saturating_add(1);
    let mut last = store::message::marker(read, &query)?;
    loop {
        let (mut rows, mut end) = (0, None);
        store::message::list_after(read, &query, last.as_ref(), &mut |row| {
            rows += 1;
            page.take(row, view);
            if rows == query.limit && !page.has_more {
                end = Some(row.clone());
            }
        })?;
        if end.is_none() {
            return Ok(page);
        }
        last = end;
        query.offset = 0;
    }
}

impl Collected {
    fn take(&mut self, row: &MessageRow, view: &RowView) {
        self.has_more |= self.rows.len() == MOST_ROWS;
        if self.has_more {
            return;
        }
        let known = if self.each { None } else { self.group_of(row) };
        let index = match known {
            Some(index) => {
                join(&mut self.items[index], row, view);
                index
            }
            None if self.items.len() < self.size => {
                self.items.push(view.item(row));
                self.items.len() - 1
            }
            _ => {
                self.has_more = true;
                return;
            }
        };
        let position = row.position();
        self.rows.push((position, index));
        self.first = self.first.or(Some(position));
        self.last = Some(position);
    }

    /// The item that the row repeats. Messages without a resource are not grouped.
    fn group_of(&self, row: &MessageRow) -> Option<usize> {
        let resource = row.resource_uuid().filter(|id| !id.is_empty())?;
        self.items.iter().rposition(|item| {
            item.resource.id.as_deref() == Some(resource)
                && item.code == row.event_id()
                && item.last.at.max(row.created_at) - item.first.at.min(row.created_at) <= SPAN
        })
    }
}

fn join(item: &mut Item, row: &MessageRow, view: &RowView) {
    item.count += 1;
    // Messages of a batch have the same time; their ids decide, as everywhere.
    let (at, id) = (row.created_at, row.id.to_string());
    if (at, &id) < (item.first.at, &item.oldest_id) {
        item.first = view.moment(at);
        item.oldest_id = id;
    } else if (at, &id) > (item.last.at, &item.id) {
        let (count, first, oldest_id) = (item.count, item.first, std::mem::take(&mut item.oldest_id));
        // The group shows the newest message.
        *item = Item {
            oldest_id,
            count,
            first,
            ..view.item(row)
        };
    }
}
