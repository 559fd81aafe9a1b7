//! Events and their sinks.

use std::sync::Arc;

use super::envelope::Envelope;
use super::subscribers::{Subscribed, Subscribers};

/// Events to write. The default is none.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// The events, with ids and times already set. Shared, since the caller answers with them.
    pub events: Arc<[Envelope]>,
    /// Their sinks.
    pub sinks: Arc<Sinks>,
    /// The event types that listeners want, as known when the events were made.
    pub subscribed: Arc<Subscribed>,
    /// Where to note that this has changed since; none for events that no [`Reporter`](super::Reporter) made.
    pub subscribers: Option<Subscribers>,
}

/// The sinks of events.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sinks {
    /// The names of drivers, each of which gets every event.
    pub targets: Vec<String>,
    /// Whether events are also kept for audits.
    pub keeps: bool,
    /// Disabled event types: whole types, or groups (the part before the first dot).
    pub disabled: Vec<String>,
}

impl Outgoing {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.enabled().next().is_none()
    }

    /// Yields the events that go to any sink.
    pub fn enabled(&self) -> impl Iterator<Item = &Envelope> + Clone {
        self.events.iter().filter(|event| self.takes(&event.event_type))
    }

    /// Whether events of this type go to any sink.
    pub(super) fn takes(&self, event_type: &str) -> bool {
        self.sinks.takes(event_type) || self.is_subscribed(event_type)
    }

    /// Whether any listener wants events of this type, perhaps of another project.
    pub fn is_subscribed(&self, event_type: &str) -> bool {
        self.subscribed.has(event_type) && !self.sinks.disables(event_type)
    }
}

impl Sinks {
    /// Whether no event goes to any of them.
    pub fn is_nowhere(&self) -> bool {
        self.targets.is_empty() && !self.keeps
    }

    /// Whether an event of this type goes to any sink. As in Glance, `image` covers every `image.*`, and `image.member`
    /// covers only itself.
    pub fn takes(&self, event_type: &str) -> bool {
        !self.is_nowhere() && !self.disables(event_type)
    }

    fn disables(&self, event_type: &str) -> bool {
        let group = event_type.split('.').next().unwrap_or(event_type);
        self.disabled
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
