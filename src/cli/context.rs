//! What the commands on the database share: configuration, an open store, a runtime.

use std::future::Future;
use std::path::Path;

use super::failure::Failure;
use super::output::Output;
use crate::clock::Clock;
use crate::config::{self, Config, Connection};
use crate::store::{Limits, Settings, Store};
use crate::telemetry::Metrics;

/// What a command is given.
pub struct Context {
    /// What is configured.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// What the store and the command count; nobody reads it, but both count into the same.
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

    /// How the store is opened.
    pub fn settings(&self) -> Settings {
        Settings {
            limits: Limits::NONE,
            ..Settings::from_config(&self.config.database)
        }
    }

    /// How the store of another place is opened: that of a URL, or of a file that has one. `state_path` is what
    /// `$state_path` stands for in a file that does not set it.
    ///
    /// # Errors
    /// [`Failure::Data`], naming the command's `option` and not the URL.
    pub fn settings_of(&self, option: &str, place: &str, state_path: &Path) -> Result<Settings, Failure> {
        let connection = Connection::locate(place, state_path)
            .map_err(|fault| Failure::Data(format!("{option}: {fault}")))?;
        Ok(Settings::from_config(&config::Database {
            connection,
            ..self.config.database.clone()
        }))
    }

    /// Checks that `--project` may be the id of a project.
    ///
    /// # Errors
    /// [`Failure::Data`], naming the form.
    pub fn check_project(&self, id: &str) -> Result<(), Failure> {
        let projects = &self.config.api.project_id_regex;
        if projects.matches(id) {
            return Ok(());
        }
        Err(Failure::Data(format!(
            "--project: must match [api] project_id_regex, which is {}",
            projects.as_str()
        )))
    }

    /// Opens the store, hands it to `work` and closes it.
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

/// A runtime for one command.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("no runtime can be started"))
}
