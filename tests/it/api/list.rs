//! Filters of lists.

use tidings::message::Message;

use crate::support::{TestApp, message};

/// Five messages that differ in every column that can be filtered by.
fn various() -> Vec<Message> {
    (0..5)
        .map(|number| {
            let resource = ["VOLUME", "VOLUME_SNAPSHOT"][number % 2];
            Message {
                event_id: format!("VOLUME_{resource}_009_00{number}"),
                action_id: Some("009".to_owned()),
                detail_id: Some(format!("00{number}")),
                resource_type: Some(resource.to_owned()),
                resource_uuid: Some(format!("aaaaaaaa-0000-4000-8000-00000000000{number}")),
                request_id: format!("req-0000000{number}-0000-4000-8000-000000000000"),
                message_level: ["ERROR", "WARNING", "INFO"][number % 3].to_owned(),
                ..message("p1", i64::try_from(number).unwrap())
            }
        })
        .collect()
}

/// Returns the positions of the messages that a query string finds, newest first.
async fn found(app: &TestApp, all: &[Message], version: &str, roles: &str, query: &str) -> Vec<usize> {
    let actor = app.actor("p1", roles);
    let answer = actor.get_in(version, &format!("/v3/p1/messages?{query}")).await;
    let position = |id: &String| {
        all.iter()
            .position(|message| message.id.to_string() == *id)
            .unwrap()
    };
    answer.ids().iter().map(position).collect()
}

#[tokio::test]
async fn filters_match_exactly_but_types_and_levels_in_any_case() {
    let app = TestApp::start();
    let all = various();
    app.import(&all).await;
    let cases: [(&str, &[usize]); 9] = [
        ("event_id=VOLUME_VOLUME_009_000", &[0]),
        ("event_id=volume_volume_009_000", &[]),
        ("event_id=VOLUME_VOLUME_009_000%20", &[]),
        ("resource_type=volume_snapshot", &[3, 1]),
        ("message_level=warning", &[4, 1]),
        ("resource_uuid=aaaaaaaa-0000-4000-8000-000000000002", &[2]),
        ("request_id=req-00000003-0000-4000-8000-000000000000", &[3]),
        ("resource_type=VOLUME&message_level=ERROR", &[0]),
        ("all_tenants=1&resource_type=VOLUME", &[4, 2, 0]),
    ];
    for (query, want) in cases {
        assert_eq!(found(&app, &all, "3.71", "member", query).await, want, "{query}");
    }
}

#[tokio::test]
async fn an_admin_filters_by_every_column() {
    let app = TestApp::start();
    let all = various();
    app.import(&all).await;
    let id = all[2].id;
    let cases = [
        (format!("id={id}"), vec![2]),
        ("id=nosuch".to_owned(), vec![]),
        ("detail_id=003&action_id=009".to_owned(), vec![3]),
        ("created_at=2026-11-21T03:20:25.834285".to_owned(), vec![1]),
        ("created_at=2026-11-21%2003:20:25.834285".to_owned(), vec![1]),
        ("deleted=false".to_owned(), vec![4, 3, 2, 1, 0]),
        ("deleted=true".to_owned(), vec![]),
        ("updated_at=2026-11-21T03:20:25".to_owned(), vec![]),
        ("all_tenants=1".to_owned(), vec![]),
        ("bogus=1".to_owned(), vec![]),
    ];
    for (query, want) in cases {
        assert_eq!(found(&app, &all, "3.71", "admin", &query).await, want, "{query}");
    }
}

#[tokio::test]
async fn every_caller_filters_by_the_time_of_creation_in_every_version() {
    let app = TestApp::start();
    let all = various();
    app.import(&all).await;
    let at = |second: u32| format!("2026-11-21T03:20:{}.834285", 24 + second);
    for (query, want) in [
        (format!("created_since={}", at(2)), vec![4, 3, 2]),
        (format!("created_before={}", at(2)), vec![1, 0]),
        (
            format!("created_since={}&created_before={}", at(1), at(3)),
            vec![2, 1],
        ),
        (
            format!("created_since={}&created_before={}", at(3), at(3)),
            vec![],
        ),
        (
            format!("created_since={}&sort=created_at:asc&limit=1&offset=1", at(2)),
            vec![3],
        ),
        (format!("created_since={}&sort=event_id:asc", at(3)), vec![4, 3]),
        (
            format!("created_before={}&event_id=VOLUME_VOLUME_009_000", at(1)),
            vec![0],
        ),
        (
            "created_since=2026-11-21%2003:20:27.834285".to_owned(),
            vec![4, 3],
        ),
        (
            "created_since=2026-11-21T04:20:27.834285%2B01:00".to_owned(),
            vec![4, 3],
        ),
        ("created_since=2026-11-21".to_owned(), vec![4, 3, 2, 1, 0]),
        ("created_before=2026-11-21".to_owned(), vec![]),
        ("created_since=2026-11-22".to_owned(), vec![]),
    ] {
        for (version, roles) in [("3.3", "member"), ("3.71", "member"), ("3.71", "admin")] {
            assert_eq!(found(&app, &all, version, roles, &query).await, want, "{query}");
        }
    }
}

