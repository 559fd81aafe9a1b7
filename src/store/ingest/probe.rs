//! Whether notifications can be recorded at all: what is wrong with one of them is told from a broken database by this.

use uuid::Uuid;

use super::{Arrival, Batch, Occurrence, Owner};
use crate::message::{Message, time};

/// A batch that is sound: whoever cannot take it can take none. It touches every table that a notification leads to.
pub(in crate::store) fn batch(now: i64) -> Batch {
    let resource = Uuid::new_v4().into_bytes();
    let until = now.saturating_add(time::SECOND);
    Batch {
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
        }],
    }
}

/// Nobody's, as the transaction is undone.
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
