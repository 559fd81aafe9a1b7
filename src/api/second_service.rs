//! Tests with a second service that no code outside of `Service` assumes block storage.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, mpsc};

use actix_web::http::header::{HeaderName, HeaderValue};

use super::operation::{any, get, post};
use super::ops::discovery;
use super::server::Server;
use super::service::{Service, VersionForm};
use super::version::Microversion;
use super::volume::messages;
use super::volume::service::VOLUME;
use crate::clock::Clock;
use crate::config::Config;
use crate::event::Reporter;
use crate::identity::Rule::{MessageCreate, MessageGetAll};
use crate::listener::ListenerSeal;
use crate::store::{Settings, Store};
use crate::telemetry::Metrics;

/// A service that differs from block storage in every value: shared file systems with their own error form and request
/// id.
static SHARE: Service = Service {
    name: "shared-file-system",
    rules_type: None,
    prefix: "/v2",
    mount: Some("/share"),
    suffixes: &[],
    collections: &["messages"],
    oldest: Microversion::new(2, 0),
    newest: Microversion::new(2, 87),
    messages: Microversion::new(2, 37),
    version_header: HeaderName::from_static("x-openstack-manila-api-version"),
    version_form: VersionForm::Bare,
    ignores_no_version: false,
    repeats_refused: |_| false,
    negotiates_at_root: true,
    vary: HeaderValue::from_static("X-OpenStack-Manila-API-Version, Accept, Accept-Language"),
    request_id_header: HeaderName::from_static("x-share-request-id"),
    request_id_without_body: true,
    error_body: |status, _, text| format!("{}: {text}", status.as_u16()),
    id: "v2.0",
    updated: "2015-08-27T11:33:21Z",
    media_type: "application/vnd.openstack.share+json;version=1",
    takes: Service::is_json,
};
static BOTH: [&Service; 2] = [&SHARE, &VOLUME];

