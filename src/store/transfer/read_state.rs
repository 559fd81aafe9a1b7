//! What users have read, as it is copied: without it, every message is unread again after a move.

use diesel::prelude::*;

use super::digest::{Columns, Digest, digits};
use super::table::Table;
use crate::store::backend::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::read_state::{Mark, Watermark};
use crate::store::schema::{read_marks, read_watermarks};
use crate::store::write::Tx;

/// Marks of one statement.
const ROWS: usize = 500;

/// A message that a user has read.
#[derive(PartialEq, Queryable)]
pub(super) struct MarkRow {
    project_id: String,
    user_id: String,
    created_at: i64,
    message_id: Vec<u8>,
    expires_at: Option<i64>,
}

impl MarkRow {
    fn to_mark(&self) -> Mark {
        Mark {
            project_id: self.project_id.clone(),
            user_id: self.user_id.clone(),
            created_at: self.created_at,
            message_id: self.message_id.clone(),
            expires_at: self.expires_at,
        }
    }
}

/// A mark with its key: project, user, time and message, which sort as the columns do.
#[derive(PartialEq)]
pub(super) struct Marked {
    key: Vec<u8>,
    row: MarkRow,
}

impl From<MarkRow> for Marked {
    fn from(row: MarkRow) -> Self {
        let key = [
            row.project_id.as_bytes(),
            &[0],
            row.user_id.as_bytes(),
            &[0],
            &sortable(row.created_at),
            &row.message_id,
        ]
        .concat();
        Self { key, row }
    }
}

/// Bytes that sort as the numbers do.
pub(super) fn sortable(number: i64) -> [u8; 8] {
    (number ^ i64::MIN).to_be_bytes()
}

/// The columns of a mark's key. The empty key, which comes before all others, has columns that do, too.
fn mark_of(key: &[u8]) -> (String, String, i64, Vec<u8>) {
    let (project, user, rest) = owner_of(key);
    let (at, id) = number_of(rest);
    (project, user, at, id.to_vec())
}

/// The number at the beginning of what is left of a key, and the rest of it. Where nothing is left, the least one.
pub(super) fn number_of(key: &[u8]) -> (i64, &[u8]) {
    let (number, rest) = key.split_first_chunk().unwrap_or((&[0; 8], &[]));
    (i64::from_be_bytes(*number) ^ i64::MIN, rest)
}

/// Project and user at the beginning of a key, and the rest of it.
fn owner_of(key: &[u8]) -> (String, String, &[u8]) {
    let mut parts = key.splitn(3, |byte| *byte == 0);
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (project, user) = (text(), text());
    (project, user, parts.next().unwrap_or_default())
}

impl Table for Marked {
    const NAME: &'static str = "read_marks";

    /// Asks for the rest of the user's marks, then of the project's, then of all: each is one seek in the primary key,
    /// where a single condition on all columns would be a walk from its beginning.
    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let (project, user, at, id) = mark_of(after);
        let select = || {
            read_marks::table
                .order((
                    read_marks::project_id,
                    read_marks::user_id,
                    read_marks::created_at,
                    read_marks::message_id,
                ))
                .into_boxed::<MultiBackend>()
        };
        let steps = [
            select()
                .filter(read_marks::project_id.eq(project.clone()))
                .filter(read_marks::user_id.eq(user.clone()))
                .filter(read_marks::created_at.ge(at))
                .filter(read_marks::created_at.gt(at).or(read_marks::message_id.gt(id))),
            select()
                .filter(read_marks::project_id.eq(project.clone()))
                .filter(read_marks::user_id.gt(user)),
            select().filter(read_marks::project_id.gt(project)),
        ];
        let mut rows: Vec<MarkRow> = Vec::new();
        for step in steps {
            let room = limit - i64::try_from(rows.len()).unwrap_or(limit);
            if room > 0 {
                rows.extend(step.limit(room).load::<MarkRow>(conn)?);
            }
        }
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn key(&self) -> &[u8] {
        &self.key
    }

