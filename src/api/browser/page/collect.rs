//! One page of a list, with repeats grouped.

use std::collections::HashMap;

use uuid::Uuid;

use super::row_view::RowView;
use crate::message::{Column, Condition, Position, Query, Scope, State, time};
use crate::page::{Item, Levels};
use crate::store::message::MessageRow;
use crate::store::read_state::{self, ProjectUser};
use crate::store::{self, Read};

/// Longest span of a group of repeats, in microseconds.
const SPAN: i64 = 86_400 * time::SECOND;

/// Most rows of one page, including repeats.
const MOST_ROWS: usize = 1000;

/// Most groups of the repeats of a message within two days around it.
const MOST_AROUND: usize = 4;

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
    /// The number of rows of each level.
    pub levels: Levels,
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
        levels: Levels::default(),
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

/// Reads the group of a message, as a list of nothing but its repeats has it, with the states of its messages if `whose` has any.
/// None without repeats.
pub fn group_around(
    read: &mut Read<'_>,
    scope: Scope,
    row: &MessageRow,
    view: &RowView,
    whose: Option<&ProjectUser>,
) -> Result<Option<Item>, store::Error> {
    let Some(resource) = row.resource_uuid().filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let query = Query {
        conditions: vec![
            Condition::Equals(Column::EventId, row.event_id().to_owned()),
            Condition::Equals(Column::ResourceUuid, resource.to_owned()),
            Condition::Since(Column::CreatedAt, row.created_at.saturating_sub(SPAN)),
            Condition::Before(Column::CreatedAt, row.created_at.saturating_add(SPAN)),
        ],
        ..Query::newest(scope, 0)
    };
    let mut page = collect(read, query, view, MOST_AROUND, false)?;
    if let Some(whose) = whose {
        page.note_states(read, whose)?;
    }
    let own = page.rows.iter().find(|(position, _)| position.id == row.id);
    let index = own.map(|(_, index)| *index);
    Ok(index.map(|index| page.items.swap_remove(index)))
}

impl Collected {
    /// Notes the states of the items, and returns those of their messages.
    pub fn note_states(
        &mut self,
        read: &mut Read<'_>,
        whose: &ProjectUser,
    ) -> Result<HashMap<Uuid, State>, store::Error> {
        let positions: Vec<Position> = self.rows.iter().map(|(position, _)| *position).collect();
        let states = read_state::states_among(read, whose, &positions)?;
        for item in &mut self.items {
            item.is_done = true;
        }
        for (position, index) in &self.rows {
            let (state, item) = (states.get(&position.id), &mut self.items[*index]);
            item.is_unread |= state == Some(&State::Unread);
            item.is_done &= state == Some(&State::Done);
        }
        Ok(states)
    }

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
        self.levels.add(row.message_level());
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
