//! A made-up batch, to tell a bad notification from a broken database.

use uuid::Uuid;

use super::batch::{Arrival, IngestBatch, Occurrence, Owner};
use crate::message::{Message, time};

/// A valid batch that touches every table of notifications: a database that cannot record it can record none.
pub(in crate::store) fn batch(now: i64) -> IngestBatch {
    let resource = Uuid::new_v4().into_bytes();
    let until = now.saturating_add(time::SECOND);
    IngestBatch {
        now,
        owners: vec![Owner {
            resource,
            project_id: PROJECT.to_owned(),
            expires_at: until,
        }],
        arrivals: vec![Arrival {
            messages: vec![message(now)],
            resource: Some(resource),
            own: Some((Uuid::new_v4().into_bytes(), until)),
            failure: Some(Occurrence {
                key: Uuid::new_v4().into_bytes(),
                at: now,
                window: time::SECOND,
            }),
            pairs_within: None,
        }],
        unmatched: Vec::new(),
    }
}

/// No project's, as the transaction is rolled back.
const PROJECT: &str = "probe";

fn message(now: i64) -> Message {
    let id = Uuid::now_v7();
    Message {
        id,
        project_id: String::new(),
        event_id: "VOLUME_000001".to_owned(),
        action_id: None,
        detail_id: None,
        resource_type: None,
        resource_uuid: None,
        request_id: format!("req-{id}"),
        message_level: "ERROR".to_owned(),
        parameters: None,
        created_at: now,
        expires_at: Some(now),
    }
}
