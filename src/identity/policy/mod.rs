//! What callers may do: rules with the names and defaults of block storage, in oslo.policy's language. Files override
//! them, and changed files are reloaded while the server runs.

mod check;
mod fault;
mod file;
mod parse;
mod rule;
mod rules;
mod sources;
mod target;
mod template;

use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

pub use fault::{PolicyFault, PolicyFaults};
pub use rule::{DEFAULTS, Default as DefaultRule, Rule};
pub use rules::{InForce, Rules};
pub use target::Target;

use sources::{Sources, Version};

use super::caller::Caller;
use crate::clock::Clock;
use crate::config::Config;

/// The interval between checks of the files, in microseconds.
const LOOK_EVERY: i64 = 1_000_000;

/// The policy denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Policy doesn't allow {} to be performed.", .0.name())]
pub struct Denied(pub Rule);

/// The rules in force; clones share them.
#[derive(Clone)]
pub struct Policy(Arc<Shared>);

struct Shared {
    rules: RwLock<Arc<Rules>>,
    sources: Sources,
    seen: Mutex<LastLook>,
    looked_at: AtomicI64,
    clock: Clock,
}

/// The result of the last check of the files.
struct LastLook {
    versions: Vec<Version>,
    /// Whether a file was missing, which may come back.
    misses: bool,
    /// Why the last check failed, if it did.
    fault: Option<PolicyFaults>,
}

impl Policy {
    /// Loads the configured files. [`Policy::watch`], or a request that comes first, checks them once a second and
    /// reloads changed ones; faulty files are logged, and the previous rules stay in force. A file counts as gone if
    /// two checks in a row miss it.
    ///
    /// # Errors
    /// Returns all current faults of the files.
    pub fn load(config: &Config, clock: Clock) -> Result<Self, PolicyFaults> {
        let (file, directories) = config.oslo_policy.places(&config.files);
        let sources = Sources {
            file,
            must_exist: config.oslo_policy.must_exist(),
            directories,
        };
        let versions = sources.versions()?;
        let rules = sources.read(&versions)?;
        warn(&rules);
        Ok(Self(Arc::new(Shared {
            rules: RwLock::new(Arc::new(rules)),
            sources,
            seen: Mutex::new(LastLook {
                versions,
                misses: false,
                fault: None,
            }),
            looked_at: AtomicI64::new(clock.now()),
            clock,
        })))
    }

    /// Checks whether the caller may do it to the target.
    ///
    /// # Errors
    /// [`Denied`], naming the rule.
    pub fn check(&self, rule: Rule, caller: &Caller, target: Target<'_>) -> Result<(), Denied> {
        if self.rules().allow(rule.name(), caller, target) {
            Ok(())
        } else {
            Err(Denied(rule))
        }
    }

    /// Whether the caller is an administrator.
    pub fn is_admin(&self, caller: &Caller) -> bool {
        self.rules().is_admin(caller)
    }

    /// Returns the rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        let now = self.0.clock.now();
        let last = self.0.looked_at.load(Ordering::Relaxed);
        // A clock that was set back must not delay the next check.
        let is_due = (now - last).abs() >= LOOK_EVERY;
        if is_due
            && self
                .0
                .looked_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.look();
        }
        Arc::clone(&self.0.rules.read())
    }

    /// Checks the files once a second, so that changes and faults are noticed without a request.
    pub async fn watch(&self) -> Infallible {
        loop {
            tokio::time::sleep(Duration::from_micros(LOOK_EVERY.unsigned_abs())).await;
            let policy = self.clone();
            // Files may be on a slow disk. A check that panics is repeated a second later.
            let _ = tokio::task::spawn_blocking(move || policy.rules()).await;
        }
    }

    fn look(&self) {
        let found = self.0.sources.versions();
        let mut seen = self.0.seen.lock();
        match found {
            Ok(versions) => {
                seen.fault = None;
                self.take_up(versions, &mut seen);
            }
            // Log each fault once, not every second.
            Err(faults) if seen.fault.as_ref() == Some(&faults) => {}
            Err(faults) => {
                refuse(&faults);
                seen.fault = Some(faults);
            }
        }
    }

    /// Reloads the files if their versions have changed.
    fn take_up(&self, versions: Vec<Version>, seen: &mut LastLook) {
        let is_there = |path: &Path| versions.iter().any(|version| version.path == path);
        let before = seen.versions.iter().map(|version| &version.path);
        let gone: Vec<_> = before.filter(|path| !is_there(path)).collect();
        // A file may be replaced by moving the old one away first; the built-in rules must not apply in between.
        let is_first_miss = !gone.is_empty() && !seen.misses;
        seen.misses = is_first_miss;
        if is_first_miss || seen.versions == versions {
            return;
        }
        for path in gone {
            tracing::warn!(path = %path.display(), "a policy file is gone");
        }
        match self.0.sources.read(&versions) {
            Ok(rules) => {
                tracing::info!(files = versions.len(), "policy reloaded");
                warn(&rules);
                *self.0.rules.write() = Arc::new(rules);
            }
            Err(faults) => refuse(&faults),
        }
        // Log a faulty file once, not every second.
        seen.versions = versions;
    }
}

fn refuse(faults: &PolicyFaults) {
    faults
        .iter()
        .for_each(|fault| tracing::error!(%fault, "policy not reloaded: a file is invalid"));
}

fn warn(rules: &Rules) {
    rules
        .warnings
        .iter()
        .for_each(|warning| tracing::warn!("policy: {warning}"));
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("sources", &self.0.sources)
            .finish_non_exhaustive()
    }
}
