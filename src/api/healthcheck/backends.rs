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
        if let Err(error) = app.store.standing()
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
    let was_well = last.as_ref().is_none_or(|(_, before)| before.is_available);
    if was_well != finding.is_available {
        let Finding { class, details, .. } = &finding;
        if finding.is_available {
            tracing::info!(class, details, "the healthcheck passes again");
        } else {
            tracing::warn!(class, details, "the healthcheck fails");
        }
    }
    *last = Some((Instant::now(), finding.clone()));
    finding
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
        reason: "OK",
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
