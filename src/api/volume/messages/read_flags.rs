//! Read flags of messages for the full form.

use std::collections::HashSet;

use uuid::Uuid;

use crate::message::Position;
use crate::store::read_state::{self, ProjectUser};
use crate::store::{Conn, Error};

/// The messages that a reader has read, of those looked up.
pub struct ReadFlags<'a> {
    reader: Option<&'a ProjectUser>,
    unread: HashSet<Uuid>,
}

impl<'a> ReadFlags<'a> {
    /// Looks up these messages, given with their projects. Messages of other projects than the reader's have no flag.
    pub fn of<'m>(
        conn: &mut Conn,
        reader: Option<&'a ProjectUser>,
        messages: impl Iterator<Item = (&'m str, Position)>,
    ) -> Result<Self, Error> {
        let unread = match reader {
            Some(reader) => {
                let own = messages.filter(|(project, _)| *project == reader.project);
                let positions: Vec<Position> = own.map(|(_, position)| position).collect();
                read_state::unread_among(conn, reader, &positions)?
            }
            None => HashSet::new(),
        };
        Ok(Self { reader, unread })
    }

    /// Returns whether the reader has read a message of this project, if known.
    pub fn is_read(&self, project: &str, id: Uuid) -> Option<bool> {
        let is_own = self.reader.is_some_and(|reader| reader.project == project);
        is_own.then(|| !self.unread.contains(&id))
    }
}
