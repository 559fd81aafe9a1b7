//! Services' reports, validated against the catalog.

use serde_json::{Value, json};
use tidings::event::Report;

/// What a real Glance sent.
const GLANCE: &str = include_str!("../fixtures/glance_events.jsonl");

fn faults(event_type: &str, priority: &str, payload: &Value) -> Vec<String> {
    let report = json!({ "event_type": event_type, "priority": priority, "payload": payload });
    let report: Report = serde_json::from_value(report).unwrap();
    let faults = report.check().err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

fn accepts(event_type: &str, priority: &str, payload: &Value) {
    assert_eq!(
        faults(event_type, priority, payload),
        Vec::<String>::new(),
        "{event_type}"
    );
}

#[test]
fn everything_that_a_real_glance_sent_is_accepted() {
    let mut count = 0;
    for line in GLANCE.lines() {
        let notification = &serde_json::from_str::<Value>(line).unwrap()["notification"];
        let text = |name: &str| notification[name].as_str().unwrap().to_owned();
        accepts(&text("event_type"), &text("priority"), &notification["payload"]);
        count += 1;
    }
    assert_eq!(count, 144);
}

/// As in Glance's documentation, if that differs from what it sends.
#[test]
fn what_glance_documents_is_accepted() {
    let task = |result: Value, message: Value| {
        json!({
            "task_id": "0e1a9d3d-3d0c-4a8a-9c8f-8a0f6f0a2b11", "owner": "proj1", "task_type": "import",
            "status": "processing", "task_input": {"import_from": "http://x"}, "result": result, "message": message,
            "expires_at": "2026-11-23T03:20:24Z", "created_at": "2026-11-21T03:20:24Z",
            "updated_at": "2026-11-21T03:20:24Z",
        })
    };
    accepts("task.run", "INFO", &task(Value::Null, Value::Null));
    accepts("task.processing", "INFO", &task(Value::Null, Value::Null));
    accepts(
        "task.success",
        "INFO",
        &task(json!({"image_id": "x"}), Value::Null),
    );
    accepts("task.failure", "INFO", &task(Value::Null, "it failed".into()));
    accepts("task.failure", "ERROR", &"it failed".into());
    accepts(
        "image.delete",
        "INFO",
        &"0e1a9d3d-3d0c-4a8a-9c8f-8a0f6f0a2b11".into(),
    );
    let send = json!({
        "image_id": "0e1a9d3d-3d0c-4a8a-9c8f-8a0f6f0a2b11", "owner_id": "o", "receiver_tenant_id": "t",
        "receiver_user_id": "u", "destination_ip": "192.0.2.1", "bytes_sent": 1000,
    });
    for priority in ["INFO", "WARN", "ERROR"] {
        accepts("image.send", priority, &send);
    }
    for event_type in [
        "image.create",
        "image.upload",
        "image.activate",
        "metadef_tag.create",
    ] {
        accepts(event_type, "WARN", &"a text".into());
        accepts(event_type, "ERROR", &"a text".into());
    }
}

#[test]
fn pulp_and_masakari_are_understood() {
    accepts("repo.sync.start", "INFO", &json!({ "repo_id": "pulp-f17" }));
    let finish = json!({
        "repo_id": "pulp-f16", "importer_id": "yum_importer", "importer_type_id": "yum_importer",
        "started": "2012-07-06T15:49:11Z", "completed": "2012-07-06T15:49:14Z", "result": "failed",
        "error_message": "x", "exception": null, "traceback": null, "added_count": 0, "updated_count": 0,
        "removed_count": 0, "summary": {}, "details": {}, "id": "4ff7413a8a905b777d000072", "_ns": "repo_sync_results",
    });
    accepts("repo.sync.finish", "ERROR", &finish);
    let publish = json!({
        "repo_id": "pulp-f16", "distributor_id": "yum_distributor", "distributor_type_id": "yum_distributor",
        "started": {"$date": 1_341_590_021_000_i64}, "completed": {"$date": 1_341_590_023_000_i64}, "result": "skipped",
        "summary": "Skipped: nothing has changed.", "details": "Skipped: nothing has changed.",
    });
    accepts("repo.publish.finish", "INFO", &publish);
    let host = json!({
        "masakari_object.name": "HostApiPayload", "masakari_object.namespace": "masakari",
        "masakari_object.version": "1.0", "masakari_object.data": {"fault": null},
    });
    accepts("host.create.error", "ERROR", &host);
    assert_eq!(
        faults("host.create.end", "INFO", &"x".into()),
        ["payload: must be an object with priority INFO"]
    );
}

#[test]
fn a_repository_may_leave_out_who_synchronized_or_published_it() {
    // As in Pulp's documentation.
    accepts("repo.publish.start", "INFO", &json!({ "repo_id": "pulp-f16" }));
    let finish = json!({ "repo_id": "pulp-f16", "started": "2012-07-06T15:49:11Z", "completed": "2012-07-06T15:49:14Z",
        "result": "success" });
    accepts("repo.sync.finish", "INFO", &finish);
    accepts("repo.publish.finish", "INFO", &finish);
    for count in [json!(7), json!(null)] {
        let mut finish = finish.clone();
        finish["published_count"] = count;
        accepts("repo.publish.finish", "INFO", &finish);
    }
    let mut finish = finish.clone();
    finish["published_count"] = "many".into();
    finish["distributor_id"] = 1.into();
    finish["result"] = "bogus".into();
    assert_eq!(
        faults("repo.publish.finish", "INFO", &finish),
        [
            "payload.result: must be one of success, failed, error, canceled, skipped",
            "payload.distributor_id: must be a text",
            "payload.published_count: must be a whole number or null",
        ]
    );
}

#[test]
fn a_status_is_one_of_those_that_there_are() {
    let documented = json!({ "task_id": "0e1a9d3d-3d0c-4a8a-9c8f-8a0f6f0a2b11", "owner": "o", "task_type": "import",
        "task_input": null, "result": null, "message": null, "expires_at": null,
        "created_at": "2026-11-21T03:20:24Z", "updated_at": "2026-11-21T03:20:24Z" });
    let mut sent = documented.clone();
    for (name, value) in [
        ("id", documented["task_id"].clone()),
        ("type", "import".into()),
        ("deleted", false.into()),
        ("deleted_at", json!(null)),
    ] {
        sent[name] = value;
    }
    for (event_type, payload) in [
        ("task.run", &documented),
        ("task.create", &sent),
        ("task.processing", &sent),
    ] {
        let with = |status: Value| {
            let mut payload = payload.clone();
            payload["status"] = status;
            payload
        };
        for status in ["pending", "processing", "success", "failure"] {
            accepts(event_type, "INFO", &with(status.into()));
        }
        for status in [json!("bogus"), json!("Success"), json!(""), json!(null), json!(1)] {
            assert_eq!(
                faults(event_type, "INFO", &with(status)),
                ["payload.status: must be one of pending, processing, success, failure"]
            );
        }
    }
    let member = |status: &str| {
        json!({ "image_id": "0e1a9d3d-3d0c-4a8a-9c8f-8a0f6f0a2b11", "member_id": "p2", "status": status,
            "created_at": "2026-11-21T03:20:24Z", "updated_at": "2026-11-21T03:20:24Z", "deleted": false,
            "deleted_at": null })
    };
    accepts("image.member.update", "INFO", &member("accepted"));
    assert_eq!(
        faults("image.member.update", "INFO", &member("bogus")),
        ["payload.status: must be one of pending, accepted, rejected"]
    );
}

#[test]
fn what_is_wrong_is_named_field_by_field() {
    let image = json!({ "id": "x", "name": 1, "tags": ["a", 2] });
    let found = faults("image.create", "INFO", &image).join("; ");
    for want in [
        "payload.id: must be a UUID",
        "payload.name: must be a text or null",
        "payload.tags: must be a list of texts",
        "payload.status: is required",
    ] {
        assert!(found.contains(want), "{found}");
    }
    for (event_type, priority, payload, want) in [
        (
            "image.upload",
            "INFO",
            json!("a text"),
            "payload: must be an object with priority INFO",
        ),
        (
            "image.upload",
            "ERROR",
            json!({}),
            "payload: must be a text with priority ERROR",
        ),
        (
            "image.upload",
            "ERROR",
            json!(null),
            "payload: must be a text with priority ERROR",
        ),
        (
            "image.send",
            "ERROR",
            json!("a text"),
            "payload: must be an object with priority ERROR",
        ),
        (
            "image.delete",
            "INFO",
            json!("no id"),
            "payload: must be an object or the id with priority INFO",
        ),
        (
            "image.uplaod",
            "INFO",
            json!({}),
            "event_type: is not in the catalog, did you mean image.upload?",
        ),
        (
            "image.upload",
            "WARNING",
            json!("x"),
            "priority: must be INFO, WARN or ERROR",
        ),
        (
            "image.upload",
            "error",
            json!("x"),
            "priority: must be INFO, WARN or ERROR",
        ),
        (
            "repo.sync.start",
            "INFO",
            json!({"repo_id": null}),
            "payload.repo_id: must be a text",
        ),
    ] {
        assert_eq!(faults(event_type, priority, &payload), [want], "{event_type}");
    }
    // The form with fewer faults is assumed to be the intended one.
    let task = faults(
        "task.run",
        "INFO",
        &json!({ "task_id": "0e1a9d3d-3d0c-4a8a-9c8f-8a0f6f0a2b11", "task_type": "import",
        "owner": "o", "status": "pending", "task_input": {}, "result": {}, "message": null, "expires_at": null,
        "created_at": "2026-11-21T03:20:24Z", "updated_at": "yesterday" }),
    );
    assert_eq!(
        task,
        [
            "payload.result: must be null",
            "payload.updated_at: must be a time such as 2026-11-21T03:20:24Z"
        ]
    );
}
