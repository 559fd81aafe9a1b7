//! Configuration: plain types, one struct per section, read from INI files and the environment as oslo.config does.
//!
//! [`DEFAULT_FILE`] is the reference of all options. To add an option, add a field to its section's struct, a line to
//! that struct's `read`, its description to `tidings.conf`, and a row to the tables of `docs/`; tests keep them in
//! step.

mod api;
mod bind;
mod catalog;
mod connection;
mod cors;
mod database;
mod defaults;
mod email;
mod endpoint;
mod events;
mod fault;
mod follow;
mod general;
mod healthcheck;
mod host;
mod ingest;
mod ini;
mod keystone_authtoken;
mod keystone_compat;
mod keystone_login;
mod listeners;
mod log_level;
mod messages;
mod messaging;
mod metrics;
mod network;
mod origin;
mod oslo_messaging_notifications;
mod oslo_messaging_rabbit;
mod oslo_policy;
mod page;
mod pattern;
mod purge;
mod quota;
mod reader;
mod recovery;
mod secrets;
mod server;
mod session;
mod source;
mod statistics;
mod substitution;
mod tls;
mod transport_url;
mod value;

use std::path::{Path, PathBuf};

pub use api::{Api, Host};
pub use bind::Bind;
pub use catalog::{Catalog, Owner};
pub use connection::{Backend, Connection};
pub use cors::{Cors, Origin};
pub use database::Database;
pub use defaults::DEFAULT_FILE;
pub use email::{Email, Encryption};
pub use endpoint::Endpoint;
pub use events::{Days, Events};
pub use fault::{ConfigFault, ConfigFaults};
pub use follow::Follow;
pub use general::{AuthStrategy, General, LogFormat};
pub use healthcheck::{HealthBackend, Healthcheck};
pub(crate) use host::host_name;
pub use ingest::{Ingest, ProjectOf};
pub use keystone_authtoken::KeystoneAuthtoken;
pub use keystone_login::KeystoneLogin;
pub use listeners::Listeners;
pub use log_level::LogLevel;
pub use messages::Messages;
pub use messaging::{Address, Messaging, MessagingUrl, Protocol};
pub(crate) use messaging::{NAMES, is_exchange, is_key};
pub use metrics::Metrics;
pub use network::Network;
pub use oslo_messaging_notifications::{Driver, OsloMessagingNotifications, Retry};
pub use oslo_messaging_rabbit::{LoginMethod, OsloMessagingRabbit};
pub use oslo_policy::OsloPolicy;
pub use page::{Page, ResourceLink};
pub use pattern::Pattern;
pub use purge::Purge;
pub use quota::Quota;
pub use recovery::{Recovery, RecoveryEngine};
pub use secrets::Secrets;
pub use server::Server;
pub(crate) use session::SHORTEST_KEY;
pub use session::Session;
pub use source::{Flag, environment};
pub use statistics::Statistics;
pub use tidings_client::Secret;
pub use tls::{Check, Tls};
pub use transport_url::{BrokerHost, TransportUrl};

use reader::OptionReader;
use source::Sources;

