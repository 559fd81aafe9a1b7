//! The pages: HTML where a browser asks for what programs get as JSON, and what stands below
//! `/v3/{project_id}/messages/-/`.

pub mod answer;
mod assets;
pub mod catalog;
mod collect;
pub mod cookie;
pub mod csrf;
mod delete;
pub mod detail;
pub mod fault;
mod filters;
pub mod home;
pub mod language;
pub mod list;
pub mod mark;
mod news;
mod reader;
mod ticks;
mod unread;
pub mod visit;

use actix_web::Route;
use actix_web::guard::{Guard, GuardContext, fn_guard};
use actix_web::web::{self, ServiceConfig};

use super::accept;
use super::no_route::no_route;

/// What needs no caller, and stands before the routes that do.
pub fn open(config: &mut ServiceConfig) {
    config.service(
        web::resource("/v3/{project_id}/messages/-/static/{name}")
            .route(web::get().to(assets::show))
            .default_service(web::to(no_route)),
    );
}

/// The routes below `/v3/{project_id}`, before those of messages: a literal segment wins over an id.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/messages/-/delete")
                .route(web::get().to(delete::ask))
                .route(web::post().to(delete::delete))
                .default_service(web::to(no_route)),
        )
        .service(
            web::resource("/messages/-/news")
                .route(web::get().to(news::show))
                .default_service(web::to(no_route)),
        )
        .service(
            web::resource("/messages/-/catalog")
                .route(web::get().to(catalog::in_project))
                .default_service(web::to(no_route)),
        );
}

/// A GET of a page, where the same address answers programs, too.
pub fn get() -> Route {
    web::get().guard(preferred())
}

fn preferred() -> impl Guard {
    fn_guard(|context: &GuardContext<'_>| accept::prefers_html(context.head()))
}
