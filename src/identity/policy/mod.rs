//! What a caller may do: rules with the names and defaults that block storage's operators know, in oslo.policy's
//! language, which files replace while the server runs.

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

/// How often files are looked at, in microseconds.
const LOOK_EVERY: i64 = 1_000_000;

/// The caller may not do it.
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

/// What the last look at the files has found.
struct LastLook {
    versions: Vec<Version>,
    /// Whether a file was missed then, that may come back.
    misses: bool,
    /// What stopped the last look, if something did.
    fault: Option<PolicyFaults>,
}

impl Policy {
    /// Reads the configured files. They are looked at once a second, by [`Policy::watch`] or by a request that comes
    /// first, and read again when they have changed; what cannot be used is logged, and the rules stay as they were. A file that is gone is believed
    /// to be gone when the next look misses it, too.
    ///
    /// # Errors
    /// Everything that is wrong with the files as they are now.
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

    /// Whether the caller may do it to the target.
    ///
    /// # Errors
    /// [`Denied`] naming the rule.
    pub fn check(&self, rule: Rule, caller: &Caller, target: Target<'_>) -> Result<(), Denied> {
        if self.rules().allow(rule.name(), caller, target) {
            Ok(())
        } else {
            Err(Denied(rule))
        }
    }

    /// Whether the caller sees and does everything.
    pub fn is_admin(&self, caller: &Caller) -> bool {
        self.rules().is_admin(caller)
    }

    /// The rules in force now.
    pub fn rules(&self) -> Arc<Rules> {
        let now = self.0.clock.now();
        let last = self.0.looked_at.load(Ordering::Relaxed);
        // A clock that was set back must not put the next look off.
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

    /// Looks at the files once a second, so that a change is taken up, and a fault in it told of, without any request.
    pub async fn watch(&self) -> Infallible {
        loop {
            tokio::time::sleep(Duration::from_micros(LOOK_EVERY.unsigned_abs())).await;
            let policy = self.clone();
            // Files may lie on a disk that is slow. A look that panics is made again a second later.
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
            // What is wrong is told of once, not each second.
            Err(faults) if seen.fault.as_ref() == Some(&faults) => {}
            Err(faults) => {
                refuse(&faults);
                seen.fault = Some(faults);
            }
        }
    }

    /// Reads the files if they are others than those that were seen last.
    fn take_up(&self, versions: Vec<Version>, seen: &mut LastLook) {
        let is_there = |path: &Path| versions.iter().any(|version| version.path == path);
        let before = seen.versions.iter().map(|version| &version.path);
        let gone: Vec<_> = before.filter(|path| !is_there(path)).collect();
        // Those who replace a file may move the old one away first; the built-in rules must not hold between.
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
                tracing::info!(files = versions.len(), "policy read again");
                warn(&rules);
                *self.0.rules.write() = Arc::new(rules);
            }
            Err(faults) => refuse(&faults),
        }
        // A file that is wrong is told of once, not each second.
        seen.versions = versions;
    }
}

fn refuse(faults: &PolicyFaults) {
    faults
        .iter()
        .for_each(|fault| tracing::error!(%fault, "policy not changed: a file cannot be used"));
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
