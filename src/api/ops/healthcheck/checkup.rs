//! Checks a file, the database and Keystone.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::config::{HealthBackend, Healthcheck};
use crate::identity::IdentitySource;
use crate::store::{self, Store};

/// How long a finding is reused: anybody may ask, which must not keep the database or Keystone busy.
const HOLDS: Duration = Duration::from_secs(1);
/// The reason of a finding that needs no attention.
const WELL: &str = "OK";
/// Longest time that a backend may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one backend found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The backend's name.
    pub class: &'static str,
    /// Whether the server may be given work, as far as this backend knows.
    pub is_available: bool,
    /// In a word or two, for any caller.
    pub reason: &'static str,
    /// In a sentence, for the detailed form only: it may name paths and hosts.
    pub details: String,
}

/// Checks the backends. Concurrent requests share one check.
pub struct Checkup {
    store: Store,
    identity: Arc<IdentitySource>,
    config: Healthcheck,
    database: Mutex<Option<(Instant, Finding)>>,
    keystone: Mutex<Option<(Instant, Finding)>>,
}

impl Checkup {
    /// Checks these, as configured.
    pub fn new(store: Store, identity: Arc<IdentitySource>, config: Healthcheck) -> Self {
        Self {
            store,
            identity,
            config,
            database: Mutex::default(),
            keystone: Mutex::default(),
        }
    }

    /// Whether answers are detailed.
    pub fn is_detailed(&self) -> bool {
        self.config.detailed
    }

    /// The findings of the configured backends, in their order; one that all is well where none is configured.
    pub async fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::with_capacity(3);
        for backend in &self.config.backends {
            findings.push(match backend {
                HealthBackend::DisableByFile => disable_by_file(self.config.disable_by_file_path.as_deref()),
                HealthBackend::Database => recent(&self.database, self.check_database()).await,
                HealthBackend::Keystone => recent(&self.keystone, self.check_keystone()).await,
            });
        }
        // A server whose database file is gone can serve nothing until a restart, whichever backends are configured.
        if let Err(error) = self.store.intact()
            && !self.config.backends.contains(&HealthBackend::Database)
        {
            findings.push(self.unavailable(&error));
        }
        if findings.is_empty() {
            findings.push(well("none", "no backend is configured".to_owned()));
        }
        findings
    }

    async fn check_database(&self) -> Finding {
        let class = HealthBackend::Database.name();
        let database = self.store.describe();
        match timeout(PATIENCE, self.store.check()).await {
            Ok(Ok(true)) => well(class, format!("{database} answers")),
            // Reads still work, so the server can be given work.
            Ok(Ok(false)) => Finding {
                reason: "DATABASE READ ONLY",
                ..well(class, format!("{database} takes no writes"))
            },
            Ok(Err(error)) => self.unavailable(&error),
            Err(_) => ill(
                class,
                "DATABASE UNAVAILABLE",
                format!("{database} does not answer"),
            ),
        }
    }

    fn unavailable(&self, error: &store::Error) -> Finding {
        let details = format!("{}: {error}", self.store.describe());
        ill(HealthBackend::Database.name(), "DATABASE UNAVAILABLE", details)
    }

    async fn check_keystone(&self) -> Finding {
        let class = HealthBackend::Keystone.name();
        match timeout(PATIENCE, self.identity.check()).await {
            Ok(Ok(details)) => well(class, details),
            Ok(Err(reason)) => ill(class, "KEYSTONE UNAVAILABLE", reason),
            Err(_) => ill(class, "KEYSTONE UNAVAILABLE", "it does not answer".to_owned()),
        }
    }
}

async fn recent(last: &Mutex<Option<(Instant, Finding)>>, look: impl Future<Output = Finding>) -> Finding {
    let mut last = last.lock().await;
    if let Some((at, finding)) = &*last
        && at.elapsed() < HOLDS
    {
        return finding.clone();
    }
    let finding = look.await;
    log_change(last.as_ref().map(|(_, before)| before), &finding);
    *last = Some((Instant::now(), finding.clone()));
    finding
}

/// Logs a change. Before the first finding all is taken to be well.
fn log_change(before: Option<&Finding>, now: &Finding) {
    let Finding {
        class,
        is_available,
        reason,
        details,
    } = now;
    if before.map_or(WELL, |before| before.reason) == *reason {
        return;
    }
    match (is_available, *reason) {
        (true, WELL) => tracing::info!(class, details, "the healthcheck passes again"),
        (true, _) => tracing::warn!(class, reason, details, "the healthcheck passes with a warning"),
        (false, _) => tracing::warn!(class, reason, details, "the healthcheck fails"),
    }
}

fn disable_by_file(path: Option<&Path>) -> Finding {
    let class = HealthBackend::DisableByFile.name();
    let Some(path) = path else {
        return well(class, "no disable_by_file_path is configured".to_owned());
    };
    if path.exists() {
        let details = format!("path {} was found", path.display());
        ill(class, "DISABLED BY FILE", details)
    } else {
        well(class, format!("path {} was not found", path.display()))
    }
}

fn well(class: &'static str, details: String) -> Finding {
    Finding {
        class,
        is_available: true,
        reason: WELL,
        details,
    }
}

fn ill(class: &'static str, reason: &'static str, details: String) -> Finding {
    Finding {
        class,
        is_available: false,
        reason,
        details,
    }
}

#[cfg(test)]
mod tests {
    use tracing::dispatcher::with_default;

    use super::*;
    use crate::telemetry::{LogFormat, LogSettings, log};

    #[test]
    fn each_change_is_logged_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let settings = LogSettings {
            filter: "info".to_owned(),
            format: LogFormat::Text,
            file: Some(file.path().to_owned()),
        };
        let (dispatch, _handle) = log::build(&settings).unwrap();
        let good = well("Database", String::new());
        let read_only = Finding {
            reason: "DATABASE READ ONLY",
            ..good.clone()
        };
        let gone = ill("Database", "DATABASE UNAVAILABLE", String::new());
        with_default(&dispatch, || {
            let course = [&good, &good, &read_only, &read_only, &gone, &read_only, &good];
            log_change(None, &good);
            course
                .windows(2)
                .for_each(|pair| log_change(Some(pair[0]), pair[1]));
        });
        let text = std::fs::read_to_string(file.path()).unwrap();
        let said = |line: &str| {
            line.split_once(": ")
                .and_then(|(_, said)| said.split_once(" class"))
                .unwrap()
                .0
                .to_owned()
        };
        let said: Vec<String> = text.lines().map(said).collect();
        let warning = "the healthcheck passes with a warning";
        assert_eq!(
            said,
            [
                warning,
                "the healthcheck fails",
                warning,
                "the healthcheck passes again"
            ]
        );
    }
}
