//! What cannot be recorded: every refusal names the field, in the usual form, and leaves nothing behind.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn refused(app: &TestApp, draft: Value) -> String {
    app.service()
        .post("p1", &json!({ "message": draft }))
        .await
        .fault()
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let app = TestApp::start();
    let cases = [
        (
            json!({}),
            "message.event_id: is required, unless action is given with detail or exception",
        ),
        (
            json!({ "event_id": "VOLUME_999999" }),
            "message.event_id: is not in the catalog",
        ),
        (
            json!({ "event_id": "" }),
            "message.event_id: is not in the catalog",
        ),
        (
            json!({ "event_id": "VOLUME_000002\u{0}" }),
            "message.event_id: is not in the catalog, did you mean VOLUME_000002?",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "action": "001" }),
            "message.event_id: cannot be given together with action",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "detail": "001" }),
            "message.detail: is only allowed with action, not with event_id",
        ),
        (
            json!({ "action": "001" }),
            "message.resource_type: is required with action",
        ),
        (
            json!({ "action": "999", "resource_type": "VOLUME" }),
            "message.action: is not an action of volume",
        ),
        (
            json!({ "action": "999", "detail": "999", "resource_type": "VOLUME" }),
            "message.action: is not an action of volume; message.detail: is not a detail of volume",
        ),
        (
            json!({ "action": "001", "detail": "999", "resource_type": "VOLUME" }),
            "message.detail: is not a detail of volume",
        ),
        (
            json!({ "action": "001", "resource_type": "CAR" }),
            "message.resource_type: is not in the catalog",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "resource_type": "SHARE" }),
            "message.event_id: does not belong to resource_type SHARE",
        ),
        (
            json!({ "event_id": "VOLUME_VOLUME_001_003", "resource_type": "VOLUME_BACKUP" }),
            "message.event_id: does not belong to resource_type VOLUME_BACKUP",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "resource_type": "VOLUME", "resource_uuid": "x" }),
            "message.resource_uuid: must be a UUID in lower case with hyphens",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "resource_type": "VOLUME", "resource_uuid": "5E6A3D6E-5A0E-4B0E-8A52-0D2A51B4C1A7" }),
            "message.resource_uuid: must be a UUID in lower case with hyphens",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "resource_uuid": "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7" }),
            "message.resource_uuid: needs resource_type",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "request_id": "req-x" }),
            "message.request_id: must be req- followed by a UUID in lower case",
        ),
        (
            json!({ "event_id": "VOLUME_000002", "message_level": "LOUD" }),
            "message.message_level: must be one of ERROR, WARNING, INFO",
        ),
    ];
    for (draft, want) in cases {
        assert_eq!(
            refused(&app, draft.clone()).await,
            format!("400 badRequest: {want}"),
            "{draft}"
        );
    }
    assert_eq!(app.member("p1").list("").await.ids(), Vec::<String>::new());
}

