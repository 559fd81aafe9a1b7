//! The tables of failure notifications, and of the segments and hosts they are about.

mod due;
mod history;
mod host;
mod import;
mod loaded;
mod masakari;
mod names;
mod notification;
mod page;
mod purge;
mod receive;
mod rows;
mod segment;
mod turns;
mod vmove;

pub use due::{Due, SetAside, due, due_alone, due_numbers, is_any, set_aside, set_host_aside};
pub(in crate::store) use history::{StepRow, UpdateRow};
pub use history::{add_steps, add_update, last_steps, steps, updates};
pub(in crate::store) use host::HostRow;
pub use host::{
    COLUMNS as HOST_COLUMNS, HostFilter, delete as delete_host, insert as insert_host, list as hosts,
    lock as lock_host, show as host, update as update_host,
};
pub use import::Import;
pub use masakari::{MasakariDatabase, MasakariRow, MasakariTable};
pub use names::{host_named, segment_named};
pub(in crate::store) use notification::NotificationRow;
pub use notification::{
    COLUMNS as NOTIFICATION_COLUMNS, NotificationFilter, count, has_open, list as notifications,
    listed as listed_notifications, save, show as notification,
};
pub use page::{Columns, Page, SortKey};
pub use purge::purge;
pub use receive::{Received, receive};
pub(in crate::store) use segment::SegmentRow;
pub use segment::{
    COLUMNS as SEGMENT_COLUMNS, SegmentFilter, delete as delete_segment, insert as insert_segment,
    list as segments, show as segment, update as update_segment,
};
pub use turns::{last_retry, last_step_at, leased_until, lock, replace, trim_steps, wake_next};
pub(in crate::store) use vmove::VMoveRow;
pub use vmove::{
    COLUMNS as VMOVE_COLUMNS, VMoveFilter, last_move_at, list as vmoves, save as save_vmove, show as vmove,
};
