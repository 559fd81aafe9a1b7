//! The bodies of deliveries, in the forms that receivers may choose from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bus;
use crate::event::Envelope;
use crate::listener::Format;
use crate::message::time;

/// The characters to encode in a relative reference of RFC 3986. A colon would end a scheme.
const NOT_IN_REFERENCE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The ASCII characters that the HTTP binding of CloudEvents encodes in headers.
const NOT_IN_HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// The body of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBody {
    /// The body itself.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
    /// The attributes of a binary CloudEvent, which travel outside the body; otherwise empty.
    pub attributes: BTreeMap<&'static str, String>,
}

impl EventBody {
    /// Encodes an event.
    ///
    /// # Errors
    /// Fails if the payload or the call report is not JSON.
    pub fn new(event: &Envelope, format: Format) -> Result<Self, serde_json::Error> {
        let payload: &RawValue = serde_json::from_str(&event.payload)?;
        let bytes = match format {
            Format::Pulp => serde_json::to_vec(&Pulp::new(event, payload)?)?,
            Format::CloudEvents => serde_json::to_vec(&Structured::new(event, payload))?,
            Format::CloudEventsBinary => payload.get().as_bytes().to_vec(),
            Format::Glance => serde_json::to_vec(&bus::envelope(event, payload))?,
        };
        let outside = if format == Format::CloudEventsBinary {
            attributes(event)
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            bytes,
            content_type: match format {
                Format::CloudEvents => "application/cloudevents+json; charset=utf-8",
                Format::Pulp | Format::CloudEventsBinary | Format::Glance => "application/json",
            },
            attributes: outside
                .into_iter()
                .map(|(name, value)| (name, value.into_owned()))
                .collect(),
        })
    }

    /// Yields the attributes as HTTP headers.
    pub fn headers(&self) -> impl Iterator<Item = (String, String)> {
        self.attributes.iter().map(|(name, value)| {
            let value = utf8_percent_encode(value, NOT_IN_HEADER);
            (format!("ce-{name}"), value.to_string())
        })
    }
}

/// The body that Pulp sends.
#[derive(Serialize)]
struct Pulp<'a> {
    event_type: &'a str,
    payload: &'a RawValue,
    call_report: Option<&'a RawValue>,
}

impl<'a> Pulp<'a> {
    fn new(event: &'a Envelope, payload: &'a RawValue) -> Result<Self, serde_json::Error> {
        let call_report = event.call_report.as_deref().map(serde_json::from_str);
        Ok(Self {
            event_type: &event.event_type,
            payload,
            call_report: call_report.transpose()?,
        })
    }
}

/// A structured CloudEvent.
#[derive(Serialize)]
struct Structured<'a> {
    #[serde(flatten)]
    attributes: BTreeMap<&'static str, Cow<'a, str>>,
    datacontenttype: &'static str,
    data: &'a RawValue,
}

impl<'a> Structured<'a> {
    fn new(event: &'a Envelope, data: &'a RawValue) -> Self {
        Self {
            attributes: attributes(event),
            datacontenttype: "application/json",
            data,
        }
    }
}

