//! The HTTP API, as its clients see it.

mod browsers;
mod budget;
mod callers;
mod clock;
mod create;
mod create_refusals;
mod delete;
mod discovery;
mod events;
mod full_form;
mod healthcheck;
mod history;
mod idempotency;
mod languages;
mod limits;
mod list;
mod operations;
mod order;
mod paging;
mod quota;
mod read;
mod show;
mod spent_budget;
mod stream;
mod stream_behind;
mod visibility;