    fn shown(&self) -> String {
        let MarkRow {
            project_id,
            user_id,
            message_id,
            ..
        } = &self.row;
        format!("{project_id} {user_id} {}", digits(message_id))
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for chunk in rows.chunks(ROWS) {
            let marks: Vec<Mark> = chunk.iter().map(|mark| mark.row.to_mark()).collect();
            tx.conn().insert_marks(&marks)?;
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        for key in keys {
            let (project, user, at, id) = mark_of(key);
            let row = read_marks::table
                .filter(read_marks::project_id.eq(project))
                .filter(read_marks::user_id.eq(user))
                .filter(read_marks::created_at.eq(at))
                .filter(read_marks::message_id.eq(id));
            diesel::delete(row).execute(tx.conn())?;
        }
        Ok(())
    }
}

impl Columns for Marked {
    fn columns(&self, digest: &mut Digest) {
        let MarkRow {
            project_id,
            user_id,
            created_at,
            message_id,
            expires_at,
        } = &self.row;
        digest.bytes(project_id.as_bytes());
        digest.bytes(user_id.as_bytes());
        digest.number(*created_at);
        digest.bytes(message_id);
        digest.time(*expires_at);
    }
}

/// The time until which a user has read everything.
#[derive(PartialEq, Queryable)]
pub(super) struct WatermarkRow {
    project_id: String,
    user_id: String,
    read_until: i64,
    late_turn: i64,
}

/// A watermark with its key: project and user.
#[derive(PartialEq)]
pub(super) struct Watermarked {
    key: Vec<u8>,
    row: WatermarkRow,
}

impl From<WatermarkRow> for Watermarked {
    fn from(row: WatermarkRow) -> Self {
        let key = [row.project_id.as_bytes(), &[0], row.user_id.as_bytes()].concat();
        Self { key, row }
    }
}

impl Table for Watermarked {
    const NAME: &'static str = "read_watermarks";
    const CHANGES_IN_PLACE: bool = true;

    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let (project, user, _) = owner_of(after);
        let select = || {
            read_watermarks::table
                .order((read_watermarks::project_id, read_watermarks::user_id))
                .into_boxed::<MultiBackend>()
        };
        let of_project = select()
            .filter(read_watermarks::project_id.eq(project.clone()))
            .filter(read_watermarks::user_id.gt(user))
            .limit(limit);
        let mut rows: Vec<WatermarkRow> = of_project.load(conn)?;
        let room = limit - i64::try_from(rows.len()).unwrap_or(limit);
        if room > 0 {
            let others = select().filter(read_watermarks::project_id.gt(project));
            rows.extend(others.limit(room).load::<WatermarkRow>(conn)?);
        }
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn key(&self) -> &[u8] {
        &self.key
    }

    fn shown(&self) -> String {
        format!("{} {}", self.row.project_id, self.row.user_id)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for watermark in rows {
            let row = &watermark.row;
            tx.conn().insert_watermark(&Watermark {
                project_id: &row.project_id,
                user_id: &row.user_id,
                read_until: row.read_until,
                late_turn: row.late_turn,
            })?;
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        for key in keys {
            let (project, user, _) = owner_of(key);
            let row = read_watermarks::table
                .filter(read_watermarks::project_id.eq(project))
                .filter(read_watermarks::user_id.eq(user));
            diesel::delete(row).execute(tx.conn())?;
        }
        Ok(())
    }
}

impl Columns for Watermarked {
    fn columns(&self, digest: &mut Digest) {
        let WatermarkRow {
            project_id,
            user_id,
            read_until,
            late_turn,
        } = &self.row;
        digest.bytes(project_id.as_bytes());
        digest.bytes(user_id.as_bytes());
        digest.number(*read_until);
        digest.number(*late_turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(project: &str, user: &str, at: i64, id: u8) -> Marked {
        Marked::from(MarkRow {
            project_id: project.to_owned(),
            user_id: user.to_owned(),
            created_at: at,
            message_id: vec![id; 16],
            expires_at: None,
        })
    }

    #[test]
    fn keys_sort_as_their_columns_and_give_them_back() {
        let marks = [
            mark("", "", i64::MIN, 0),
            mark("p", "a", -1, 0),
            mark("p", "a", 0, 0),
            mark("p", "a", 0, 255),
            mark("p", "a", 256, 1),
            mark("p", "a b", -1, 1),
            mark("p", "b", i64::MAX, 1),
            mark("p1", "a", 0, 1),
            mark("\u{96ea}", "a", 0, 1),
        ];
        assert!(marks.is_sorted_by(|one, other| one.key < other.key));
        for mark in marks {
            let row = mark.row;
            assert_eq!(
                mark_of(&mark.key),
                (row.project_id, row.user_id, row.created_at, row.message_id)
            );
        }
        assert_eq!(mark_of(&[]), (String::new(), String::new(), i64::MIN, Vec::new()));
    }
}