/// The whole configuration, one field per section of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// `[DEFAULT]`: the log and authentication.
    pub general: General,
    /// `[api]`: the HTTP server.
    pub api: Api,
    /// `[cors]`: browsers on other origins.
    pub cors: Cors,
    /// `[database]`: the store's database.
    pub database: Database,
    /// `[messages]`: how long messages are kept.
    pub messages: Messages,
    /// `[quota]`: how much may be recorded per project.
    pub quota: Quota,
    /// `[purge]`: deletes expired messages inside `tidings serve`.
    pub purge: Purge,
    /// `[statistics]`: how long the numbers of recorded messages are kept.
    pub statistics: Statistics,
    /// `[metrics]`: metrics for Prometheus.
    pub metrics: Metrics,
    /// `[healthcheck]`: what `/healthcheck` checks.
    pub healthcheck: Healthcheck,
    /// `[keystone_authtoken]`: how callers' tokens are validated.
    pub keystone_authtoken: KeystoneAuthtoken,
    /// `[session]`: signing in with a browser.
    pub session: Session,
    /// `[secrets]`: the encryption of listeners' secrets.
    pub secrets: Secrets,
    /// `[oslo_policy]`: the files of rules that override the built-in ones.
    pub oslo_policy: OsloPolicy,
    /// `[events]`: how long events wait for delivery and are kept for audits.
    pub events: Events,
    /// `[listeners]`: subscriptions to events.
    pub listeners: Listeners,
    /// `[oslo_messaging_notifications]`: where events go.
    pub oslo_messaging_notifications: OsloMessagingNotifications,
    /// `[oslo_messaging_rabbit]`: the connection to brokers.
    pub oslo_messaging_rabbit: OsloMessagingRabbit,
    /// `[email]`: the mail server for listeners.
    pub email: Email,
    /// `[messaging]`: the broker of AMQP listeners.
    pub messaging: Messaging,
    /// `[catalog]`: which service owns which prefix.
    pub catalog: Catalog,
    /// `[ingest]`: turns other services' notifications into messages.
    pub ingest: Ingest,
    /// `[follow]`: reads the messages that other services write into their own databases.
    pub follow: Follow,
    /// `[recovery]`: what becomes of failure notifications.
    pub recovery: Recovery,
    /// `[page]`: the pages for tenants.
    pub page: Page,
    /// Likely mistakes that do not prevent a start: unknown options, each with the nearest known one. To be logged.
    pub warnings: Vec<String>,
    /// The files that were read, in order; empty if only defaults apply.
    pub files: Vec<PathBuf>,
}

