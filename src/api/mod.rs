//! The HTTP API: the only place that knows the web framework.
//!
//! One folder a resource, one file an operation. A request passes `observe` (id, log, headers), `cors` where it is on,
//! `gate` (OPTIONS, size), `authenticate` (caller), and the checks of a `Call`, in the order of block storage.

mod accept;
mod app;
mod authenticate;
mod body;
mod call;
mod catalog;
mod connection;
mod cors;
mod discovery;
mod error;
mod events;
mod faults;
mod figures;
#[cfg(feature = "floor")]
mod floor;
mod gate;
mod healthcheck;
mod json;
mod links;
mod messages;
mod no_route;
mod observe;
mod once;
mod openapi;
mod page;
mod quota;
mod route;
mod search;
mod server;
mod sign_in;
mod start;
mod unknown;
mod unread;
mod version;

pub use connection::require_descriptors;
pub use figures::{Figures, FiguresServer};
pub use server::{Server, Stop};
pub use start::StartError;
