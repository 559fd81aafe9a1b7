//! What commands on the database share: configuration, an open store, a runtime.

use std::future::Future;
use std::path::Path;

use super::failure::Failure;
use super::output::Output;
use crate::clock::Clock;
use crate::config::{self, Config, Connection};
use crate::store::{Limits, Settings, Store};
use crate::telemetry::Metrics;

/// The context of a command.
pub struct Context {
    /// The configuration.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The metrics of store and command; required by both, but not exported.
    pub metrics: Metrics,
}

impl Context {
    /// Reads the configuration.
    pub fn load(config_file: Option<&Path>, output: &mut Output) -> Result<Self, Failure> {
        let config = Config::load(config_file, config::environment())?;
        for warning in &config.warnings {
            output.note(&format!("tidings: warning: {warning}"));
        }
        Ok(Self {
            config,
            clock: Clock::system(),
            metrics: Metrics::default(),
        })
    }

    /// Returns the settings of the configured store.
    pub fn settings(&self) -> Settings {
        Settings {
            limits: Limits::NONE,
            ..Settings::from_config(&self.config.database)
        }
    }

    /// Returns the settings of another store, given as a URL or as a file that contains one. `state_path` is the value
    /// of `$state_path` in a file that does not set it.
    ///
    /// # Errors
    /// [`Failure::Data`], which names the command's `option` but not the URL.
    pub fn settings_of(&self, option: &str, place: &str, state_path: &Path) -> Result<Settings, Failure> {
        let connection = Connection::locate(place, state_path)
            .map_err(|fault| Failure::Data(format!("{option}: {fault}")))?;
        Ok(Settings::from_config(&config::Database {
            connection,
            ..self.config.database.clone()
        }))
    }

    /// Checks that `--project` is a valid project id.
    ///
    /// # Errors
    /// [`Failure::Data`] with the required form.
    pub fn check_project(&self, id: &str) -> Result<(), Failure> {
        let projects = &self.config.api.project_id_regex;
        if projects.matches(id) {
            return Ok(());
        }
        Err(Failure::Data(format!(
            "--project: must match [api] project_id_regex ({})",
            projects.as_str()
        )))
    }

    /// Opens the store, passes it to `work` and closes it.
    pub fn with_store<T, F>(&self, work: impl FnOnce(Store) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let settings = self.settings();
        let context = format!("{} cannot be opened", settings.backend.describe());
        let store = Store::open(&settings, &self.metrics).map_err(Failure::store(context))?;
        let result = runtime()?.block_on(work(store.clone()));
        store.close();
        result
    }
}

/// Creates a runtime for one command.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("the async runtime could not be started"))
}
