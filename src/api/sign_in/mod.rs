//! Signing in with a browser, which cannot send a token by itself: the form, the session behind the cookie, the choice of a
//! project, the way out.

mod address;
pub mod cookie;
pub mod form;
pub mod lead;
mod limit;
mod login;
mod logout;
pub mod next;
mod project;
pub mod session;

use actix_web::web::{self, ServiceConfig};

pub use limit::Attempts;

use super::no_route::no_route;

/// The routes, before those that need a caller. Every project's addresses have them, also those of none (`-`).
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v3/{project_id}/messages/-/login")
                .route(web::get().to(login::show))
                .route(web::post().to(login::enter))
                .default_service(web::to(no_route)),
        )
        .service(
            web::resource("/v3/{project_id}/messages/-/logout")
                .route(web::post().to(logout::leave))
                .default_service(web::to(no_route)),
        )
        .service(
            web::resource("/v3/{project_id}/messages/-/project")
                .route(web::get().to(project::show))
                .route(web::post().to(project::switch))
                .default_service(web::to(no_route)),
        );
}
