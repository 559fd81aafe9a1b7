//! From a command that creates an e-mail listener to a real mail server, through a server. `tests/email/test_email.py` reads the
//! e-mail.

use std::env;

use serde_json::json;

use super::{Place, Server, wait_for};

const VOLUME: &str = "7c0b1be5-5d1c-4e5a-9f6e-0d5f2f9d3a11";

#[test]
#[ignore = "needs the mail server of tests/steps/*-email"]
fn what_a_service_records_is_mailed() {
    let (port, authority) = (
        env::var("MAIL_STARTTLS_PORT").unwrap(),
        env::var("MAIL_CA").unwrap(),
    );
    let place = Place::with(&format!(
        "[email]\nenabled = true\nhost = localhost\nport = {port}\ntls = starttls\nca_file = {authority}\n\
         from = Cloud \u{4e91} <no-reply@cloud.example.org>\nusername = tidings\npassword = secret\n"
    ));
    place.succeed(&["db", "migrate"]);
    let create = [
        "event",
        "listener",
        "email",
        "create",
        "--event-type",
        "message.*",
    ];
    let options = ["--subject", "Messages", "--addresses", "server@example.org"];
    let created = place.succeed(&[&create[..], &options].concat());
    assert_eq!(created, "Event listener successfully created\n\n");
    let mut server = Server::start(&place);
    let body = json!({ "message": { "event_id": "VOLUME_000002", "resource_type": "VOLUME", "resource_uuid": VOLUME } });
    let posted = server.connect().post("p1", &body.to_string()).unwrap();
    assert_eq!(posted.status, 201);
    let mut database = place.database();
    wait_for("the mail server's answer", || {
        (database.count("deliveries WHERE state = 1") == 1).then_some(())
    });
    server.stop();
}