#[tokio::test]
async fn patterns_regard_case_and_know_wildcards() {
    let app = TestApp::start();
    let all = various();
    app.import(&all).await;
    let fragment = &all[2].id.to_string()[9..18];
    let cases = [
        ("event_id~=SNAPSHOT".to_owned(), vec![3, 1]),
        ("event_id~=snapshot".to_owned(), vec![]),
        ("resource_type~=snap".to_owned(), vec![3, 1]),
        ("event_id~=00_".to_owned(), vec![4, 3, 2, 1, 0]),
        ("event_id~=VOLUME_009%25003".to_owned(), vec![]),
        ("event_id~=SNAP%25003".to_owned(), vec![3]),
        ("event_id~=".to_owned(), vec![4, 3, 2, 1, 0]),
        ("event_id~=nosuch&event_id~=009_002".to_owned(), vec![2]),
    ];
    for (query, want) in cases {
        assert_eq!(found(&app, &all, "3.71", "admin", &query).await, want, "{query}");
    }
    assert!(
        found(&app, &all, "3.71", "admin", &format!("id~={fragment}"))
            .await
            .contains(&2)
    );
}

#[tokio::test]
async fn what_a_filter_cannot_mean_is_a_400() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let repeated = format!("event_id={}", "x&event_id=y");
    for (query, want) in [
        (
            repeated.as_str(),
            "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        ),
        (
            "created_at=banana",
            "Invalid input received: a time must have the form 2026-11-21T03:20:24.834285",
        ),
        (
            "created_since=banana",
            "Invalid input received: created_since must be a time such as 2026-11-21T03:20:24.834285 or a day such as 2026-11-21",
        ),
        (
            "created_before=",
            "Invalid input received: created_before must be a time such as 2026-11-21T03:20:24.834285 or a day such as 2026-11-21",
        ),
        (
            "created_since=2026-11-21&created_since=2026-11-22",
            "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        ),
        ("created_since~=2026", "created_since~ is not a filter."),
        (
            "deleted=banana",
            "Invalid input received: deleted must be true or false",
        ),
        (
            "created_at~=x",
            "Invalid input received: only texts can be matched by a pattern",
        ),
        ("nosuch~=x", "nosuch~ is not a filter."),
        (
            "event_id=%ff",
            "Error decoding your request. Either the URL or the request body contained characters that could not be decoded by Tidings.",
        ),
    ] {
        assert_eq!(
            admin.list(query).await.fault(),
            format!("400 badRequest: {want}"),
            "{query}"
        );
    }
    let long = format!("event_id~={}", "x".repeat(256));
    assert_eq!(admin.list(&long).await.status, 400);
    assert_eq!(
        app.member("p1")
            .get_in("3.31", "/v3/p1/messages?%C3%A9=1")
            .await
            .fault(),
        "400 badRequest: Filter keys can only contain ASCII characters."
    );
    assert_eq!(
        app.member("p1")
            .get_in("3.31", "/v3/p1/messages?foo=1&bar=2;limit=3&limit=4")
            .await
            .fault(),
        "400 badRequest: Invalid filters foo,bar,limit are found in query options."
    );
}

#[tokio::test]
async fn nul_and_hostile_values_find_nothing() {
    let app = TestApp::start();
    app.import(&various()).await;
    for value in ["%00", "%27%20OR%201=1--", "%22%3E%3Cscript%3E", "%F0%9F%92%A5"] {
        assert_eq!(
            app.member("p1").list(&format!("event_id={value}")).await.ids(),
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn a_text_is_found_in_the_catalogs_words_and_in_ids() {
    let app = TestApp::start();
    let mut all = various();
    all[1].event_id = "VOLUME_000002".to_owned();
    (all[1].action_id, all[1].detail_id) = (None, None);
    app.import(&all).await;
    for roles in ["member", "admin"] {
        for version in ["3.3", "3.71"] {
            for (query, want) in [
                ("text=allocated", vec![1]),
                ("text=ALLOCATED%20storage", vec![1]),
                ("text=req-00000003", vec![3]),
                ("text=0000-4000&message_level=WARNING&limit=1", vec![4]),
                ("text=", vec![4, 3, 2, 1, 0]),
                ("text=nothing-has-this", vec![]),
                ("text=%25", vec![]),
                ("text=%00", vec![]),
            ] {
                let found = found(&app, &all, version, roles, query).await;
                assert_eq!(found, want, "{roles} {version} {query}");
            }
        }
    }
    // The next page repeats the search.
    let member = app.member("p1");
    let first = member.list("text=0000-4000&limit=2").await.json();
    let next = first["messages_links"][0]["href"].as_str().unwrap();
    let next = next.strip_prefix(&app.base).unwrap();
    assert!(next.contains("text=0000-4000"), "{next}");
    assert_eq!(member.get(next).await.ids().len(), 2);
    // In the reader's language.
    let chinese = member.request(reqwest::Method::GET, "/v3/p1/messages?text=%E5%88%86%E9%85%8D");
    let chinese = chinese.header("Accept-Language", "zh-CN");
    assert_eq!(member.send(chinese).await.ids(), [all[1].id.to_string()]);
}

#[tokio::test]
async fn a_text_has_its_bounds_and_stands_once() {
    let app = TestApp::start();
    let member = app.member("p1");
    let get = async |query: String| {
        let path = format!("/v3/p1/messages?{query}");
        member.get_in("3.71", &path).await
    };
    let eight = format!("text={}", "a%20".repeat(8));
    assert_eq!(get(eight).await.status, 200);
    assert_eq!(get(format!("text={}", "a".repeat(255))).await.status, 200);
    for text in [
        format!("text={}", "a%20".repeat(9)),
        format!("text={}", "a".repeat(256)),
    ] {
        let refused = get(text).await.fault();
        assert_eq!(
            refused,
            "400 badRequest: Invalid input received: text may have 8 words and 255 characters at most"
        );
    }
    let twice = get("text=a&text=b".to_owned()).await.fault();
    assert_eq!(
        twice,
        "400 badRequest: Invalid filters text are found in query options."
    );
}
