//! The forms in which events are sent.

/// The form of a delivery's body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `{"event_type", "payload", "call_report"}`, as Pulp sends it.
    #[default]
    Pulp,
    /// A structured CloudEvent.
    CloudEvents,
    /// A CloudEvent whose attributes are headers.
    CloudEventsBinary,
    /// Glance's envelope.
    Glance,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [
        Self::Pulp,
        Self::CloudEvents,
        Self::CloudEventsBinary,
        Self::Glance,
    ];

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pulp => "pulp",
            Self::CloudEvents => "cloudevents",
            Self::CloudEventsBinary => "cloudevents-binary",
            Self::Glance => "glance",
        }
    }

    /// Parses a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
