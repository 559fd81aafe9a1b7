//! The log of a running server: rotation, request ids in each line, and no tenant data.

use std::fs;
use std::time::{Duration, Instant};

use super::{Place, Server, load, wait_for};
use crate::support::Fresh;

#[test]
fn sighup_opens_the_log_file_anew() {
    let place = Place::with("[DEFAULT]\nlog_file = log\n");
    let mut server = Server::start(&place);
    let mut client = server.connect();
    client.get("/healthcheck").unwrap();
    fs::rename(place.path("log"), place.path("log.1")).unwrap();
    client.get("/v3/before/messages").unwrap();
    server.signal("HUP");
    let fresh = || fs::read_to_string(place.path("log")).ok();
    wait_for("the new file", || {
        fresh().filter(|text| text.contains("reopened"))
    });
    client.get("/v3/after/messages").unwrap();

    let old = fs::read_to_string(place.path("log.1")).unwrap();
    let new = wait_for("the request's line", || {
        fresh().filter(|text| text.contains("/v3/after/"))
    });
    assert!(
        old.contains("/v3/before/") && !old.contains("/v3/after/"),
        "{old}"
    );
    assert!(!new.contains("/v3/before/"), "{new}");
    assert_eq!(new.matches("reopened").count(), 1, "{new}");

    // If the file cannot be opened, the old one stays in use.
    fs::rename(place.path("log"), place.path("log.2")).unwrap();
    fs::create_dir(place.path("log")).unwrap();
    server.signal("HUP");
    let text = wait_for("what is wrong", || {
        fs::read_to_string(place.path("log.2"))
            .ok()
            .filter(|text| text.contains("not reopened"))
    });
    assert_eq!(text.matches(" log file reopened").count(), 1, "{text}");
    server.stop();
}

#[test]
fn lines_carry_the_request_and_nothing_of_the_tenant() {
    let place = Place::with("[DEFAULT]\nlog_file = log\nlog_level = trace\n");
    let mut server = Server::start(&place);
    let token = "X-Auth-Token: alice:p1:admin\r\n";
    let good = r#"{"message": {"event_id": "IMAGE_000011", "parameters":
        {"task": "import", "task_id": "5ec2e7a1-0000-4000-8000-000000000001"}}}"#;
    let bad = r#"{"message": {"event_id": "IMAGE_000011", "resource_uuid": "sEcReT one", "unknown": 1,
        "parameters": {"task": "sEcReT three", "task_id": "sEcReT four"}}}"#;
    let wrong_values = bad.replace(r#""unknown": 1,"#, "");
    let mut ids = Vec::new();
    for (headers, body, status) in [
        (token, good, 201),
        (token, bad, 400),
        (token, &wrong_values, 400),
        (token, "{\"sEcReT", 400),
        ("X-Auth-Token: sEcReT:p2:member\r\n", good, 403),
        ("Idempotency-Key: sEcReT-key\r\n", good, 201),
        ("Idempotency-Key: sEcReT key\r\n", good, 400),
    ] {
        // Some of them close the connection.
        let answer = server.connect().post_with("p1", headers, body).unwrap();
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        ids.push(answer.headers["x-openstack-request-id"].clone());
    }
    let shown = server.connect().get("/v3/p1/messages?limit=1").unwrap();
    assert!(shown.body.contains("5ec2e7a1"), "{shown:?}");
    server.stop();

    let log = fs::read_to_string(place.path("log")).unwrap();
    for id in ids {
        let own: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
        assert!(
            own.iter().any(|line| line.contains("tidings::access")),
            "{id}: {own:?}"
        );
    }
    let refused = log.lines().filter(|line| line.contains("a request was refused"));
    assert!(
        refused.clone().count() >= 4 && refused.clone().all(|line| line.contains("request{id=\"req-")),
        "{log}"
    );
    // The log has the caller and the unknown field of a body, but no values of fields or headers.
    let held = ["one", "three", "four", "key"].map(|word| format!("sEcReT {word}"));
    let others = ["sEcReT-key", "sEcReT:p2", "alice:p1", "5ec2e7a1", "import task"];
    for secret in held.iter().map(String::as_str).chain(others) {
        let telling = log.lines().find(|line| line.contains(secret));
        assert_eq!(telling, None, "{secret}");
    }
}