/// Runs `check` with a server of both services. `check` sends a request line with headers, each line ended by `|`, and
/// gets the answer.
fn with_both(check: impl FnOnce(&dyn Fn(&str, &str) -> String)) {
    let place = tempfile::tempdir().unwrap();
    let options = [
        ("OS_API__BIND", "127.0.0.1:0".to_owned()),
        ("OS_CORS__ALLOWED_ORIGIN", "https://portal.example".to_owned()),
        (
            "OS_DATABASE__CONNECTION",
            format!("sqlite:///{}", place.path().join("t.db").display()),
        ),
    ];
    let options = options.into_iter().map(|(name, value)| (name.to_owned(), value));
    let config = Config::load(None, options).unwrap();
    let (settings, metrics) = (Settings::from_config(&config.database), Metrics::new("test"));
    Store::migrate(&settings.backend).unwrap();
    let store = Store::open(&settings, &metrics).unwrap();
    let table = vec![
        any("/", discovery::root).open(),
        any("/v2", discovery::add_slash).open(),
        any("/v2/", discovery::of_service).open(),
        get("/v2/{project_id}/messages", messages::list::list).rule(MessageGetAll),
        post("/v2/{project_id}/messages", messages::create::create).rule(MessageCreate),
    ];
    let (sender, started) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (clock, reporter) = (Clock::system(), Reporter::new(&config));
            let seal = Arc::new(ListenerSeal::new(&config));
            let offer = (table, BOTH.as_slice());
            let server = Server::bind_with(config, store, clock, metrics, reporter, seal, offer).unwrap();
            sender.send((server.addresses()[0], server.stopper())).unwrap();
            server.run().await.unwrap();
        });
    });
    let (address, stop) = started.recv().unwrap();
    check(&|head, body| {
        let (line, headers) = head.split_once('|').unwrap_or((head, ""));
        let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        let (headers, length) = (headers.replace('|', "\r\n"), body.len());
        let text = format!("{head}{headers}Content-Length: {length}\r\n\r\n{body}");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    actix_web::rt::System::new().block_on(stop.stop());
    thread.join().unwrap();
}

/// Asserts that the answer contains all of these and none of those that begin with `!`.
fn assert_has(answer: &str, parts: &[&str]) {
    for part in parts {
        let (part, is_there) = part.strip_prefix('!').map_or((*part, true), |part| (part, false));
        assert_eq!(answer.contains(part), is_there, "{part} in {answer}");
    }
}

#[test]
fn a_second_service_has_its_own_versions_headers_errors_and_links() {
    const DRAFT: &str = r#"{"message": {"event_id": "VOLUME_000002"}}"#;
    with_both(|ask: &dyn Fn(&str, &str) -> String| {
        for media_type in ["application/vnd.openstack.share+json", "application/json"] {
            let head = format!("POST /v2/p1/messages|Content-Type: {media_type}|");
            let made = ask(&head, DRAFT);
            let location = "\r\nlocation: http://localhost/v2/p1/messages/";
            assert_has(&made, &["HTTP/1.1 201 ", location, "-api-version: 2.37\r\n"]);
        }
        let foreign = "POST /v2/p1/messages|Content-Type: application/vnd.openstack.volume+json|";
        assert_has(&ask(foreign, DRAFT), &["HTTP/1.1 415 ", "\r\n415: Unsupported"]);

        let list = |version| format!("GET /v2/p1/messages?limit=1|{}: {version}|", SHARE.version_header);
        let own = [
            "HTTP/1.1 200 ",
            "\r\nx-openstack-manila-api-version: 2.52\r\n",
            "\r\nx-share-request-id: req-",
            "\r\nvary: X-OpenStack-Manila-API-Version, Accept, Accept-Language\r\n",
            r#"{"rel":"self","href":"http://localhost/v2/p1/messages/"#,
            r#"{"rel":"bookmark","href":"http://localhost/p1/messages/"#,
            r#"{"rel":"next","href":"http://localhost/v2/p1/messages?"#,
            "!\r\nopenstack-api-version",
            "!x-compute-request-id: req-",
        ];
        assert_has(&ask(&list("2.52"), ""), &own);
        let text = "\r\n406: Version 2.88 is not supported by the API. Minimum is 2.0 and maximum is 2.87.";
        assert_has(
            &ask(&list("2.88"), ""),
            &[text, "!\r\nx-openstack-manila-api-version"],
        );
        assert_has(
            &ask(&list("2.36"), ""),
            &["\r\n404: The resource could not be found."],
        );
        let text = "\r\n400: API Version String x is of invalid format.";
        assert_has(&ask(&list("x"), ""), &[text]);
        assert_has(&ask("GET /v2/p1/nothing", ""), &["\r\n404: The resource"]);
        assert_has(&ask("GET /v3/p1/nothing", ""), &[r#"{"itemNotFound":"#]);

        let preflight = "OPTIONS /v2/p1/messages|Origin: https://portal.example|Access-Control-Request-Method: GET|\
             Access-Control-Request-Headers: X-OpenStack-Manila-API-Version, OpenStack-API-Version|";
        assert_has(&ask(preflight, ""), &["HTTP/1.1 200 "]);
        let exposed = ask("GET /v2/p1/messages|Origin: https://portal.example|", "");
        let exposed = exposed
            .lines()
            .find(|line| line.starts_with("access-control-expose"));
        for service in BOTH {
            let names = [&service.version_header, &service.request_id_header].map(HeaderName::as_str);
            assert_has(exposed.unwrap(), &names);
        }
    });
}

#[test]
fn services_share_the_root_document_and_have_one_each() {
    with_both(|ask: &dyn Fn(&str, &str) -> String| {
        let both = [
            r#""id":"v2.0","status":"CURRENT","version":"2.87","min_version":"2.0""#,
            r#""id":"v3.0","status":"CURRENT","version":"3.71","min_version":"3.0""#,
            r#""href":"http://localhost/v2/""#,
            "application/vnd.openstack.share+json;version=1",
        ];
        let root = ask("GET /", "");
        assert_has(&root, &both);
        assert_has(&root, &["HTTP/1.1 300 ", "-manila-api-version: 2.0\r\n"]);
        let root = ask("GET /|OpenStack-API-Version: volume 3.3|", "");
        assert_has(
            &root,
            &[
                "\r\nopenstack-api-version: volume 3.3\r\n",
                "!\r\nx-openstack-manila-api-version",
            ],
        );
        let own = ask("GET /v2/", "");
        assert_has(&own, &both);
        assert_has(&own, &["HTTP/1.1 200 ", "-manila-api-version: 2.0\r\n"]);
        let other = ask("GET /v2", "");
        assert_has(
            &other,
            &["HTTP/1.1 302 ", "\r\nlocation: http://localhost/v2/\r\n"],
        );
    });
}

#[test]
fn every_services_vary_names_its_version_header() {
    for service in BOTH {
        let vary = service.vary.to_str().unwrap().to_ascii_lowercase();
        assert!(
            vary.starts_with(&format!("{},", service.version_header)),
            "{vary}"
        );
    }
}
