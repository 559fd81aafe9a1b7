//! What can be looked at: a file, the database, Keystone.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::Finding;
use crate::api::app::App;
use crate::config::HealthBackend;
use crate::store;

/// How long what was found out holds: everybody may ask, and nobody shall keep the database or Keystone busy by it.
const HOLDS: Duration = Duration::from_secs(1);
/// The reason of a finding that needs no attention.
const WELL: &str = "OK";
/// Longest time that a backend may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found out last. Those who ask at the same time wait for the same answer.
#[derive(Debug, Default)]
pub struct Checkup {
    database: Mutex<Option<(Instant, Finding)>>,
    keystone: Mutex<Option<(Instant, Finding)>>,
}

impl Checkup {
    /// What the configured backends find, in their order; that all is well where none is configured.
    pub(super) async fn findings(&self, app: &App) -> Vec<Finding> {
        let mut findings = Vec::with_capacity(3);
        for backend in &app.config.healthcheck.backends {
            findings.push(match backend {
                HealthBackend::DisableByFile => {
                    disable_by_file(app.config.healthcheck.disable_by_file_path.as_deref())
                }
                HealthBackend::Database => recent(&self.database, database(app)).await,
                HealthBackend::Keystone => recent(&self.keystone, keystone(app)).await,
            });
        }
        // A server whose database file is gone can serve nothing until a restart, whatever is configured to be looked at.
        if let Err(error) = app.store.intact()
            && !app.config.healthcheck.backends.contains(&HealthBackend::Database)
        {
            findings.push(unavailable(app, &error));
        }
        if findings.is_empty() {
            findings.push(well("none", "no backend is configured".to_owned()));
        }
        findings
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

/// Logs a finding of another kind than the one before, which is good at first.
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

async fn database(app: &App) -> Finding {
    let class = HealthBackend::Database.name();
    let place = app.store.describe();
    match timeout(PATIENCE, app.store.check()).await {
        Ok(Ok(true)) => well(class, format!("{place} answers")),
        // Reads go on, so the server still has work to do.
        Ok(Ok(false)) => Finding {
            reason: "DATABASE READ ONLY",
            ..well(class, format!("{place} takes no writes"))
        },
        Ok(Err(error)) => unavailable(app, &error),
        Err(_) => ill(class, "DATABASE UNAVAILABLE", format!("{place} does not answer")),
    }
}

fn unavailable(app: &App, error: &store::Error) -> Finding {
    let details = format!("{}: {error}", app.store.describe());
    ill(HealthBackend::Database.name(), "DATABASE UNAVAILABLE", details)
}

async fn keystone(app: &App) -> Finding {
    let class = HealthBackend::Keystone.name();
    match timeout(PATIENCE, app.identity.check()).await {
        Ok(Ok(details)) => well(class, details),
        Ok(Err(reason)) => ill(class, "KEYSTONE UNAVAILABLE", reason),
        Err(_) => ill(class, "KEYSTONE UNAVAILABLE", "it does not answer".to_owned()),
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
