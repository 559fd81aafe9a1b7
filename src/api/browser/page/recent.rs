//! The messages that a page names one by one in the form for its whole list.
//!
//! A time says what a page showed only where nothing can arrive any more: another server may commit a message after the page was
//! rendered whose time is a little earlier. So the form has the time up to which that cannot happen, and the ids of newer ones.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use uuid::Uuid;

use crate::api::error::Error;
use crate::api::volume::messages::states;
use crate::message::Condition;
use crate::store::read_state::{LATEST_COMMIT, ProjectUser, Seen};
use crate::store::{self, Read};

/// Most messages that a page names. In a storm there may be more; they stay as they are.
pub const MOST: usize = 200;

/// What a page shows of a list.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The messages up to a time at which no other can be committed any more.
    pub seen: Seen,
    /// The newer ones.
    pub recent: Vec<Uuid>,
}

impl Shown {
    /// What a page rendered at `now` (microseconds since 1970) shows, if it can show what was `seen`. To be read before the page.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn read(
        read: &mut Read<'_>,
        reader: &ProjectUser,
        conditions: &[Condition],
        seen: Seen,
        now: i64,
    ) -> Result<Self, store::Error> {
        let settled = seen.within(Seen::until(now - LATEST_COMMIT));
        let mut recent = Vec::new();
        if settled != seen {
            let most = i64::try_from(MOST).unwrap_or(i64::MAX);
            recent = match states::recent(read, reader, conditions, settled.until, most) {
                // The list itself may be found.
                Err(store::Error::Exhausted(_)) => recent,
                found => found?,
            };
        }
        Ok(Self {
            seen: settled,
            recent,
        })
    }

    /// The recent ones, as the form sends them.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.recent.iter().flat_map(|id| *id.as_bytes()).collect();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Parses the recent ones of a form.
///
/// # Errors
/// [`Error::BadRequest`] for a text that no page has.
pub fn parse(text: &str) -> Result<Vec<Uuid>, Error> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_else(|_| vec![0]);
    let (ids, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() || ids.len() > MOST {
        return Err(Error::bad_request("recent: must come from a page"));
    }
    Ok(ids.iter().copied().map(Uuid::from_bytes).collect())
}
