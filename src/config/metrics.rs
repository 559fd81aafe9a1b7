//! `[metrics]`.

use super::bind::Bind;
use super::reader::OptionReader;

/// `[metrics]`: metrics for Prometheus at `/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Whether they are served.
    pub enabled: bool,
    /// A separate address; `None` to serve them on `[api] bind`.
    pub bind: Option<Bind>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            enabled: true,
            bind: None,
        }
    }
}

impl Metrics {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("metrics");
        Self {
            enabled: section.get("enabled", default.enabled),
            bind: section.get("bind", default.bind),
        }
    }
}
