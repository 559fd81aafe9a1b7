//! Delivery of events by a real server.

use std::fs;

use serde_json::{Value, json};

use super::{Place, Server, wait_for};
use crate::support::SEND;

const LOG: &str =
    "[oslo_messaging_notifications]\ndriver = log\n[DEFAULT]\ndefault_publisher_id = image.host1\n";

fn report(server: &Server, payload: &str) {
    let body = json!({ "event": { "event_type": "image.upload", "priority": "ERROR", "payload": payload } });
    let body = body.to_string();
    let mut connection = server.connect();
    let head = "POST /v3/p1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    connection
        .send(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
        .unwrap();
    assert_eq!(connection.answer().unwrap().status, 202);
}

fn events(place: &Place) -> Vec<String> {
    let log = fs::read_to_string(place.path("log")).unwrap_or_default();
    let lines = log
        .lines()
        .filter(|line| line.contains("oslo.messaging.notification"));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_line_of_the_log_is_as_oslos_log_driver_writes_it() {
    let place = Place::with(LOG);
    let log = place.path("log");
    place.configure(&format!("{LOG}log_file = {}\n", log.display()));
    let server = Server::start(&place);
    report(&server, "mount -o password=hunter2 failed: é");
    let line = wait_for("the line", || events(&place).pop());
    let (head, event) = line.split_once(": {").unwrap();
    assert!(
        head.ends_with(" ERROR oslo.messaging.notification.image.upload"),
        "{line}"
    );
    let text = format!("{{{event}");
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event["payload"], "mount -o password=*** failed: é");
    assert_eq!(event.as_object().unwrap().len(), 6);
    assert!(text.is_ascii(), "{text}");
    let want =
        r#"", "publisher_id": "image.host1", "event_type": "image.upload", "priority": "ERROR", "payload": "#;
    assert!(
        text.starts_with(r#"{"message_id": ""#) && text.contains(want),
        "{text}"
    );
}

#[test]
fn an_event_below_the_level_of_the_log_counts_as_sent() {
    let place = Place::with(LOG);
    place.configure(&format!(
        "{LOG}log_level = warn,tidings::cli=info\nlog_file = {}\n",
        place.path("log").display()
    ));
    let server = Server::start(&place);
    place.succeed(&SEND);
    wait_for("the event", || {
        let metrics = server.connect().get("/metrics").unwrap().body;
        metrics
            .contains(r#"tidings_events_delivered_total{driver="log"} 1"#)
            .then_some(())
    });
    assert_eq!(events(&place), Vec::<String>::new());
}

/// The outbox of a killed server is delivered by the next one.
#[test]
fn no_event_is_lost_with_the_server() {
    // Nothing listens on port 1, so everything waits.
    let away =
        "[oslo_messaging_notifications]\ndriver = messagingv2\ntransport_url = rabbit://127.0.0.1:1/\n";
    let place = Place::with(away);
    let mut server = Server::start(&place);
    for number in 0..5 {
        report(&server, &format!("event {number}"));
    }
    server.kill();
    let mut server = Server::start(&place);
    report(&server, "event 5");
    server.stop();
    // The same rows, for a driver whose output can be read here.
    place.database().execute("UPDATE deliveries SET target = 'log'");
    place.configure(&format!("{LOG}log_file = {}\n", place.path("log").display()));
    let _server = Server::start(&place);
    let lines = wait_for("all events", || {
        Some(events(&place)).filter(|lines| lines.len() == 6)
    });
    for (number, line) in lines.iter().enumerate() {
        assert!(line.contains(&format!("event {number}\"")), "{line}");
    }
}

/// A server that restarts on its host need not wait for the lease of the killed one to expire.
#[test]
fn the_right_to_send_passes_to_the_next_server_of_the_host_at_once() {
    let place = Place::with(LOG);
    place.configure(&format!("{LOG}log_file = {}\n", place.path("log").display()));
    let mut server = Server::start(&place);
    report(&server, "before");
    wait_for("the event", || events(&place).pop());
    server.kill();
    let mut database = place.database();
    assert_eq!(database.count("leases"), 1, "it was not given back");
    database.execute("UPDATE leases SET expires_at = expires_at + 3600000000");
    let server = Server::start(&place);
    report(&server, "after");
    wait_for("the event of the next", || {
        events(&place).pop().filter(|line| line.contains("after"))
    });
}

#[test]
fn drivers_that_cannot_be_are_said_before_anything_is_served() {
    for (config, want) in [
        (
            "driver = messagingv2\n",
            "[oslo_messaging_notifications] transport_url: is required",
        ),
        (
            "driver = kafka\n",
            "[oslo_messaging_notifications] driver: \"kafka\" must be one of",
        ),
        (
            "driver = messaging\ntransport_url = rabbit://h/?ssl=1&ssl_cert_file=/c.pem\n",
            "ssl_cert_file and ssl_key_file must be set together",
        ),
        (
            "driver = messaging\ntransport_url = rabbit://h/?ssl=1&ssl_ca_file=/nosuch.pem\n",
            "/nosuch.pem",
        ),
    ] {
        let place = Place::new();
        place.make_ready();
        place.configure(&format!("[oslo_messaging_notifications]\n{config}"));
        let ran = place.run(&["serve", "--bind", "127.0.0.1:0"]);
        assert_eq!(ran.code, Some(78), "{ran:?}");
        assert!(ran.err.contains(want), "{}", ran.err);
    }
}
