//! What a report may contain, and which reports are equal.

use serde_json::{Value, json};
use tidings::failure::{NotificationType, Report, check_payload, fingerprint};
use uuid::Uuid;

fn report(kind: &str, payload: &Value) -> Value {
    json!({ "notification": {
        "type": kind, "hostname": "compute1", "generated_time": "2026-11-21T03:20:20", "payload": payload,
    }})
}

/// The fault of a report whose payload is checked too; empty if it has none.
fn fault(body: &Value) -> String {
    let checked = Report::check(body).and_then(|report| check_payload(report.kind, &report.payload));
    checked.err().map(|fault| fault.to_string()).unwrap_or_default()
}

#[test]
fn each_type_has_its_payload() {
    let id = "3A5CE65B8DF54E299D4D38FA7270C011";
    for (kind, payload) in [
        (
            "PROCESS",
            json!({ "process_name": "nova-compute", "event": "STOPPED" }),
        ),
        ("COMPUTE_HOST", json!({ "event": "STARTED" })),
        (
            "COMPUTE_HOST",
            json!({ "event": "STOPPED", "host_status": "NORMAL", "cluster_status": "OFFLINE" }),
        ),
        (
            "VM",
            json!({ "instance_uuid": id, "vir_domain_event": "any", "event": "any" }),
        ),
        (
            "VM",
            json!({ "instance_uuid": format!("urn:uuid:{{{id}}}"), "vir_domain_event": "x", "event": "y" }),
        ),
    ] {
        assert_eq!(fault(&report(kind, &payload)), "", "{kind} {payload}");
    }
}

#[test]
fn a_fault_names_the_field_and_what_is_allowed() {
    let faults = [
        fault(&Value::Null),
        fault(&json!({})),
        fault(&json!({ "notification": {}, "other": 1 })),
        fault(&json!({ "notification": { "type": "vm" } })),
        fault(&json!({ "notification": { "type": "VM", "hostname": "a b" } })),
        fault(&json!({ "notification": { "type": "VM", "hostname": "a", "generated_time": "0001-01-01" } })),
        fault(&report("VM", &json!([]))),
        fault(&report("VM", &json!({ "a/b": "c" }))),
        fault(&report("VM", &json!({ "event": 1 }))),
        fault(&report("VM", &json!({ "instance_uuid": "abc" }))),
        fault(&report(
            "PROCESS",
            &json!({ "process_name": "x", "event": "stopped" }),
        )),
        fault(&report(
            "COMPUTE_HOST",
            &json!({ "event": "STOPPED", "foo": "bar" }),
        )),
    ];
    insta::assert_snapshot!(faults.join("\n"), @r"
    the body must be an object
    notification: is required
    other: is unknown; the body has only notification
    notification.type: must be one of COMPUTE_HOST, VM, PROCESS
    notification.hostname: may have letters, digits, '.', '_' and '-' only
    notification.generated_time: must be an ISO 8601 time from the year 2 to 9999, such as 2026-11-21T03:23:35Z
    payload: must be an object
    payload.a/b: is no valid name: letters, digits, '-', '_', ':', '.' and ' ', 1 to 255
    payload.event: must be a text of at most 255 characters
    payload.instance_uuid: must be a UUID
    payload.event: must be one of STARTED, STOPPED
    payload.foo: is unknown; the members are event, host_status, cluster_status
    ");
}

#[test]
fn reports_are_equal_whatever_the_order_of_their_members() {
    let of = |text: &str, host: u128, kind| {
        let payload: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
        fingerprint(Uuid::from_u128(host), kind, &payload)
    };
    let one = of(r#"{"a": "1", "b": "2"}"#, 1, NotificationType::Vm);
    assert_eq!(one, of(r#"{"b": "2", "a": "1"}"#, 1, NotificationType::Vm));
    for other in [
        of(r#"{"a": "1", "b": "2"}"#, 2, NotificationType::Vm),
        of(r#"{"a": "1", "b": "2"}"#, 1, NotificationType::Process),
        of(r#"{"a": "1\"\"b\"\"2"}"#, 1, NotificationType::Vm),
        of(r#"{"a": "2", "b": "1"}"#, 1, NotificationType::Vm),
        of(r#"{"a": "1"}"#, 1, NotificationType::Vm),
    ] {
        assert_ne!(one, other);
    }
}
