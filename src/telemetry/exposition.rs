//! Prometheus' text formats.

use std::collections::HashSet;

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus' own, version 0.0.4, which every collector supports.
    Prometheus,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Exposition {
    /// Returns the format's `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Converts `OpenMetrics` to Prometheus' own format, in which a counter's family is named like its samples and some
/// lines and types do not exist.
pub(super) fn prometheus(open_metrics: &str) -> String {
    let of_type = |wanted: &str| -> HashSet<&str> {
        let types = open_metrics
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .filter_map(|line| line.split_once(' '));
        types
            .filter(|(_, found)| *found == wanted)
            .map(|(name, _)| name)
            .collect()
    };
    let (counters, infos) = (of_type("counter"), of_type("info"));
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let Some(said) = line.strip_prefix("# ") else {
            text.extend([line, "\n"]);
            continue;
        };
        let mut words = said.splitn(3, ' ');
        let (Some(keyword @ ("TYPE" | "HELP")), Some(name)) = (words.next(), words.next()) else {
            continue;
        };
        let suffix = if counters.contains(name) {
            "_total"
        } else if infos.contains(name) {
            "_info"
        } else {
            ""
        };
        let rest = match words.next().unwrap_or_default() {
            "info" if keyword == "TYPE" => "gauge",
            "unknown" if keyword == "TYPE" => "untyped",
            rest => rest,
        };
        text.extend(["# ", keyword, " ", name, suffix, " ", rest, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_the_names_and_types_of_prometheus() {
        let open_metrics = "# HELP a Answers.\n# TYPE a counter\na_total{b=\"# c\"} 1\n\
                            # HELP s_seconds Time.\n# TYPE s_seconds gauge\n# UNIT s_seconds seconds\ns_seconds 2.5\n\
                            # HELP build Build.\n# TYPE build info\nbuild_info{v=\"1\"} 1\n\
                            # TYPE u unknown\nu 1\n# EOF\n";
        assert_eq!(
            prometheus(open_metrics),
            "# HELP a_total Answers.\n# TYPE a_total counter\na_total{b=\"# c\"} 1\n\
             # HELP s_seconds Time.\n# TYPE s_seconds gauge\ns_seconds 2.5\n\
             # HELP build_info Build.\n# TYPE build_info gauge\nbuild_info{v=\"1\"} 1\n\
             # TYPE u untyped\nu 1\n"
        );
    }
}
