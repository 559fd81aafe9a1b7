//! The HTTP server under an application.

use std::net::SocketAddr;
use std::time::Duration;

use actix_http::{HttpService, Request};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use tokio::net::TcpStream;

use super::descriptors::connections_per_worker;
use super::listener;
use super::patience::Backlog;
use super::service::paced;
use super::stream::{ConnectionLimits, Stream};
use crate::api::start::{StartError, resolve};
use crate::config::{Api, Bind};

/// How long a client may send on a connection that the server closes.
const LINGER: Duration = Duration::from_secs(5);

/// Threads and limits of a server.
pub struct ConnectionOptions {
    /// Threads that answer requests.
    pub workers: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a client may take to send the head of a request.
    pub head: Duration,
    /// How long a client may read nothing of an answer.
    pub write: Duration,
    /// The most connections per thread.
    pub max_connections: usize,
    /// How long requests in flight may take when the server stops.
    pub shutdown: Duration,
}

impl From<&Api> for ConnectionOptions {
    fn from(config: &Api) -> Self {
        Self {
            workers: config.worker_threads(),
            keep_alive: config.keep_alive,
            head: config.client_request_timeout,
            write: config.write_timeout,
            max_connections: config.max_connections,
            shutdown: config.shutdown_timeout,
        }
    }
}

/// Binds all addresses of a configured one; `make` builds the application of one thread. Returns the server and its
/// addresses.
///
/// # Errors
/// [`StartError`], which names the address.
pub fn serve<F, I, S>(
    bind: &Bind,
    options: &ConnectionOptions,
    make: F,
) -> Result<(Server, Vec<SocketAddr>), StartError>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<BoxBody>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
{
    let failed = |source| StartError::bind(bind, source);
    let limits = ConnectionLimits {
        head: options.head,
        write: options.write,
        backlog: Backlog::default(),
    };
    let connections = connections_per_worker(options.workers, options.max_connections)?;
    if connections < options.max_connections {
        tracing::info!(
            connections = connections * options.workers,
            "the limit of open files allows fewer connections than [api] max_connections"
        );
    }
    let mut builder = Server::build()
        .workers(options.workers)
        .disable_signals()
        .max_concurrent_connections(connections)
        .shutdown_timeout(options.shutdown.as_secs());
    let stopping = builder.graceful_shutdown_signal();
    let mut addresses = Vec::new();
    for address in resolve(bind)? {
        let listener = listener::bind(address).map_err(failed)?;
        addresses.push(listener.local_addr().map_err(failed)?);
        let (make, limits, stopping) = (make.clone(), limits.clone(), stopping.clone());
        let (keep_alive, head) = (options.keep_alive, options.head);
        builder = builder
            .listen(address.to_string(), listener, move || {
                let (limits, stopping) = (limits.clone(), stopping.clone());
                let http = HttpService::build()
                    .graceful_shutdown_signal(move || {
                        let stopping = stopping.clone();
                        async move { stopping.notified().await }
                    })
                    .keep_alive(keep_alive)
                    .client_request_timeout(head)
                    .client_disconnect_timeout(LINGER)
                    .on_connect_ext(|stream: &Stream, data| {
                        data.insert(stream.exchange().clone());
                    });
                let application = map_config(paced(make().into_factory()), |()| AppConfig::default());
                fn_service(move |socket: TcpStream| {
                    let limits = limits.clone();
                    async move {
                        let peer = socket.peer_addr().ok();
                        Ok((Stream::new(socket, limits), peer))
                    }
                })
                .and_then(http.h1(application))
            })
            .map_err(failed)?;
    }
    Ok((builder.run(), addresses))
}
