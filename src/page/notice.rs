//! What the last form did, in the address of the list that it leads to.

use crate::message::Change;

/// How the number of changed messages is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that the form was about.
    All,
    /// All that the form was about, of which only so many were counted.
    Counted,
    /// A part: others remain.
    Part,
    /// The form named no message, or none that its list still shows.
    Nothing,
}

impl Extent {
    /// Returns the word in the address.
    fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Counted => "counted",
            Self::Part => "part",
            Self::Nothing => "nothing",
        }
    }

    /// Parses a word; anything unknown means all.
    pub fn parse(word: &str) -> Self {
        let others = [Self::Counted, Self::Part, Self::Nothing];
        let known = others.into_iter().find(|extent| extent.word() == word);
        known.unwrap_or(Self::All)
    }
}

/// A change of states, to be reported and undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The number of messages.
    pub count: i64,
    /// How it is meant.
    pub extent: Extent,
    /// What became of them; `None` if a change was undone.
    pub change: Option<Change>,
    /// Undoes it.
    pub undo: Option<String>,
}

/// Adds a notice to the query string of a list.
pub fn with_notice(list: String, notice: &Notice) -> String {
    let mut query = form_urlencoded::Serializer::new(list);
    query.append_pair("marked", &notice.count.to_string());
    if notice.extent != Extent::All {
        query.append_pair("extent", notice.extent.word());
    }
    if let Some(change) = notice.change {
        query.append_pair("change", change.name());
    }
    if let Some(undo) = &notice.undo {
        query.append_pair("undo", undo);
    }
    query.finish()
}
