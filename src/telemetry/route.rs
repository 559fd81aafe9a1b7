//! Metrics of one route of the API.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::histogram::Histogram;

/// The status of a request whose client went away before the answer, as web servers log it.
const CLIENT_CLOSED: u16 = 499;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct RouteLabels {
    pub(super) method: String,
    pub(super) route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct RequestLabels {
    method: String,
    route: String,
    status: u32,
}

/// Requests by route, method and status.
pub(super) type Requests = Family<RequestLabels, Counter>;

/// The metrics of one route: looked up once, then counted without a lock. Clones are cheap.
#[derive(Clone, Debug)]
pub struct RouteMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    labels: RouteLabels,
    requests: Requests,
    latency: Histogram,
    in_flight: Gauge,
    /// The counters of the statuses 100 to 599, created on first use.
    statuses: Box<[OnceLock<Counter>]>,
}

impl RouteMetrics {
    pub(super) fn new(labels: RouteLabels, requests: Requests, latency: Histogram, in_flight: Gauge) -> Self {
        let statuses = (100..600).map(|_| OnceLock::new()).collect();
        Self(Arc::new(Inner {
            labels,
            requests,
            latency,
            in_flight,
            statuses,
        }))
    }

    /// Counts an answered request.
    pub fn record(&self, status: u16, duration: Duration) {
        self.0.latency.observe_duration(duration);
        match status
            .checked_sub(100)
            .and_then(|index| self.0.statuses.get(usize::from(index)))
        {
            Some(counter) => counter.get_or_init(|| self.counter(status)).inc(),
            None => self.counter(status).inc(),
        };
    }

    /// Counts a request as in flight until the guard is finished or dropped.
    pub fn start(&self) -> InFlight {
        self.0.in_flight.inc();
        InFlight {
            route: self.clone(),
            started: Instant::now(),
            status: CLIENT_CLOSED,
        }
    }

    fn counter(&self, status: u16) -> Counter {
        let RouteLabels { method, route } = self.0.labels.clone();
        self.0.requests.get_or_create_owned(&RequestLabels {
            method,
            route,
            status: status.into(),
        })
    }
}

/// A request in flight. If it is dropped without an answer, it counts as abandoned by its client (status 499).
#[derive(Debug)]
#[must_use = "dropping it ends the request"]
pub struct InFlight {
    route: RouteMetrics,
    started: Instant,
    status: u16,
}

impl InFlight {
    /// Counts the answer.
    pub fn finish(mut self, status: u16) {
        self.status = status;
    }

    /// Returns how long it has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.route.0.in_flight.dec();
        self.route.record(self.status, self.started.elapsed());
    }
}
