//! Events with the sinks that they go to.

use std::sync::Arc;

use super::envelope::Envelope;

/// Events to write. The default is none at all.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// The events, ids and times already fixed. Shared, since the caller answers with them.
    pub events: Arc<[Envelope]>,
    /// Where they go.
    pub sinks: Arc<Sinks>,
}

/// Where events go.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sinks {
    /// The names of drivers, each of which gets every event.
    pub targets: Vec<String>,
    /// Whether events are kept for audits, too.
    pub keeps: bool,
    /// Types of events that go nowhere: whole types, and groups, which are what stands before the first dot.
    pub disabled: Vec<String>,
}

impl Outgoing {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() || self.sinks.is_nowhere()
    }

    /// The events that go anywhere.
    pub fn enabled(&self) -> impl Iterator<Item = &Envelope> + Clone {
        self.events
            .iter()
            .filter(|event| self.sinks.takes(&event.event_type))
    }
}

impl Sinks {
    /// Whether no event goes anywhere.
    pub fn is_nowhere(&self) -> bool {
        self.targets.is_empty() && !self.keeps
    }

    /// Whether an event of this type goes anywhere. As with Glance, `image` stands for every `image.*`, and
    /// `image.member` for nothing.
    pub fn takes(&self, event_type: &str) -> bool {
        let group = event_type.split('.').next().unwrap_or(event_type);
        !self.is_nowhere()
            && !self
                .disabled
                .iter()
                .any(|known| known == event_type || known == group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disabled_group_is_what_stands_before_the_first_dot() {
        let sinks = Sinks {
            targets: vec!["log".to_owned()],
            keeps: false,
            disabled: ["image.send", "task", "metadef.tag"].map(str::to_owned).to_vec(),
        };
        for (event_type, want) in [
            ("image.send", false),
            ("image.upload", true),
            ("task.run", false),
            ("tasks.run", true),
            ("metadef.tag.create", true),
        ] {
            assert_eq!(sinks.takes(event_type), want, "{event_type}");
        }
        assert!(!Sinks::default().takes("image.upload"));
    }
}
