//! `/v3/{project_id}/events`: a file for each operation.

mod create;
mod list;
mod report;
mod view;

use actix_web::web::{self, ServiceConfig};

use super::no_route::no_route;

/// The routes below `/v3/{project_id}`.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        web::resource("/events")
            .route(web::get().to(list::list))
            .route(web::post().to(create::create))
            .default_service(web::to(no_route)),
    );
}
