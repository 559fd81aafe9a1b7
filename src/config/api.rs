//! `[api]`.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use super::bind::Bind;
use super::endpoint::Endpoint;
use super::network::Network;
use super::pattern::Pattern;
use super::reader::{OptionReader, Section};
use super::value::Value;

/// `[api]`: the HTTP server. Sizes are bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// The address to listen on.
    pub bind: Bind,
    /// Threads that serve requests; 0 for one per core. See [`Api::worker_threads`].
    pub workers: usize,
    /// The base of links in answers; `None` to derive it from the request.
    pub public_endpoint: Option<Endpoint>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// The form of a project id in a URL.
    pub project_id_regex: Pattern,
    /// Whether microversions are enforced as in block storage.
    pub strict_microversions: bool,
    /// The largest body of a request that is not a batch.
    pub max_request_body_size: usize,
    /// The largest body of a batch of messages.
    pub max_batch_body_size: usize,
    /// The most messages in one batch.
    pub max_batch_size: usize,
    /// The most messages on one page of a list.
    pub max_limit: usize,
    /// Host names that are served in noauth; `*` for any. See [`Api::allows_host`].
    pub allowed_hosts: Vec<Host>,
    /// Whether noauth may listen on an address that is reachable from other machines.
    pub allow_remote_noauth: bool,
    /// How long an idle connection is kept; zero closes it after each answer.
    pub keep_alive: Duration,
    /// The time limit for a client to send a request's head.
    pub client_request_timeout: Duration,
    /// The time limit for a client to send a body.
    pub body_timeout: Duration,
    /// How long a client may stall while it reads an answer.
    pub write_timeout: Duration,
    /// The most connections per worker thread.
    pub max_connections: usize,
    /// How long requests in flight may take when the server stops.
    pub shutdown_timeout: Duration,
    /// How often the store is polled for messages that event streams have not seen.
    pub stream_poll_interval: Duration,
    /// How often the caller of an event stream is authorized again.
    pub stream_recheck_interval: Duration,
    /// The interval of comments on an event stream, which keep proxies and clients from closing it. Not an option: clients rely
    /// on it.
    pub stream_heartbeat: Duration,
    /// The most event streams at a time.
    pub max_streams: usize,
    /// The most event streams of one project at a time.
    pub max_streams_per_project: usize,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            bind: Bind::new("127.0.0.1", 8790),
            workers: 0,
            public_endpoint: None,
            trusted_proxies: Vec::new(),
            project_id_regex: Pattern::default(),
            strict_microversions: false,
            max_request_body_size: 114_688,
            max_batch_body_size: 1_048_576,
            max_batch_size: 1000,
            max_limit: 1000,
            allowed_hosts: ["localhost", "127.0.0.1", "::1"]
                .map(|name| Host(name.to_owned()))
                .to_vec(),
            allow_remote_noauth: false,
            keep_alive: Duration::from_secs(75),
            client_request_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            max_connections: 10_000,
            shutdown_timeout: Duration::from_secs(30),
            stream_poll_interval: Duration::from_millis(500),
            stream_recheck_interval: Duration::from_secs(60),
            stream_heartbeat: Duration::from_secs(15),
            max_streams: 1000,
            max_streams_per_project: 20,
        }
    }
}

impl Api {
    /// Returns the number of threads that serve requests: `workers`, or the number of cores if that is 0.
    pub fn worker_threads(&self) -> usize {
        if self.workers > 0 {
            self.workers
        } else {
            available_parallelism().map_or(1, NonZeroUsize::get)
        }
    }

    /// Whether the host part of a `Host` header, without the port, is allowed. Ignores case and brackets.
    pub fn allows_host(&self, host: &str) -> bool {
        let host = unbracketed(host);
        self.allowed_hosts
            .iter()
            .any(|allowed| allowed.0 == "*" || allowed.0.eq_ignore_ascii_case(host))
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("api");
        let section = &mut section;
        Self {
            bind: section.get("bind", default.bind),
            workers: section.within("workers", default.workers, &(0..=1024)),
            public_endpoint: section.get("public_endpoint", default.public_endpoint),
            trusted_proxies: section.get("trusted_proxies", default.trusted_proxies),
            project_id_regex: section.get("project_id_regex", default.project_id_regex),
            strict_microversions: section.get("strict_microversions", default.strict_microversions),
            max_request_body_size: bytes(section, "max_request_body_size", default.max_request_body_size),
            max_batch_body_size: bytes(section, "max_batch_body_size", default.max_batch_body_size),
            max_batch_size: section.within("max_batch_size", default.max_batch_size, &(1..=10_000)),
            max_limit: section.within_or(
                "max_limit",
                ("DEFAULT", "osapi_max_limit"),
                default.max_limit,
                &(1..=100_000),
            ),
            allowed_hosts: section.get("allowed_hosts", default.allowed_hosts),
            allow_remote_noauth: section.get("allow_remote_noauth", default.allow_remote_noauth),
            keep_alive: seconds(section, "keep_alive", default.keep_alive, 0.0),
            client_request_timeout: seconds(
                section,
                "client_request_timeout",
                default.client_request_timeout,
                0.1,
            ),
            body_timeout: seconds(section, "body_timeout", default.body_timeout, 0.1),
            write_timeout: seconds(section, "write_timeout", default.write_timeout, 0.1),
            max_connections: section.within("max_connections", default.max_connections, &(1..=1_000_000)),
            shutdown_timeout: seconds(section, "shutdown_timeout", default.shutdown_timeout, 0.0),
            stream_poll_interval: seconds(
                section,
                "stream_poll_interval",
                default.stream_poll_interval,
                0.05,
            ),
            stream_recheck_interval: seconds(
                section,
                "stream_recheck_interval",
                default.stream_recheck_interval,
                0.05,
            ),
            stream_heartbeat: default.stream_heartbeat,
            max_streams: section.within("max_streams", default.max_streams, &(0..=1_000_000)),
            max_streams_per_project: section.within(
                "max_streams_per_project",
                default.max_streams_per_project,
                &(0..=1_000_000),
            ),
        }
    }
}

/// A message's body takes a few hundred bytes; more than a gibibyte cannot be intended.
fn bytes(section: &mut Section<'_>, option: &'static str, default: usize) -> usize {
    section.within(option, default, &(1024..=1 << 30))
}

fn seconds(section: &mut Section<'_>, option: &'static str, default: Duration, least: f64) -> Duration {
    section.within(
        option,
        default,
        &(Duration::from_secs_f64(least)..=Duration::from_secs(3600)),
    )
}

/// A host name or IP address as in a `Host` header, without port and brackets, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Value for Host {
    fn parse(text: &str) -> Result<Self, String> {
        let host = unbracketed(text);
        let is_name = host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if host == "*" || (is_name && !host.is_empty()) || host.parse::<std::net::Ipv6Addr>().is_ok() {
            Ok(Self(host.to_ascii_lowercase()))
        } else {
            Err(format!("{text:?} is not a host name or IP address without port"))
        }
    }
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}
