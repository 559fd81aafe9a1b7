//! The payload of a report: what each type has, and when two are equal.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::check::{Fault, Members};
use super::kind::NotificationType;

const EVENTS: [&str; 2] = ["STARTED", "STOPPED"];

/// Checks the members that the type has.
///
/// # Errors
/// Names the first invalid one.
pub fn check(kind: NotificationType, payload: &Map<String, Value>) -> Result<(), Fault> {
    let payload = Value::Object(payload.clone());
    let members = Members::of(&payload, "payload")?;
    let word = |name: &str, allowed: &[&str]| {
        members.one_of(name, allowed, |text| allowed.contains(&text).then_some(()))
    };
    match kind {
        NotificationType::ComputeHost => {
            word("event", &EVENTS)?;
            word("host_status", &["NORMAL", "UNKNOWN"])?;
            word("cluster_status", &["ONLINE", "OFFLINE"])?;
            members.require(&["event"])?;
            members.only(&["event", "host_status", "cluster_status"])
        }
        NotificationType::Vm => {
            if members
                .text("instance_uuid")?
                .is_some_and(|text| !is_like_uuid(text))
            {
                return Err(members.fault("instance_uuid", "must be a UUID"));
            }
            members.text("vir_domain_event")?;
            members.text("event")?;
            let names = ["instance_uuid", "vir_domain_event", "event"];
            members.require(&names)?;
            members.only(&names)
        }
        NotificationType::Process => {
            members.text("process_name")?;
            word("event", &EVENTS)?;
            let names = ["process_name", "event"];
            members.require(&names)?;
            members.only(&names)
        }
    }
}

/// Accepts what Python's services accept for a UUID: upper case, no dashes, in braces, as a URN.
fn is_like_uuid(text: &str) -> bool {
    let bare = text.replace("urn:", "").replace("uuid:", "");
    let digits = bare.trim_matches(['{', '}']).replace('-', "");
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A digest that is equal for reports of the same host, type and payload, whatever the order of the payload's members.
pub fn fingerprint(host: Uuid, kind: NotificationType, payload: &Map<String, Value>) -> Vec<u8> {
    let sorted: BTreeMap<&String, &Value> = payload.iter().collect();
    let mut hash = Sha256::new();
    hash.update(host.as_bytes());
    hash.update(kind.name());
    for (name, value) in sorted {
        // As JSON, so that no name or value can continue in the next one.
        hash.update(Value::from(name.as_str()).to_string());
        hash.update(value.to_string());
    }
    hash.finalize().to_vec()
}