/// Returns the attributes of CloudEvents 1.0, with the other fields of the envelope as extensions.
fn attributes(event: &Envelope) -> BTreeMap<&'static str, Cow<'_, str>> {
    let source = utf8_percent_encode(&event.publisher_id, NOT_IN_REFERENCE);
    let time = format!("{}Z", time::format(event.timestamp));
    let mut attributes = BTreeMap::from([
        ("specversion", "1.0".into()),
        ("id", event.message_id.to_string().into()),
        ("source", source.into()),
        ("type", event.event_type.as_str().into()),
        ("time", time.into()),
        ("priority", event.priority.name().into()),
    ]);
    for (name, value) in [("projectid", &event.project_id), ("requestid", &event.request_id)] {
        attributes.extend(value.as_deref().map(|value| (name, value.into())));
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Priority;

    /// An event whose payload is not formatted as a serializer would.
    fn event() -> Envelope {
        Envelope {
            message_id: "cd116962-dcb8-46c9-8bd3-9cc9cf55bf53".parse().unwrap(),
            publisher_id: "image.host1".to_owned(),
            event_type: "repo.sync.start".to_owned(),
            priority: Priority::Error,
            timestamp: 1_795_231_327_072_065,
            payload: r#"{"repo_id":  "é", "size": 1.50}"#.to_owned(),
            request_id: Some("req-1".to_owned()),
            project_id: None,
            call_report: None,
        }
    }

    fn text(event: &Envelope, format: Format) -> String {
        String::from_utf8(EventBody::new(event, format).unwrap().bytes).unwrap()
    }

    #[test]
    fn pulp_sends_the_type_the_payload_and_the_task() {
        let mut event = event();
        assert_eq!(
            text(&event, Format::Pulp),
            r#"{"event_type":"repo.sync.start","payload":{"repo_id":  "é", "size": 1.50},"call_report":null}"#
        );
        event.call_report = Some(r#"{"state": "running"}"#.to_owned());
        let body = EventBody::new(&event, Format::Pulp).unwrap();
        assert!(body.bytes.ends_with(br#","call_report":{"state": "running"}}"#));
        assert_eq!(body.content_type, "application/json");
        assert_eq!(body.headers().count(), 0);
    }

    #[test]
    fn glance_sends_its_envelope() {
        assert_eq!(
            text(&event(), Format::Glance),
            r#"{"message_id":"cd116962-dcb8-46c9-8bd3-9cc9cf55bf53","publisher_id":"image.host1","event_type":"repo.sync.start","priority":"ERROR","payload":{"repo_id":  "é", "size": 1.50},"timestamp":"2026-11-21 03:22:07.072065"}"#
        );
    }

    #[test]
    fn a_structured_cloud_event_has_its_attributes_in_the_body() {
        let body = EventBody::new(&event(), Format::CloudEvents).unwrap();
        assert_eq!(body.content_type, "application/cloudevents+json; charset=utf-8");
        assert_eq!(body.headers().count(), 0);
        assert_eq!(
            String::from_utf8(body.bytes).unwrap(),
            r#"{"id":"cd116962-dcb8-46c9-8bd3-9cc9cf55bf53","priority":"ERROR","requestid":"req-1","source":"image.host1","specversion":"1.0","time":"2026-11-21T03:22:07.072065Z","type":"repo.sync.start","datacontenttype":"application/json","data":{"repo_id":  "é", "size": 1.50}}"#
        );
    }

    #[test]
    fn a_binary_cloud_event_has_its_attributes_in_headers() {
        let event = Envelope {
            request_id: None,
            project_id: Some("p1".to_owned()),
            ..event()
        };
        let body = EventBody::new(&event, Format::CloudEventsBinary).unwrap();
        assert_eq!(body.content_type, "application/json");
        assert_eq!(body.bytes, event.payload.as_bytes());
        let headers: Vec<(String, String)> = body.headers().collect();
        let want = [
            ("ce-id", "cd116962-dcb8-46c9-8bd3-9cc9cf55bf53"),
            ("ce-priority", "ERROR"),
            ("ce-projectid", "p1"),
            ("ce-source", "image.host1"),
            ("ce-specversion", "1.0"),
            ("ce-time", "2026-11-21T03:22:07.072065Z"),
            ("ce-type", "repo.sync.start"),
        ];
        assert_eq!(
            headers,
            want.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_source_is_a_reference_and_a_header_is_ascii() {
        let event = Envelope {
            publisher_id: "1:2 50% \"ü\"/x".to_owned(),
            project_id: Some("a b%\"ü~!".to_owned()),
            ..event()
        };
        let body = EventBody::new(&event, Format::CloudEventsBinary).unwrap();
        assert_eq!(body.attributes["source"], "1%3A2%2050%25%20%22%C3%BC%22/x");
        let headers: BTreeMap<String, String> = body.headers().collect();
        // Encoded once as a reference and once more as a header, which the receiver decodes.
        assert_eq!(
            headers["ce-source"],
            "1%253A2%252050%2525%2520%2522%25C3%25BC%2522/x"
        );
        assert_eq!(headers["ce-projectid"], "a%20b%25%22%C3%BC~!");
    }

    #[test]
    fn what_is_not_json_is_never_sent() {
        let bad = || "{\"a\":".to_owned();
        let payload = Envelope {
            payload: bad(),
            ..event()
        };
        for format in Format::ALL {
            assert!(EventBody::new(&payload, format).is_err(), "{}", format.name());
        }
        let report = Envelope {
            call_report: Some(bad()),
            ..event()
        };
        assert!(EventBody::new(&report, Format::Pulp).is_err());
    }
}
