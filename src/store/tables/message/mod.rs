//! The table of messages.

mod add;
mod arrivals;
mod bounds;
mod condition;
mod count;
mod delete;
mod done;
mod import;
mod insert;
mod list;
mod merge;
mod news;
mod projects;
mod purge;
mod row;
mod select;
mod show;
mod sort;
mod sorted;
pub(in crate::store) mod tallied;
#[cfg(feature = "postgres")]
mod unnest;
mod weight;

pub use add::add;
pub use arrivals::{ArrivalPlace, Arrivals, arrivals};
pub use count::count;
pub(in crate::store) use count::count_step;
pub use delete::{delete, delete_all};
pub(in crate::store) use import::{copy, existing};
pub use import::{correct, import};
pub(in crate::store) use insert::insert;
pub use list::{list, list_after, marker, walk};
pub use news::{NEWS_PAGE, News, news, positions};
pub use projects::projects;
pub use purge::purge;
pub use row::MessageRow;
pub(in crate::store) use row::columns;
pub use show::show;
