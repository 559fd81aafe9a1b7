//! The forms in which events are sent.

use crate::named::named;

named! {
    /// The form of a delivery's body.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub enum Format {
        /// `{"event_type", "payload", "call_report"}`, as Pulp sends it.
        #[default]
        Pulp = "pulp",
        /// A structured CloudEvent.
        CloudEvents = "cloudevents",
        /// A CloudEvent whose attributes are headers.
        CloudEventsBinary = "cloudevents-binary",
        /// Glance's envelope.
        Glance = "glance",
    }
}
