//! What every handler is given.

use std::sync::Arc;

use super::healthcheck::Checkup;
use super::messages::stream::Hub;
use super::quota::Quotas;
use super::route::Routes;
use super::sign_in::Attempts;
use super::unknown::UnknownCodes;
use crate::clock::Clock;
use crate::config::{Config, ResourceLink};
use crate::event::Reporter;
use crate::identity::{Owners, Policy, Sessions, Source};
use crate::store::Store;
use crate::telemetry::Metrics;

/// The server's parts.
pub struct App {
    /// The configuration it was started with.
    pub config: Config,
    /// The message store.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Counters and histograms.
    pub metrics: Metrics,
    /// Where identities come from.
    pub identity: Source,
    /// Browsers that are signed in.
    pub sessions: Sessions,
    /// Attempts to sign in.
    pub attempts: Attempts,
    /// What callers may do.
    pub policy: Policy,
    /// Which services may record which messages.
    pub owners: Owners,
    /// What makes events of what happens.
    pub reporter: Reporter,
    /// How much may be recorded for each project.
    pub quotas: Quotas,
    /// The event streams.
    pub hub: Hub,
    /// The figures of each route.
    pub routes: Routes,
    /// The codes of rows that the catalog does not know.
    pub unknown_codes: Arc<UnknownCodes>,
    /// Where the pages show resources.
    pub resource_links: Arc<Vec<ResourceLink>>,
    /// What the healthcheck found last.
    pub checkup: Checkup,
}
