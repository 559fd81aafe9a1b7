//! `[ingest]`.

use std::time::Duration;

use super::fault::ConfigFaults;
use super::reader::OptionReader;
use super::transport_url::TransportUrl;
use super::value::Value;

/// `[ingest]`: turns other services' notifications into messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingest {
    /// Whether `tidings serve` does it too.
    pub enabled: bool,
    /// The services' brokers; `None` for `[DEFAULT] transport_url`.
    pub transport_url: Option<TransportUrl>,
    /// The exchanges that services send to.
    pub exchanges: Vec<String>,
    /// The topics that they send to.
    pub topics: Vec<String>,
    /// The queue that all servers share, so that other consumers do not lose anything.
    pub pool: String,
    /// The exchanges through which services may order messages.
    pub trusted_exchanges: Vec<String>,
    /// The owners of resources that have no project themselves.
    pub projects: Vec<ProjectOf>,
    /// The most notifications per transaction; three times as many are prefetched, but no more than 64 MiB.
    pub prefetch: usize,
    /// How far apart, by their own times, reports without a request id may be to count as the same failure; zero to
    /// treat each separately.
    pub repeat_window: Duration,
    /// How long notifications and failed requests are recognized as repeats.
    pub dedup_ttl: Duration,
    /// How long a resource's owner is remembered after it was last reported.
    pub owner_ttl: Duration,
}

/// The project of a resource, written `TYPE:ID:PROJECT`; `*` in the id matches any run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectOf {
    /// The resource type, such as `REPOSITORY`.
    pub resource_type: String,
    /// The id, or a pattern of ids.
    pub id: String,
    /// The project.
    pub project: String,
}

impl Default for Ingest {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            enabled: false,
            transport_url: None,
            exchanges: names(&["nova", "cinder", "glance", "manila", "masakari", "openstack"]),
            topics: names(&["notifications", "versioned_notifications"]),
            pool: "tidings".to_owned(),
            trusted_exchanges: Vec::new(),
            projects: Vec::new(),
            prefetch: 500,
            repeat_window: Duration::from_secs(60),
            dedup_ttl: Duration::from_secs(86_400),
            owner_ttl: Duration::from_secs(2_592_000),
        }
    }
}

impl Ingest {
    /// Returns the project that the configuration assigns to a resource; the first matching entry counts.
    pub fn project_of(&self, resource_type: &str, id: &str) -> Option<&str> {
        let fits = |known: &&ProjectOf| known.resource_type == resource_type && matches(&known.id, id);
        self.projects
            .iter()
            .find(fits)
            .map(|known| known.project.as_str())
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("ingest");
        let (second, year) = (Duration::from_secs(1), Duration::from_secs(31_557_600));
        Self {
            enabled: section.get("enabled", default.enabled),
            transport_url: section.get("transport_url", default.transport_url),
            exchanges: section.get("exchanges", default.exchanges),
            topics: section.get("topics", default.topics),
            pool: section.get("pool", default.pool),
            trusted_exchanges: section.get("trusted_exchanges", default.trusted_exchanges),
            projects: section.get("projects", default.projects),
            prefetch: section.within("prefetch", default.prefetch, &(1..=10_000)),
            repeat_window: section.within("repeat_window", default.repeat_window, &(Duration::ZERO..=year)),
            dedup_ttl: section.within("dedup_ttl", default.dedup_ttl, &(second..=year)),
            owner_ttl: section.within("owner_ttl", default.owner_ttl, &(second..=year)),
        }
    }
}

impl Ingest {
    /// Checks that the projects have the form that the API requires.
    pub(super) fn check_projects(&self, is_project: impl Fn(&str) -> bool, faults: &mut ConfigFaults) {
        let projects = self.projects.iter().map(|known| known.project.as_str());
        for project in projects.filter(|project| !is_project(project)) {
            let text = format!("{project:?} does not match [api] project_id_regex");
            faults.add("ingest", "projects", text);
        }
    }

    /// Checks the options that consuming requires.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        for (option, list) in [("exchanges", &self.exchanges), ("topics", &self.topics)] {
            if list.is_empty() {
                faults.add(
                    "ingest",
                    option,
                    "must name at least one: otherwise nothing would be consumed".to_owned(),
                );
            }
        }
        if self.pool.is_empty() {
            let text = "must not be empty: without its own queue, Tidings would take notifications away from other consumers";
            faults.add("ingest", "pool", text.to_owned());
        }
    }
}

fn matches(pattern: &str, id: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == id,
        Some((head, tail)) => {
            id.len() >= head.len() + tail.len() && id.starts_with(head) && id.ends_with(tail)
        }
    }
}

impl Value for ProjectOf {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} must have the form TYPE:ID:PROJECT, such as REPOSITORY:fedora-*:demo");
        let (resource_type, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (id, project) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let parts = [resource_type, id, project].map(str::trim);
        if parts.iter().any(|part| part.is_empty()) || id.matches('*').count() > 1 {
            return Err(wrong());
        }
        let [resource_type, id, project] = parts.map(str::to_owned);
        Ok(Self {
            resource_type,
            id,
            project,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_belongs_to_a_project_by_its_id_or_a_pattern() {
        let projects = ["REPOSITORY:a:b:p1", "REPOSITORY: fedora-*-x : p2", "ZONE:*:p3"];
        let ingest = Ingest {
            projects: projects.map(|text| ProjectOf::parse(text).unwrap()).into(),
            ..Ingest::default()
        };
        assert_eq!(ingest.project_of("REPOSITORY", "a:b"), Some("p1"));
        assert_eq!(ingest.project_of("REPOSITORY", "fedora-1-x"), Some("p2"));
        assert_eq!(ingest.project_of("REPOSITORY", "fedora-x"), None);
        assert_eq!(ingest.project_of("ZONE", "fedora"), Some("p3"));
        for text in ["", "a", "a:b", "a::c", "a:b:", "a:*x*:c"] {
            assert!(ProjectOf::parse(text).is_err(), "{text}");
        }
    }
}
