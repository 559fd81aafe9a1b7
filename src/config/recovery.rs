//! `[recovery]`.

use std::time::Duration;

use super::events::Days;
use super::reader::OptionReader;
use super::value::Value;

/// `[recovery]`: what becomes of failure notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// A report that equals one generated at most this long before it, or later, is a duplicate.
    pub duplicate_interval: Duration,
    /// What does the work.
    pub engine: RecoveryEngine,
    /// How long an engine's claim lasts after its last call.
    pub lease: Duration,
    /// How long a step may take without progress, however often the engine renews its lease.
    pub step_timeout: Duration,
    /// How long after a failed attempt the second one may begin.
    pub retry_after: Duration,
    /// A notification that is not final this long after the failure is given up.
    pub expire_after: Duration,
    /// How many days final notifications are kept.
    pub keep: Days,
}

/// What recovers hosts and instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryEngine {
    /// Programs that claim notifications over the API.
    None,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            duplicate_interval: Duration::from_secs(180),
            engine: RecoveryEngine::None,
            lease: Duration::from_secs(60),
            step_timeout: Duration::from_secs(600),
            retry_after: Duration::from_secs(120),
            expire_after: Duration::from_secs(86_400),
            keep: Days(30),
        }
    }
}

impl Recovery {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("recovery");
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        let (day, year) = (Duration::from_secs(86_400), Duration::from_secs(31_557_600));
        Self {
            duplicate_interval: section.within_or(
                "duplicate_interval",
                ("DEFAULT", "duplicate_notification_detection_interval"),
                default.duplicate_interval,
                &(Duration::ZERO..=day),
            ),
            engine: section.get("engine", default.engine),
            lease: section.within("lease", default.lease, &(second..=hour)),
            step_timeout: section.within("step_timeout", default.step_timeout, &(second..=day)),
            retry_after: section.within("retry_after", default.retry_after, &(Duration::ZERO..=day)),
            expire_after: section.within("expire_after", default.expire_after, &(second..=year)),
            keep: Days(section.within("keep", default.keep.0, &(0..=36_525))),
        }
    }
}

impl Value for RecoveryEngine {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            _ => Err(format!("{text:?} must be none")),
        }
    }
}
