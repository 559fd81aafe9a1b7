//! Recording messages.

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn a_service_records_and_the_tenant_reads() {
    let app = TestApp::start();
    let answer = app
        .service()
        .post("p1", &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    let id = made["message"]["id"].as_str().unwrap();
    let expected = json!({ "message": {
        "id": id,
        "event_id": "VOLUME_000002",
        "user_message": "No storage could be allocated for this volume request.",
        "message_level": "ERROR",
        "created_at": "2026-11-21T03:20:24.834285",
        "guaranteed_until": "2026-12-21T03:20:24.834285",
        "request_id": answer.header("x-openstack-request-id"),
        "links": [
            { "rel": "self", "href": answer.header("location") },
            { "rel": "bookmark", "href": format!("{}/p1/messages/{id}", app.base) },
        ],
    }});
    assert_eq!(made, expected);
    assert_eq!(
        answer.header("location"),
        format!("{}/v3/p1/messages/{id}", app.base)
    );
    assert_eq!(app.member("p1").show(id).await.json(), expected);
}

#[tokio::test]
async fn null_is_as_good_as_leaving_a_field_out() {
    let app = TestApp::start();
    let draft = json!({ "event_id": "VOLUME_000002", "action": null, "detail": null, "exception": null,
        "resource_type": null, "resource_uuid": null, "request_id": null, "message_level": null, "parameters": null });
    let answer = app.service().post("p1", &json!({ "message": draft })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(
        answer.json()["message"]["request_id"],
        answer.header("x-openstack-request-id")
    );
}

#[tokio::test]
async fn a_composed_code_is_named_by_its_parts() {
    let app = TestApp::start();
    let resource = "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7";
    for (action, detail) in [("009", "006"), ("SNAPSHOT_CREATE", "QUOTA_EXCEED")] {
        let draft = json!({ "message": {
            "resource_type": "VOLUME_SNAPSHOT", "resource_uuid": resource, "action": action, "detail": detail,
        }});
        let message = app.service().post("p1", &draft).await.json()["message"].clone();
        assert_eq!(message["event_id"], "VOLUME_VOLUME_SNAPSHOT_009_006");
        assert_eq!(message["resource_type"], "VOLUME_SNAPSHOT");
        assert_eq!(message["resource_uuid"], resource);
        let text = message["user_message"].as_str().unwrap().to_owned();
        assert!(
            text.starts_with("create snapshot:") && text.ends_with('.'),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_mapped_exception_wins_over_the_detail_and_an_unmapped_one_gives_it() {
    let app = TestApp::start();
    let recorded = async |extra: serde_json::Value| {
        let mut draft = json!({ "resource_type": "VOLUME", "action": "001" });
        draft
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let answer = app.service().post("p1", &json!({ "message": draft })).await;
        answer.json()["message"]["event_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        recorded(json!({ "exception": "NoValidBackend", "detail": "006" })).await,
        "VOLUME_VOLUME_001_003"
    );
    assert_eq!(
        recorded(json!({ "exception": "SomethingElse", "detail": "006" })).await,
        "VOLUME_VOLUME_001_006"
    );
    assert_eq!(
        recorded(json!({ "exception": "SomethingElse" })).await,
        "VOLUME_VOLUME_001_001"
    );
    assert_eq!(recorded(json!({})).await, "VOLUME_VOLUME_001_001");
}

#[tokio::test]
async fn the_request_id_is_given_or_global_or_the_requests_own() {
    let app = TestApp::start();
    let service = app.service();
    let given = "req-11111111-1111-4111-8111-111111111111";
    let global = "req-22222222-2222-4222-8222-222222222222";
    let record = async |draft: serde_json::Value, header: &str| {
        let request = service
            .request(reqwest::Method::POST, "/v3/p1/messages")
            .header("X-OpenStack-Request-ID", header);
        let body = json!({ "message": draft }).to_string();
        let answer = service
            .send(request.header("Content-Type", "application/json").body(body))
            .await;
        let id = answer.json()["message"]["request_id"]
            .as_str()
            .unwrap()
            .to_owned();
        (id, answer.header("x-openstack-request-id").to_owned())
    };
    let draft = json!({ "event_id": "VOLUME_000002", "request_id": given });
    assert_eq!(record(draft, global).await.0, given);
    assert_eq!(
        record(json!({ "event_id": "VOLUME_000002" }), global).await.0,
        global
    );
    let (kept, own) = record(json!({ "event_id": "VOLUME_000002" }), "not one").await;
    assert_eq!(kept, own);
}

#[tokio::test]
async fn a_batch_is_recorded_whole_and_listed_in_its_order() {
    let app = TestApp::start();
    let drafts: Vec<_> = (1..=5)
        .map(|number| json!({ "event_id": format!("VOLUME_00000{number}") }))
        .collect();
    let answer = app.service().post("p1", &json!({ "messages": drafts })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("location"), "");
    let mut recorded: Vec<String> = answer.json()["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["id"].as_str().unwrap().to_owned())
        .collect();
    // Ids are in the order of time.
    assert!(recorded.is_sorted());
    assert!(
        recorded
            .iter()
            .all(|id| Uuid::parse_str(id).unwrap().get_version_num() == 7)
    );
    recorded.reverse();
    // Newest first: the last one of the batch leads.
    assert_eq!(app.member("p1").list("").await.ids(), recorded);
}

#[tokio::test]
async fn only_services_and_admins_record() {
    let app = TestApp::start();
    let draft = json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(app.admin("p2").post("p1", &draft).await.status, 201);
    assert_eq!(
        app.member("p1").post("p1", &draft).await.fault(),
        "403 forbidden: Policy doesn't allow message:create to be performed."
    );
    assert_eq!(
        app.service()
            .send(app.service().request(reqwest::Method::POST, "/v3/messages"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn two_hundred_callers_at_once_lose_nothing() {
    let app = TestApp::start();
    let service = app.service();
    let calls = (0..200).map(|_| async {
        let answer = service
            .post("p1", &json!({ "message": { "event_id": "VOLUME_000002" } }))
            .await;
        answer.json()["message"]["id"].as_str().unwrap().to_owned()
    });
    let mut recorded = futures_util::future::join_all(calls).await;
    let mut listed = app.member("p1").list("").await.ids();
    recorded.sort();
    listed.sort();
    assert_eq!(recorded, listed);
}
