//! The pages: HTML where a browser asks for what programs get as JSON, and what stands below
//! `/v3/{project_id}/messages/-/`.

mod answer;
mod assets;
mod cookie;
mod csrf;
mod language;
pub mod list;
mod visit;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Route, guard::Guard};

use super::accept;

/// What needs no caller, and stands before the routes that do.
pub fn open(config: &mut ServiceConfig) {
    config.route(
        "/v3/{project_id}/messages/-/static/{name}",
        web::get().to(assets::show),
    );
}

/// The routes below `/v3/{project_id}`, before those of messages: a literal segment wins over an id.
pub fn configure(_config: &mut ServiceConfig) {}

/// Whether a page is asked for.
pub fn preferred() -> impl Guard {
    fn_guard(|context: &GuardContext<'_>| accept::prefers_html(context.head().headers()))
}

/// A GET of a page, where the same address answers programs, too.
pub fn get() -> Route {
    web::get().guard(preferred())
}
