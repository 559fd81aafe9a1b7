//! HTTP connections, bounded in what one client may hold and for how long.
//!
//! The web framework bounds the first head of a connection and bodies. The [`stream::Stream`] that it reads from and writes to
//! bounds the rest: it hands over one request at a time, ends connections whose heads trickle or whose answers are not read,
//! and sees a client leave its event stream. What it needs to know of the request that is being answered, it learns from
//! the [`exchange::Exchange`], which [`service::paced`] keeps up to date.

mod descriptors;
mod exchange;
mod head;
mod listener;
mod patience;
mod refusal;
mod server;
mod service;
mod stream;

pub use descriptors::require_descriptors;
pub use exchange::{end_with_client, watch};
pub use server::{ConnectionOptions, serve};