#[test]
fn malformed_requests_do_not_fill_the_log_unless_it_is_asked_to() {
    for (level, is_told) in [("debug", false), ("info,actix_http=error", true)] {
        let place = Place::with(&format!("[DEFAULT]\nlog_file = log\nlog_level = {level}\n"));
        let mut server = Server::start(&place);
        let mut stranger = server.connect();
        stranger.send("no such thing\r\n\r\n").unwrap();
        stranger.wait_for_close().unwrap();
        server.stop();
        let log = fs::read_to_string(place.path("log")).unwrap();
        assert_eq!(log.contains("actix_http"), is_told, "{level}: {log}");
        assert!(log.contains("serving address="), "{log}");
    }
}

#[test]
fn the_log_may_be_json_and_leave_the_requests_out() {
    let place = Place::with("[DEFAULT]\nlog_file = log\nlog_format = json\naccess_log = false\n");
    let mut server = Server::start(&place);
    assert_eq!(server.connect().get("/healthcheck").unwrap().status, 200);
    server.stop();
    let log = fs::read_to_string(place.path("log")).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().any(|line| line["message"] == "serving"), "{log}");
    assert!(!log.contains("tidings::access"), "{log}");
}

/// A row with a code that this program does not know.
fn newer(id: u8, event_id: &str) -> String {
    format!(
        r#"{{"id":"00000000-0000-4000-8000-00000000000{id}","event_id":"{event_id}","project_id":"p1","message_level":"ERROR","created_at":"2020-01-01T00:00:00"}}"#
    ) + "\n"
}

#[test]
fn a_code_that_is_not_known_is_logged_once_and_read_as_an_unknown_error() {
    let place = Place::with("[DEFAULT]\nlog_file = log\nlog_level = info\n");
    let file = place.path("newer.ndjson");
    let codes = ["DNS_ZONE_001_002", "VOLUME_VOLUME_099_001", "VOLUME_999999"];
    let rows: String = codes.iter().zip(1..).map(|(code, id)| newer(id, code)).collect();
    fs::write(&file, rows).unwrap();
    place.succeed(&["db", "migrate"]);
    place.succeed(&["message", "import", file.to_str().unwrap()]);
    let mut server = Server::start(&place);
    for _ in 0..3 {
        let list = server.connect().get("/v3/p1/messages").unwrap();
        assert!(!list.body.contains("find storage"), "{}", list.body);
        assert_eq!(
            list.body.matches("An unknown error occurred.").count(),
            3,
            "{}",
            list.body
        );
    }
    server.stop();
    let log = fs::read_to_string(place.path("log")).unwrap();
    for code in codes {
        let told = log.lines().filter(|line| line.contains(code)).count();
        assert_eq!(told, 1, "{code}: {log}");
    }
}

#[test]
fn what_a_read_logs_carries_its_request() {
    let place = Place::with("[DEFAULT]\nlog_file = log\nlog_level = info\n");
    let file = place.path("newer.ndjson");
    fs::write(&file, newer(1, "VOLUME_999999")).unwrap();
    place.succeed(&["db", "migrate"]);
    place.succeed(&["message", "import", file.to_str().unwrap()]);
    let mut server = Server::start(&place);
    let answer = server.connect().get("/v3/p1/messages").unwrap();
    server.stop();
    let log = fs::read_to_string(place.path("log")).unwrap();
    let told = log
        .lines()
        .find(|line| line.contains("a stored code is not in the catalog"));
    let id = &answer.headers["x-openstack-request-id"];
    assert!(told.is_some_and(|line| line.contains(id)), "{id}: {log}");
}

#[test]
fn a_write_ahead_log_over_its_limit_is_told_of_once_a_minute() {
    if Fresh::is_remote() {
        return;
    }
    let place = Place::with("[database]\nwal_limit = 1048576\n");
    let mut server = Server::start(&place);
    let mut reader = place.database();
    reader.execute("BEGIN");
    reader.count("messages");
    let mut client = server.connect();
    let lines = || -> Vec<String> {
        let log = server.log();
        let lines = log
            .lines()
            .filter(|line| line.contains("is over [database] wal_limit"));
        lines.map(str::to_owned).collect()
    };
    let (mut number, mut started) = (0, None);
    // Without the limit, these seconds would bring another one.
    while started.is_none_or(|started: Instant| started.elapsed() < Duration::from_secs(3)) {
        number += 1;
        assert_eq!(client.post("p1", &load::batch(number)).unwrap().status, 201);
        if started.is_none() && !lines().is_empty() {
            started = Some(Instant::now());
        }
    }
    let lines = lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let file = place.path("tidings.db-wal");
    for part in [
        &format!("file={}", file.display()),
        "size=",
        "limit=1048576",
        "reading the database",
        "fuser",
    ] {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
    reader.execute("COMMIT");
    wait_for("a short log", || {
        (fs::metadata(&file).unwrap().len() < 1 << 20).then_some(())
    });
    server.stop();
}
