//! The statements for followed tables.

use std::sync::Arc;

use tidings::config::Config;
use tidings::event::Reporter;
use tidings::message::Message;
use tidings::store::follow::{self, FollowBatch, FollowLease, FollowPosition};
use tidings::store::message::{ArrivalPlace, arrivals};
use tidings::store::{Read, Store};

use super::id;
use crate::support::{NOW, message};

/// Records rows, deletes the message of one, and reads what is known of them.
pub async fn run(store: &Store) {
    let row = |seconds| Message {
        resource_uuid: Some("r1".to_owned()),
        request_id: "req-1".to_owned(),
        ..message("p1", seconds)
    };
    let batch = FollowBatch {
        lease: FollowLease {
            name: "follow:cinder".to_owned(),
            holder: "me".to_owned(),
            until: NOW + 9,
        },
        service: "cinder",
        now: NOW,
        pairs_within: 9,
        messages: vec![row(1), row(2)],
        deleted: vec![id(FEW)],
        position: FollowPosition {
            expires_at: NOW,
            ttl: 1,
            walked: String::new(),
            since: 0,
        },
    };
    let before = store.read(|read| ArrivalPlace::last(read)).await.unwrap();
    let reporter = Reporter::new(&Config::default());
    let first = store.follow(Arc::new(batch), &reporter).await.unwrap().unwrap();
    assert_eq!((first.recorded, first.deleted), (2, 1));
    let reads = move |read: &mut Read<'_>| {
        follow::position(read, "cinder")?;
        follow::notes(read, &[id(1), id(2)])?;
        arrivals(read, "p1", before, 0)
    };
    let arrived = store.read(reads).await.unwrap();
    assert!(!arrived.messages.is_empty());
}

/// The number of a row that no other statement deletes.
const FEW: u64 = 401;