#[tokio::test]
async fn a_deceptive_or_invisible_name_is_refused() {
    let app = TestApp::start();
    for name in [
        "f17\u{202e}gpj",
        "\u{2067}a",
        "a\u{200f}",
        "\u{200b}",
        "\u{3164}\u{2060}",
        "\u{2800}",
        "a\u{2028}b",
    ] {
        let draft =
            json!({ "event_id": "REPO_000002", "resource_type": "REPOSITORY", "resource_uuid": name });
        assert_eq!(
            refused(&app, draft).await,
            "400 badRequest: message.resource_uuid: must be 1 to 255 visible characters, without leading or trailing \
             white space, format or private-use characters, and must not start with a combining mark",
            "{name:?}"
        );
    }
    for name in ["pulp-f17", "仓库", "مستودع", "می\u{200c}خواهم"] {
        let draft =
            json!({ "event_id": "REPO_000002", "resource_type": "REPOSITORY", "resource_uuid": name });
        let answer = app.service().post("p1", &json!({ "message": draft })).await;
        assert_eq!(answer.status, 201, "{name:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn all_faults_are_named_at_once() {
    let app = TestApp::start();
    assert_eq!(
        refused(
            &app,
            json!({ "event_id": "NO", "request_id": "no", "message_level": "no" })
        )
        .await,
        "400 badRequest: message.event_id: is not in the catalog; message.request_id: must be req- followed by a \
         UUID in lower case; message.message_level: must be one of ERROR, WARNING, INFO"
    );
}

#[tokio::test]
async fn wrong_types_unknown_fields_and_repeats_are_named() {
    let app = TestApp::start();
    let answers = [
        (
            r#"{"message": {"event_id": 5}}"#,
            "message.event_id: invalid type: integer `5`, expected a string",
        ),
        (
            r#"{"message": {"event_id": "VOLUME_000002", "colour": 1}}"#,
            "message.colour: unknown field `colour`",
        ),
        (
            r#"{"message": {"event_id": "A", "event_id": "B"}}"#,
            "message: duplicate field `event_id`",
        ),
        (
            r#"{"message": {"event_id": "A", "parameters": {"a": 1, "a": 2}}}"#,
            "duplicate field `a`",
        ),
        (
            r#"{"message": {"event_id": "A", "parameters": [1]}}"#,
            "message.parameters: invalid type: sequence",
        ),
        (
            r#"{"message": []}"#,
            "message: invalid type: sequence, expected an object",
        ),
        (
            r#"{"message": ["VOLUME_000002", null, null, null, null, null, null, null, {}]}"#,
            "message: invalid type: sequence, expected an object",
        ),
        (
            r#"{"messages": [["VOLUME_000002", null, null, null, null, null, null, null, {}]]}"#,
            "messages[0]: invalid type: sequence, expected an object",
        ),
        (
            r#"[{"event_id": "VOLUME_000002"}, null]"#,
            "Malformed request body: invalid type: sequence, expected an object",
        ),
        (r#"{"message": "x"}"#, "message: invalid type: string"),
        (r#"{"messages": {}}"#, "messages: invalid type: map"),
        (
            r#"{"messages": [{"event_id": 1}]}"#,
            "messages[0].event_id: invalid type: integer",
        ),
        (r#"{"messages": []}"#, "messages: must not be empty"),
        (r#"{"note": {}}"#, "note: unknown field `note`"),
        ("{}", "message: is required, or messages"),
        (
            r#"{"message": {}, "messages": []}"#,
            "message: cannot be given together with messages",
        ),
        ("[]", "badRequest"),
        ("", "Malformed request body"),
        ("{", "Malformed request body"),
        (
            r#"{"message": {"event_id": "VOLUME_000002"}} x"#,
            "Malformed request body",
        ),
        (
            r#"{"message": {"event_id": "VOLUME_000002", "resource_uuid": "\ud800"}}"#,
            "Malformed request body",
        ),
    ];
    for (body, want) in answers {
        let fault = app.service().post_text("p1", body).await.fault();
        assert!(
            fault.starts_with("400 badRequest: ") && fault.contains(want),
            "{body}: {fault}"
        );
    }
    let answer = app
        .service()
        .post_text("p1", b"{\"message\": {\"event_id\": \"\xff\"}}".to_vec())
        .await;
    assert!(answer.fault().starts_with("400 badRequest: "), "{}", answer.text);
    assert_eq!(app.member("p1").list("").await.ids(), Vec::<String>::new());
}

#[tokio::test]
async fn one_wrong_message_refuses_the_whole_batch() {
    let app = TestApp::start();
    let batch = json!({ "messages": [{ "event_id": "VOLUME_000002" }, { "event_id": "NO" }] });
    assert_eq!(
        app.service().post("p1", &batch).await.fault(),
        "400 badRequest: messages[1].event_id: is not in the catalog"
    );
    assert_eq!(app.member("p1").list("").await.ids(), Vec::<String>::new());
}

#[tokio::test]
async fn sizes_have_limits() {
    let app = TestApp::start();
    let padded = |size: usize| {
        format!(
            r#"{{"message": {{"event_id": "VOLUME_000002"}}}}{}"#,
            " ".repeat(size)
        )
    };
    assert_eq!(app.service().post_text("p1", padded(100_000)).await.status, 201);
    assert_eq!(
        app.service().post_text("p1", padded(115_000)).await.fault(),
        "413 overLimit: The request body is larger than 114688 bytes."
    );
    assert_eq!(
        app.service().post_text("p1", padded(2_000_000)).await.fault(),
        "413 overLimit: The request body is larger than 1048576 bytes."
    );
    let many: Vec<_> = (0..1001)
        .map(|_| json!({ "event_id": "VOLUME_000002" }))
        .collect();
    assert_eq!(
        app.service()
            .post("p1", &json!({ "messages": many }))
            .await
            .fault(),
        "400 badRequest: messages: must not be more than 1000"
    );
    assert_eq!(
        app.service()
            .post("p1", &json!({ "messages": many[1..] }))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_body_must_not_be_encoded() {
    let app = TestApp::start();
    let service = app.service();
    for (encodings, status) in [
        (&["gzip"][..], 415),
        (&["identity", "br"], 415),
        (&[""], 415),
        (&["Identity"], 201),
    ] {
        let mut request = service
            .request(reqwest::Method::POST, "/v3/p1/messages")
            .header("Content-Type", "application/json")
            .body(r#"{"message": {"event_id": "VOLUME_000002"}}"#);
        for encoding in encodings {
            request = request.header("Content-Encoding", *encoding);
        }
        let answer = service.send(request).await;
        assert_eq!(answer.status, status, "{encodings:?}");
        if status == 415 {
            assert_eq!(
                answer.fault(),
                "415 badMediaType: Unsupported Content-Encoding: a request body must not be encoded"
            );
            assert_eq!(answer.headers["accept-encoding"], "identity");
        }
    }
}

#[actix_web::test]
async fn a_body_must_be_json() {
    let app = TestApp::start();
    let service = app.service();
    for media in [Some("text/plain"), Some("application/xml"), None] {
        let mut request = service
            .request(reqwest::Method::POST, "/v3/p1/messages")
            .body("{}");
        if let Some(media) = media {
            request = request.header("Content-Type", media);
        }
        let answer = service.send(request).await;
        assert_eq!(answer.fault(), "415 badMediaType: Unsupported Content-Type");
    }
}
