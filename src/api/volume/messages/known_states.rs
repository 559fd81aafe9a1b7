//! The states of messages for the full form.

use std::collections::HashMap;

use uuid::Uuid;

use crate::message::{Position, State};
use crate::store::read_state::{self, ProjectUser};
use crate::store::{Conn, Error};

/// The states of the messages that were looked up, for one reader.
pub struct KnownStates<'a> {
    reader: Option<&'a ProjectUser>,
    states: HashMap<Uuid, State>,
}

impl<'a> KnownStates<'a> {
    /// Looks up these messages, given with their projects. Messages of other projects than the reader's have no state.
    pub fn of<'m>(
        conn: &mut Conn,
        reader: Option<&'a ProjectUser>,
        messages: impl Iterator<Item = (&'m str, Position)>,
    ) -> Result<Self, Error> {
        let states = match reader {
            Some(reader) => {
                let own = messages.filter(|(project, _)| *project == reader.project);
                let positions: Vec<Position> = own.map(|(_, position)| position).collect();
                read_state::states_among(conn, reader, &positions)?
            }
            None => HashMap::new(),
        };
        Ok(Self { reader, states })
    }

    /// Returns the state of a message of this project, if known.
    pub fn get(&self, project: &str, id: Uuid) -> Option<State> {
        let is_own = self.reader.is_some_and(|reader| reader.project == project);
        self.states.get(&id).copied().filter(|_| is_own)
    }
}
