//! The server: bound, run and stopped the same way in production and in tests.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data, Payload};
use actix_web::{App as Application, HttpRequest, HttpResponse};
use once_cell::sync::OnceCell;
use tokio::sync::Semaphore;

use super::app::App;
use super::browser::sign_in::attempts::Attempts;
use super::connection::{self, ConnectionOptions};
use super::error::Error;
use super::instance_ha::service::INSTANCE_HA;
use super::layers::authenticate::authenticate;
use super::layers::cors;
use super::layers::gate::gate;
use super::layers::observe::observe;
use super::operation::Operation;
use super::operations::operations;
use super::ops::healthcheck::checkup::Checkup;
use super::ops::metrics::{self, Exporter, MetricsServer};
use super::router::Router;
use super::service::Service;
use super::share::service::SHARE;
use super::start::StartError;
use super::target::Target;
use super::volume::messages::quota::quotas::Quotas;
use super::volume::messages::stream::hub::{self, Hub};
use super::volume::messages::unknown_codes::UnknownCodes;
use super::volume::service::VOLUME;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::{Confirmations, Registrar};
use crate::event::Reporter;
use crate::identity::{IdentitySource, Owners, Policy, Sessions};
use crate::listener::ListenerSeal;
use crate::store::Store;
use crate::telemetry::Metrics;

/// The services, in the order of the root document: clients of Manila take its first entry.
static SERVICES: [&Service; 3] = [&SHARE, &VOLUME, &INSTANCE_HA];

/// A bound server, not yet running.
pub struct Server {
    app: Data<App>,
    addresses: Vec<SocketAddr>,
    api: actix_web::dev::Server,
    metrics: Option<MetricsServer>,
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
        seal: Arc<ListenerSeal>,
    ) -> Result<Self, StartError> {
        let has_metrics = config.metrics.enabled && config.metrics.bind.is_none();
        let offer = (operations(has_metrics), SERVICES.as_slice());
        Self::bind_with(config, store, clock, metrics, reporter, seal, offer)
    }

    /// Like the above, with these operations of these services.
    pub(super) fn bind_with(
        config: Config,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        reporter: Reporter,
        seal: Arc<ListenerSeal>,
        (table, services): (Vec<Operation>, &'static [&'static Service]),
    ) -> Result<Self, StartError> {
        let limits = hub::StreamLimits {
            total: config.api.max_streams,
            per_project: config.api.max_streams_per_project,
            poll: config.api.stream_poll_interval,
        };
        let exporter = Data::new(Exporter::new(metrics.clone(), store.clone(), clock.clone()));
        seal.check()?;
        let sessions = Sessions::new(&config.session, store.clone(), clock.clone())?;
        let identity = Arc::new(IdentitySource::new(&config, clock.clone(), &metrics)?);
        if !identity.is_noauth() && !sessions.are_lasting() {
            tracing::info!(
                "browser sessions end with this process and are unknown to other servers: [session] has no keys"
            );
        }
        let app = Data::new(App {
            hub: Hub::new(store.clone(), clock.clone(), metrics.clone(), limits),
            router: Router::new(table, services, &config.api.project_id_regex, &metrics),
            document: OnceCell::new(),
            checkup: Checkup::new(store.clone(), identity.clone(), config.healthcheck.clone()),
            unknown_codes: Arc::new(UnknownCodes::new(metrics.clone())),
            identity,
            sessions,
            attempts: Attempts::new(&config.session),
            policy: Policy::load(&config, clock.clone())?,
            owners: Owners::new(&config.catalog, config.general.auth_strategy)?,
            confirmations: Confirmations::new(store.clone(), clock.clone(), Arc::clone(&seal)),
            registrar: Registrar::new(&config, store.clone(), clock.clone(), seal),
            waiting_claims: Semaphore::new(config.api.max_streams),
            quotas: Quotas::new(config.quota.clone()),
            reporter,
            resource_links: Arc::new(config.page.resource_links.clone()),
            config,
            store,
            clock,
            metrics,
        });
        let (api, addresses) = api_server(&app, &exporter)?;
        let metrics = metrics::bind(&app.config.metrics, &exporter)?;
        Ok(Self {
            app,
            addresses,
            api,
            metrics,
        })
    }

    /// The addresses of the API.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// A handle that stops it.
    pub fn stopper(&self) -> Stop {
        let metrics = self.metrics.as_ref().map(MetricsServer::handle);
        Stop {
            app: self.app.clone(),
            handles: std::iter::once(self.api.handle()).chain(metrics).collect(),
        }
    }

    /// Answers requests until it is stopped.
    ///
    /// # Errors
    /// A failure of the system to serve.
    pub async fn run(self) -> io::Result<()> {
        let app = self.app.clone();
        actix_web::rt::spawn(async move { app.identity.warm_up().await });
        let (policy, app) = (self.app.policy.clone(), self.app.clone());
        let served = async move {
            match self.metrics {
                Some(metrics) => tokio::try_join!(self.api, metrics.run()).map(drop),
                None => self.api.await,
            }
        };
        let served = tokio::select! {
            served = served => served,
            never = policy.watch() => match never {},
        };
        // Nothing may read the store when this returns.
        app.hub.close();
        app.hub.closed().await;
        served
    }
}

impl Stop {
    /// Accepts no more connections, ends the event streams, and returns when requests in flight are answered or the
    /// configured time is over.
    pub async fn stop(&self) {
        self.app.hub.close();
        for handle in &self.handles {
            handle.stop(true).await;
        }
        self.app.hub.closed().await;
    }
}

fn api_server(
    app: &Data<App>,
    exporter: &Data<Exporter>,
) -> Result<(actix_web::dev::Server, Vec<SocketAddr>), StartError> {
    let config = &app.config.api;
    let (data, exporter) = (app.clone(), exporter.clone());
    let factory = move || {
        let is_cross_origin = !data.config.cors.allowed_origin.is_empty();
        // The last layer is the first that a request passes.
        Application::new()
            .app_data(data.clone())
            .app_data(exporter.clone())
            .default_service(web::to(answer))
            .wrap(from_fn(authenticate))
            .wrap(from_fn(gate))
            .wrap(Condition::new(
                is_cross_origin,
                cors::layer(&data.config, data.router.services()),
            ))
            .wrap(from_fn(observe))
    };
    connection::serve(&config.bind, &ConnectionOptions::from(config), factory)
}

/// Answers a request by its operation.
async fn answer(request: HttpRequest, payload: Payload) -> HttpResponse {
    let target = Target::of(&request);
    let outcome = match &target.route {
        Some(route) => route.operation.run(request, payload.into_inner()).await,
        None => Err(Error::no_route().into()),
    };
    outcome.unwrap_or_else(|error| match error.as_error::<Error>() {
        Some(error) => target.refuse(error),
        None => error.into(),
    })
}
