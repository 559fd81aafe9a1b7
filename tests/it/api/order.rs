//! Versions, and the order of the checks.

use reqwest::Method;

use crate::support::{Actor, TestApp, message};

#[tokio::test]
async fn messages_are_there_from_3_3_on_and_without_a_version() {
    let app = TestApp::start();
    let alice = app.member("p1");
    let answer = alice.list("").await;
    assert_eq!(
        (answer.status, answer.header("openstack-api-version")),
        (200, "volume 3.3")
    );
    assert_eq!(
        answer.header("vary"),
        "OpenStack-API-Version, Accept, Accept-Language"
    );
    // A browser gets a page there.
    assert_eq!(alice.get("/nope").await.header("vary"), "Accept");
    let answer = alice.get_in("3.2", "/v3/p1/messages").await;
    assert_eq!(
        answer.fault(),
        "404 itemNotFound: The resource could not be found."
    );
    assert_eq!(answer.header("openstack-api-version"), "volume 3.2");
    let answer = alice.get_in("latest", "/v3/p1/messages").await;
    assert_eq!(answer.header("openstack-api-version"), "volume 3.71");
}

#[tokio::test]
async fn strict_microversions_refuse_a_request_without_one() {
    let app = TestApp::with(|config| config.api.strict_microversions = true);
    assert_eq!(app.member("p1").list("").await.status, 404);
    assert_eq!(
        app.member("p1").get_in("3.3", "/v3/p1/messages").await.status,
        200
    );
}

#[tokio::test]
async fn a_header_that_names_no_version_for_volumes_is_passed_over_or_strictly_refused() {
    let lenient = TestApp::start();
    let strict = TestApp::with(|config| config.api.strict_microversions = true);
    for (path, default) in [
        ("/v3/p1/messages", 200),
        ("/v3/", 200),
        ("/v3/p1/resource_filters", 404),
    ] {
        for value in ["compute 2.1", "latest", "3.3", "VOLUME 3.3", ""] {
            let ask = async |app: &TestApp| {
                let alice = app.member("p1");
                let request = alice.request(Method::GET, path);
                alice.send(request.header("OpenStack-API-Version", value)).await
            };
            assert_eq!(ask(&lenient).await.status, default, "{path} {value}");
            let refused = ask(&strict).await;
            assert!(
                refused
                    .fault()
                    .starts_with("400 badRequest: The server could not comply"),
                "{path} {value}: {}",
                refused.fault()
            );
        }
    }
}

#[tokio::test]
async fn a_parameter_that_is_repeated_is_a_filter_and_a_repeated_filter_is_refused() {
    let app = TestApp::start();
    app.import(&[message("p1", 0)]).await;
    let (alice, admin) = (app.member("p1"), app.admin("p1"));
    for name in ["limit", "marker", "offset", "sort", "sort_key", "sort_dir"] {
        let value = match name {
            "limit" => "1",
            "offset" => "0",
            "marker" => "00000000-0000-4000-8000-000000000000",
            "sort_dir" => "asc",
            _ => "created_at",
        };
        let path = format!("/v3/p1/messages?{name}={value}&{name}={value}");
        assert_eq!(
            alice.get_in("3.31", &path).await.fault(),
            format!("400 badRequest: Invalid filters {name} are found in query options."),
        );
        if name == "marker" {
            continue;
        }
        for answer in [
            alice.get_in("3.5", &path).await,
            admin.get_in("3.71", &path).await,
        ] {
            assert_eq!(
                (answer.status, answer.json()["messages"].as_array().unwrap().len()),
                (200, 0),
                "{name}"
            );
        }
    }
    let twice = "/v3/p1/messages?event_id=VOLUME_000001&event_id=VOLUME_000001";
    assert!(
        alice
            .get_in("3.71", twice)
            .await
            .fault()
            .starts_with("400 badRequest: The server could not comply")
    );
    let last = async |first: &str, second: &str| {
        let path = format!("/v3/p1/messages?event_id~={first}&event_id~={second}");
        admin.get_in("3.71", &path).await.json()["messages"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (last("VOLUME", "NOTHING").await, last("NOTHING", "VOLUME").await),
        (0, 1)
    );
}

#[tokio::test]
async fn each_earlier_check_wins() {
    let app = TestApp::start();
    let alice = app.member("p1");
    let cases = [
        (
            "3.99",
            "/v3/p2/messages?limit=x",
            "406 computeFault: Version 3.99 is not supported by the API. Minimum is 3.0 and maximum is 3.71.",
        ),
        ("3.2", "/v3/p2/messages", "400 badRequest: Malformed request url"),
        (
            "3.71",
            "/v3/p1/messages?limit=x&offset=x",
            "400 badRequest: limit param must be an integer",
        ),
        (
            "3.71",
            "/v3/p1/messages?offset=x&sort=a&sort_key=b",
            "400 badRequest: offset must be an integer",
        ),
        (
            "3.71",
            "/v3/p1/messages?sort=a&sort_key=b&bogus=1",
            "400 badRequest: The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
        ),
        (
            "3.71",
            "/v3/p1/messages?sort=a:up&bogus=1",
            "400 badRequest: Invalid filters bogus are found in query options.",
        ),
        (
            "3.71",
            "/v3/p1/messages?sort=a:up&marker=x",
            "400 badRequest: Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.",
        ),
        (
            "3.71",
            "/v3/p1/messages?sort=a&marker=x",
            "404 itemNotFound: Message x could not be found.",
        ),
        (
            "3.71",
            "/v3/p1/messages?sort=a",
            "400 badRequest: Invalid input received: Invalid sort key",
        ),
    ];
    for (version, path, want) in cases {
        assert_eq!(alice.get_in(version, path).await.fault(), want, "{path}");
    }
}

#[tokio::test]
async fn recording_and_reporting_check_the_role_before_the_body() {
    let app = TestApp::start();
    let (service, member) = (app.service(), app.member("p1"));
    for path in ["/v3/p1/messages", "/v3/p1/events"] {
        let post = async |actor: &Actor, version: &str, media: &'static str| {
            let request = actor.request(Method::POST, path).header("Content-Type", media);
            let request = request.header("OpenStack-API-Version", format!("volume {version}"));
            actor.send(request.body("{")).await.status
        };
        assert_eq!(post(&member, "3.99", "text/plain").await, 406, "{path}");
        assert_eq!(post(&member, "3.71", "text/plain").await, 415, "{path}");
        assert_eq!(post(&member, "3.71", "application/json").await, 403, "{path}");
        assert_eq!(post(&service, "3.71", "application/json").await, 400, "{path}");
    }
    // Block storage reads the body before it checks permissions.
    let nobody = app.actor("p1", "other");
    let put = async |body: &'static str| {
        let request = nobody.request(Method::PUT, "/v3/p1/messages/-/read");
        let request = request.header("Content-Type", "application/json").body(body);
        nobody.send(request).await.status
    };
    assert_eq!((put("{").await, put("{}").await), (400, 403));
}

