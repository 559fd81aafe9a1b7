//! `[ingest]`.

use std::time::Duration;

use super::fault::ConfigFaults;
use super::reader::OptionReader;
use super::transport_url::TransportUrl;
use super::value::Value;

/// `[ingest]`: turning other services' notifications into messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingest {
    /// Whether `tidings serve` does it, too.
    pub enabled: bool,
    /// The brokers that services send to; those of `[DEFAULT] transport_url`, when none.
    pub transport_url: Option<TransportUrl>,
    /// The exchanges that services send to.
    pub exchanges: Vec<String>,
    /// The topics that they send to there.
    pub topics: Vec<String>,
    /// The queue of their own from which all servers together read, so that no other consumer loses anything.
    pub pool: String,
    /// The exchanges through which services may order messages.
    pub trusted_exchanges: Vec<String>,
    /// Whose the resources are that belong to no project by themselves.
    pub projects: Vec<ProjectOf>,
    /// The most notifications of one transaction; three times as many are read ahead, but no more than 64 MiB.
    pub prefetch: usize,
    /// How far apart reports of the same failure, by their own times, are taken for one where they name no request; zero to
    /// take each for itself.
    pub repeat_window: Duration,
    /// How long a notification is known again, and a request that failed.
    pub dedup_ttl: Duration,
    /// How long it is remembered whose a resource is, from when it was last told.
    pub owner_ttl: Duration,
}

/// Whose a resource is, written `TYPE:ID:PROJECT`; `*` in the id is any run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectOf {
    /// The resource type, as `REPOSITORY`.
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
    /// The project that a resource belongs to by configuration; the first entry that fits counts.
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
    /// Who gets messages has to be a project as the API has them.
    pub(super) fn check_projects(&self, is_project: impl Fn(&str) -> bool, faults: &mut ConfigFaults) {
        let projects = self.projects.iter().map(|known| known.project.as_str());
        for project in projects.filter(|project| !is_project(project)) {
            let text = format!("{project:?} is no project after [api] project_id_regex");
            faults.add("ingest", "projects", text);
        }
    }

    /// What cannot be left out where notifications are read.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        for (option, list) in [("exchanges", &self.exchanges), ("topics", &self.topics)] {
            if list.is_empty() {
                faults.add(
                    "ingest",
                    option,
                    "names none, so that nothing would be read".to_owned(),
                );
            }
        }
        if self.pool.is_empty() {
            let text = "is empty: without a queue of their own, other consumers would lose what is read here";
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
        let wrong = || format!("{text:?} is not TYPE:ID:PROJECT, such as REPOSITORY:fedora-*:demo");
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
