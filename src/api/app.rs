//! The parts of the server, which every handler is given.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;
use once_cell::sync::OnceCell;
use tokio::sync::Semaphore;

use super::browser::sign_in::attempts::Attempts;
use super::error::Error;
use super::ops::healthcheck::checkup::Checkup;
use super::router::Router;
use super::volume::messages::quota::quotas::Quotas;
use super::volume::messages::stream::hub::Hub;
use super::volume::messages::unknown_codes::UnknownCodes;

use crate::clock::Clock;
use crate::config::{Config, ResourceLink};
use crate::delivery::{Confirmations, Registrar};
use crate::event::Reporter;
use crate::identity::{IdentitySource, Owners, Policy, Sessions};
use crate::store::Store;
use crate::telemetry::Metrics;

/// The parts of the server.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// The message store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Counters and histograms.
    pub metrics: Metrics,
    /// Identifies callers.
    pub identity: Arc<IdentitySource>,
    /// The sessions of browsers.
    pub sessions: Sessions,
    /// Limits attempts to sign in.
    pub attempts: Attempts,
    /// The policy.
    pub policy: Policy,
    /// The services that may record each prefix.
    pub owners: Owners,
    /// Makes events.
    pub reporter: Reporter,
    /// The quotas of projects.
    pub quotas: Quotas,
    /// Creates and changes listeners.
    pub registrar: Registrar,
    /// Notes whether recipients want the events of listeners.
    pub confirmations: Confirmations,
    /// For claims that wait; those that find none do not wait.
    pub waiting_claims: Semaphore,
    /// The event streams.
    pub hub: Hub,
    /// The operations.
    pub router: Router,
    /// The API document, once it was asked for.
    pub document: OnceCell<String>,
    /// Stored codes that the catalog does not know.
    pub unknown_codes: Arc<UnknownCodes>,
    /// Links from resources to their dashboards.
    pub resource_links: Arc<Vec<ResourceLink>>,
    /// The health of the server.
    pub checkup: Checkup,
}

impl App {
    /// The parts of the server that answers a request.
    ///
    /// # Errors
    /// None in a server that was bound.
    pub fn of(request: &HttpRequest) -> Result<&Data<Self>, Error> {
        request
            .app_data::<Data<Self>>()
            .ok_or_else(|| Error::Internal("no app data".to_owned()))
    }
}
