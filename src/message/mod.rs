//! Messages for tenants: drafts as services send them, messages as they are stored, and queries for them.
//!
//! No HTTP and no database here. A message does not contain its text: the catalog renders it on reading.

mod checked;
mod columns;
mod draft;
mod full_form;
mod kept;
mod line;
mod object;
mod parameters;
mod position;
mod query;
mod row;
mod state;
mod summary;
mod summary_answer;
mod summary_query;
pub mod time;

pub(crate) use checked::CheckedDraft;
pub(crate) use draft::{Draft, LONGEST};
pub(crate) use full_form::FullForm;
pub use kept::Kept;
pub(crate) use line::ExportLine;
pub(crate) use object::Object;
pub(crate) use parameters::Parameters;
pub use position::Position;
pub use query::{Column, Condition, Direction, Query, Scope};
pub use row::Message;
pub use state::{Change, State, StateFilter};
pub use summary::{
    Bar, CountFilter, Grain, LONGEST_HOURLY, LONGEST_PERIOD, LevelCounts, Period, RankMarker, RankPage,
    Ranked, Ranking, TREND, Tallied, UNKNOWN_SERVICE, level_of, service_of,
};
pub use summary_answer::{Summary, SummaryParts};
pub use summary_query::{MOST_ENTRIES, SummaryBy, SummaryQuery, SummaryRequest};