impl Config {
    /// Reads and checks the configuration.
    ///
    /// `explicit_file` is `--config-file`: it must exist, and no other file is read. Without it, the first
    /// `tidings.conf` in `~/.tidings`, `~` and `/etc/tidings` is read, then the `*.conf` files of the first
    /// `tidings.conf.d` in the same places. `env` is usually [`environment`]: `OS_<GROUP>__<OPTION>` takes precedence
    /// over the files, and `HOME` is the value of `~`. The error contains every fault.
    pub fn load(
        explicit_file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigFaults> {
        Self::load_with_flags(explicit_file, env, &[])
    }

    /// Like [`Config::load`]; `flags` are options from the command line, which take precedence over everything else.
    pub fn load_with_flags(
        explicit_file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        flags: &[Flag<'_>],
    ) -> Result<Self, ConfigFaults> {
        let sources = Sources::gather(explicit_file, env, flags);
        let mut reader = OptionReader::new(sources.settings, sources.faults);
        let mut config = Self::read(&mut reader);
        config.files = sources.files;
        config.warnings = reader.warnings();
        let mut faults = reader.into_faults();
        config.check(&mut faults);
        faults.into_result().map(|()| config)
    }

    /// Lists every option as (section, option), in the order of the sections' names, without aliases.
    pub fn options() -> Vec<(String, String)> {
        let mut reader = OptionReader::default();
        Self::read(&mut reader);
        reader.options()
    }

    fn read(reader: &mut OptionReader) -> Self {
        Self {
            general: General::read(reader),
            api: Api::read(reader),
            cors: Cors::read(reader),
            database: Database::read(reader),
            messages: Messages::read(reader),
            quota: Quota::read(reader),
            purge: Purge::read(reader),
            statistics: Statistics::read(reader),
            metrics: Metrics::read(reader),
            healthcheck: Healthcheck::read(reader),
            keystone_authtoken: KeystoneAuthtoken::read(reader),
            session: Session::read(reader),
            secrets: Secrets::read(reader),
            oslo_policy: OsloPolicy::read(reader),
            events: Events::read(reader),
            listeners: Listeners::read(reader),
            oslo_messaging_notifications: OsloMessagingNotifications::read(reader),
            oslo_messaging_rabbit: OsloMessagingRabbit::read(reader),
            email: Email::read(reader),
            messaging: Messaging::read(reader),
            catalog: Catalog::read(reader),
            ingest: Ingest::read(reader),
            follow: Follow::read(reader),
            recovery: Recovery::read(reader),
            page: Page::read(reader),
            warnings: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Returns the broker that events are sent to.
    pub fn notification_url(&self) -> Option<&TransportUrl> {
        let own = self.oslo_messaging_notifications.transport_url.as_ref();
        own.or(self.general.transport_url.as_ref())
    }

    /// Returns the broker that notifications are consumed from.
    pub fn ingest_broker(&self) -> Option<&TransportUrl> {
        let own = self.ingest.transport_url.as_ref();
        own.or(self.general.transport_url.as_ref())
    }

    /// Checks what consuming requires, even if `[ingest] enabled` is false: `tidings ingest` consumes anyway.
    ///
    /// # Errors
    /// Lists the options at fault.
    pub fn check_ingest(&self) -> Result<(), ConfigFaults> {
        let mut faults = ConfigFaults::default();
        self.ingest.check(&mut faults);
        faults.into_result()
    }

    /// Checks what following requires.
    ///
    /// # Errors
    /// Lists the options at fault.
    pub fn check_follow(&self) -> Result<(), ConfigFaults> {
        let mut faults = ConfigFaults::default();
        if self.follow == Follow::default() {
            let text = "is required, or manila: the database to follow";
            faults.add("follow", "cinder", text.to_owned());
        }
        faults.into_result()
    }

    /// Checks that involve more than one option.
    fn check(&self, faults: &mut ConfigFaults) {
        match self.general.auth_strategy {
            AuthStrategy::Noauth => self.check_reach(faults),
            AuthStrategy::Keystone => self.keystone_authtoken.check(faults),
        }
        if self.ingest.enabled {
            if self.ingest_broker().is_none() {
                let text = "is required with [ingest] enabled = true, here or in [DEFAULT]";
                faults.add("ingest", "transport_url", text.to_owned());
            }
            self.ingest.check(faults);
        }
        let is_project = |text: &str| self.api.project_id_regex.matches(text);
        self.ingest.check_projects(is_project, faults);
        self.session.check(faults);
        self.email.check(faults);
        self.messaging.check(faults);
        let (one, batch) = (self.api.max_request_body_size, self.api.max_batch_body_size);
        if one > batch {
            let text = format!("{one} exceeds [api] max_batch_body_size = {batch}, the limit of every body");
            faults.add("api", "max_request_body_size", text);
        }
        let clash = |bind: &Bind| bind.clashes(&self.api.bind);
        if self.metrics.enabled && self.metrics.bind.as_ref().is_some_and(clash) {
            let text = "is also the address of [api] bind: choose another, or remove it to share that one";
            faults.add("metrics", "bind", format!("{} {text}", self.api.bind));
        }
        if self.oslo_messaging_notifications.has_broker() && self.notification_url().is_none() {
            let text = "is required by the drivers messaging and messagingv2, here or in [DEFAULT]";
            faults.add("oslo_messaging_notifications", "transport_url", text.to_owned());
        }
        if self.cors.allow_credentials && self.cors.allowed_origin.iter().any(Origin::is_any) {
            let text = "browsers reject * with [cors] allow_credentials = true: name the origins";
            faults.add("cors", "allowed_origin", text.to_owned());
        }
    }

    /// In noauth callers name themselves, so other machines must not get access by mistake.
    fn check_reach(&self, faults: &mut ConfigFaults) {
        if self.api.bind.is_loopback() || self.api.allow_remote_noauth {
            return;
        }
        let text = "is reachable from other machines, and with [DEFAULT] auth_strategy = noauth anyone \
                    there could read and write everything: bind a loopback address such as \
                    127.0.0.1:8790, or set [api] allow_remote_noauth = true if the network itself keeps \
                    others out";
        faults.add("api", "bind", format!("{} {text}", self.api.bind));
    }
}
