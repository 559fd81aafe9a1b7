//! The server: bound, run and stopped the same way in production and in tests.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::App as Application;
use actix_web::dev::ServerHandle;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data, ServiceConfig};

use super::app::App;
use super::authenticate::authenticate;
use super::connection::{self, Options};
use super::figures::{self, Figures, FiguresServer};
use super::gate::gate;
use super::messages::stream::{Hub, hub};
use super::no_route::no_route;
use super::observe::observe;
use super::quota::Quotas;
use super::route::Routes;
use super::sign_in::Attempts;
use super::start::StartError;
use super::unknown::UnknownCodes;
use super::{catalog, cors, discovery, events, healthcheck, messages, openapi, page, sign_in};
use crate::clock::Clock;
use crate::config::Config;
use crate::event::Reporter;
use crate::identity::{Owners, Policy, Sessions, Source};
use crate::store::Store;
use crate::telemetry::Metrics;

/// A bound server, not yet running.
pub struct Server {
    app: Data<App>,
    addresses: Vec<SocketAddr>,
    api: actix_web::dev::Server,
    figures: Option<FiguresServer>,
}

/// Stops a running server from elsewhere.
#[derive(Clone)]
pub struct Stop {
    app: Data<App>,
    handles: Vec<ServerHandle>,
}

impl Server {
    /// Binds the configured addresses. Port 0 takes a free one; see [`Server::addresses`].
    ///
    /// # Errors
    /// [`StartError`], which names the address or the file at fault.
    pub fn bind(
        config: Config,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        reporter: Reporter,
    ) -> Result<Self, StartError> {
        let limits = hub::Limits {
            total: config.api.max_streams,
            per_project: config.api.max_streams_per_project,
            poll: config.api.stream_poll_interval,
        };
        let figures = Data::new(Figures::new(metrics.clone(), store.clone(), clock.clone()));
        let sessions = Sessions::new(&config.session, store.clone(), clock.clone())?;
        let identity = Source::new(&config, clock.clone(), &metrics)?;
        if !identity.trusts_everybody() && !sessions.are_lasting() {
            tracing::info!(
                "sessions of browsers end with this process, and no other server knows them: [session] has no keys"
            );
        }
        let app = Data::new(App {
            hub: Hub::new(store.clone(), clock.clone(), metrics.clone(), limits),
            routes: Routes::new(&metrics),
            unknown_codes: Arc::new(UnknownCodes::new(metrics.clone())),
            identity,
            sessions,
            attempts: Attempts::new(&config.session),
            policy: Policy::load(&config, clock.clone())?,
            owners: Owners::new(&config.catalog, config.general.auth_strategy)?,
            quotas: Quotas::new(config.quota.clone()),
            reporter,
            resource_links: Arc::new(config.page.resource_links.clone()),
            config,
            store,
            clock,
            metrics,
            checkup: healthcheck::Checkup::default(),
        });
        let (api, addresses) = api_server(&app, &figures)?;
        let figures = figures::bind(&app.config.metrics, &figures)?;
        Ok(Self {
            app,
            addresses,
            api,
            figures,
        })
    }

    /// Where the API is listened for.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What stops it.
    pub fn stopper(&self) -> Stop {
        let figures = self.figures.as_ref().map(FiguresServer::handle);
        Stop {
            app: self.app.clone(),
            handles: std::iter::once(self.api.handle()).chain(figures).collect(),
        }
    }

    /// Answers requests until it is stopped.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn run(self) -> io::Result<()> {
        let app = self.app.clone();
        actix_web::rt::spawn(async move { app.identity.warm_up().await });
        let policy = self.app.policy.clone();
        let served = async move {
            match self.figures {
                Some(figures) => tokio::try_join!(self.api, figures.run()).map(drop),
                None => self.api.await,
            }
        };
        tokio::select! {
            served = served => served,
            never = policy.watch() => match never {},
        }
    }
}

impl Stop {
    /// Takes no more connections, ends the event streams, and returns when requests in flight are answered or the
    /// configured time is over.
    pub async fn stop(&self) {
        self.app.hub.close();
        for handle in &self.handles {
            handle.stop(true).await;
        }
    }
}

fn api_server(
    app: &Data<App>,
    figures: &Data<Figures>,
) -> Result<(actix_web::dev::Server, Vec<SocketAddr>), StartError> {
    let config = &app.config.api;
    let has_metrics = app.config.metrics.enabled && app.config.metrics.bind.is_none();
    let (data, figures) = (app.clone(), figures.clone());
    let factory = move || {
        let is_cross_origin = !data.config.cors.allowed_origin.is_empty();
        Application::new()
            .app_data(data.clone())
            .app_data(figures.clone())
            .configure(|routes| configure(routes, &data, has_metrics))
            .wrap(from_fn(gate))
            .wrap(Condition::new(is_cross_origin, cors::layer(&data.config)))
            .wrap(from_fn(observe))
    };
    connection::serve(&config.bind, &Options::from(config), factory)
}

fn configure(routes: &mut ServiceConfig, app: &App, has_metrics: bool) {
    // A brace inside the pattern would end the router's own; the path is matched first, the id checked below.
    let project_ids = app.config.api.project_id_regex.clone();
    if has_metrics {
        routes.route("/metrics", web::get().to(figures::show));
    }
    routes
        .service(
            web::resource("/")
                .route(page::get().to(page::home::show))
                .default_service(web::to(discovery::root)),
        )
        .route("/healthcheck", web::get().to(healthcheck::check))
        .route("/healthcheck", web::head().to(healthcheck::check_head))
        .service(
            web::resource("/catalog")
                .route(page::get().to(page::catalog::public))
                .route(web::get().to(catalog::export))
                .default_service(web::to(no_route)),
        )
        .route("/openapi.json", web::get().to(openapi::document))
        .route("/v3", web::to(discovery::v3_without_slash))
        .route("/v3/", web::to(discovery::v3))
        .configure(page::open)
        .configure(sign_in::routes)
        .service(
            web::scope("/v3")
                .wrap(from_fn(authenticate))
                .configure(|routes| messages::routes(routes, false))
                .service(
                    web::scope("/{project_id}")
                        .guard(actix_web::guard::fn_guard(move |context| {
                            let path = context.head().uri.path();
                            path.split('/')
                                .nth(2)
                                .is_some_and(|project| project_ids.matches(project))
                        }))
                        .configure(in_project)
                        .default_service(web::to(no_route)),
                )
                .default_service(web::to(no_route)),
        )
        .default_service(web::to(no_route));
}

fn in_project(routes: &mut ServiceConfig) {
    #[cfg(feature = "floor")]
    super::floor::routes(routes);
    page::configure(routes);
    messages::routes(routes, true);
    events::routes(routes);
}