#[tokio::test]
async fn a_body_on_a_read_is_refused_by_what_it_is() {
    let app = TestApp::start();
    let alice = app.member("p1");
    let send = async |media: Option<&str>, body: &'static str| {
        let mut request = alice.request(Method::GET, "/v3/p1/messages").body(body);
        if let Some(media) = media {
            request = request.header("Content-Type", media);
        }
        alice.send(request).await
    };
    assert_eq!(
        send(Some("text/xml"), "<a/>").await.fault(),
        "415 badMediaType: Unsupported Content-Type"
    );
    assert_eq!(
        send(Some("application/json"), "{").await.fault(),
        "400 badRequest: Malformed request body"
    );
    assert!(
        send(Some("application/json"), "{}")
            .await
            .fault()
            .starts_with("400 badRequest: The server could not")
    );
    assert_eq!(send(None, "anything").await.status, 200);
    assert_eq!(send(Some("text/xml"), "").await.status, 200);
}

#[tokio::test]
async fn what_has_no_route_or_no_operation_is_a_404() {
    let app = TestApp::start();
    let own = message("p1", 0);
    let id = own.id;
    app.import(&[own]).await;
    let alice = app.member("p1");
    for (method, path) in [
        (Method::PUT, "/v3/p1/messages".to_owned()),
        (Method::DELETE, "/v3/p1/messages".to_owned()),
        (Method::PATCH, format!("/v3/p1/messages/{id}")),
        (Method::PUT, format!("/v3/p1/messages/{id}")),
        (Method::POST, format!("/v3/p1/messages/{id}")),
        (Method::GET, "/v3/p1/messages/".to_owned()),
        (Method::GET, "/v3/p1/messages/new".to_owned()),
        (Method::GET, format!("/v3/p1/messages/{id}/edit")),
        (Method::GET, "/v3/p1".to_owned()),
        (Method::GET, "/v3/p%201/messages".to_owned()),
        (Method::GET, format!("/v3/{}/messages", "x".repeat(65))),
        (Method::GET, "/v4/".to_owned()),
        (Method::GET, "/nosuch".to_owned()),
    ] {
        let answer = alice.send(alice.request(method.clone(), &path)).await;
        assert_eq!(
            answer.fault(),
            "404 itemNotFound: The resource could not be found.",
            "{method} {path}"
        );
        assert!(
            answer.header("x-openstack-request-id").starts_with("req-"),
            "{method} {path}"
        );
    }
    assert_eq!(alice.get(&format!("//v3//p1///messages/{id}")).await.status, 200);
    assert_eq!(
        alice
            .send(alice.request(Method::OPTIONS, "/anything"))
            .await
            .status,
        200
    );
}
