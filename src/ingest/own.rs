//! Recognizes notifications that this program sent, so that it does not ingest its own events.

use uuid::Uuid;

use crate::bus::Notification;

/// The most topics of one event.
const TOPICS: u128 = 256;

/// Whether this program, on any host, sent the notification.
///
/// The transport's id consists of the event's own id and the number of the topic (see [`crate::bus::encode`]); in
/// oslo.messaging the two ids are random and unrelated. The publisher id proves nothing: it can be forged, and an event
/// relayed for a service carries that service's name.
pub fn is_own(notification: &Notification) -> bool {
    let id = |text: &Option<String>| text.as_deref().and_then(|text| Uuid::try_parse(text).ok());
    match (id(&notification.message_id), id(&notification.unique_id)) {
        (Some(message), Some(unique)) => message.as_u128() ^ unique.as_u128() < TOPICS,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{Version, decode, encode};
    use crate::event::{Envelope, Priority};

    #[test]
    fn what_is_sent_here_is_known_by_its_ids() {
        let event = Envelope {
            message_id: Uuid::now_v7(),
            publisher_id: "image.host1".to_owned(),
            event_type: "image.upload".to_owned(),
            priority: Priority::Error,
            timestamp: 0,
            payload: "{}".to_owned(),
            request_id: None,
            project_id: None,
            call_report: None,
        };
        for (version, topic) in [(Version::One, 0), (Version::Two, 3)] {
            let body = encode(&event, version, topic).unwrap();
            let notification = decode(Some("application/json"), None, &body).unwrap();
            assert!(is_own(&notification));
            for ids in [
                (None, None),
                (notification.message_id.clone(), Some(Uuid::new_v4().to_string())),
            ] {
                let (message_id, unique_id) = ids;
                let other = Notification {
                    message_id,
                    unique_id,
                    ..notification.clone()
                };
                assert!(!is_own(&other));
            }
        }
    }
}
