//! Creating, listing, changing and deleting.

use insta::assert_snapshot;
use regex::Regex;
use serde_json::{Value, json};

use super::{URL, created, done, json_of, sent, shell};

#[test]
#[expect(clippy::too_many_lines, reason = "one session with Pulp's client")]
fn listeners_are_created_and_listed_as_by_pulps_client() {
    let shell = shell();
    assert_eq!(done(&shell, &["list"]), "");
    let created = "Event listener successfully created\n\n";
    for arguments in [
        &[
            "email",
            "create",
            "--event-type",
            "repo.sync.start",
            "--event-type",
            "repo.sync.finish",
            "--subject",
            "pulp notification",
            "--addresses",
            "a@example.com,b@example.com",
        ][..],
        &[
            "http",
            "create",
            "--event-type",
            "*",
            "--url",
            URL,
            "--username",
            "u",
            "--password",
            "hunter2",
            "--project",
            "p1",
            "--name",
            "mine",
            "--format",
            "cloudevents",
            "--header",
            "X-Key=hunter2",
        ],
        &[
            "amqp",
            "create",
            "--event-type",
            "repo.*",
            "--exchange",
            "events",
            "--disabled",
        ],
        &[
            "pull",
            "create",
            "--event-type",
            "message.*",
            "--retry",
            "none",
            "--order",
            "resource",
        ],
    ] {
        assert_eq!(done(&shell, arguments), created, "{arguments:?}");
    }
    let listed = done(&shell, &["list"]);
    let ids = Regex::new("[0-9a-f-]{36}").unwrap();
    assert_snapshot!(ids.replace_all(&listed, "ID").replace(":   \n", ":...\n"), @r"
    Event Types:       repo.sync.start, repo.sync.finish
    Id:                ID
    Notifier Config:...
      Addresses: a@example.com, b@example.com
      Subject:   pulp notification
    Notifier Type Id:  email


    Event Types:       *
    Format:            cloudevents
    Id:                ID
    Name:              mine
    Notifier Config:...
      Headers:  
        X-Key: *****
      Password: *****
      URL:      https://example.org/events
      Username: u
    Notifier Type Id:  http
    Project Id:        p1


    Enabled:           false
    Event Types:       repo.*
    Id:                ID
    Notifier Config:...
      Exchange: events
    Notifier Type Id:  amqp


    Event Types:       message.*
    Id:                ID
    Notifier Config:...
    Notifier Type Id:  pull
    Order:             resource


    ");
    let of_project = json_of(&shell, &["list", "--project", "p1"]);
    assert_eq!(
        (of_project.as_array().unwrap().len(), &of_project[0]["name"]),
        (1, &json!("mine"))
    );
    let shown = done(
        &shell,
        &["show", "--listener-id", of_project[0]["id"].as_str().unwrap()],
    );
    assert!(
        shown.contains("Retry:             5, 300, 1800") && shown.contains("Scope:             project"),
        "{shown}"
    );
    assert!(!(listed + &shown + &of_project.to_string()).contains("hunter2"));
}

#[test]
fn what_an_update_does_not_name_stays_and_what_is_empty_goes() {
    let shell = shell();
    let id = created(
        &shell,
        &["--username", "u", "--password", "p", "--description", "old"],
    );
    let update = ["http", "update", "--listener-id", &id];
    let with = |more: &[&str]| done(&shell, &[&update[..], more].concat());
    assert_eq!(with(&[]), "No changes were made\n\n");
    let updated = "Event listener successfully updated\n\n";
    assert_eq!(
        with(&["--url", "https://example.org/new", "--event-type", "repo.*"]),
        updated
    );
    assert_eq!(with(&["--description", "", "--retry", "1,2"]), updated);
    let now = json_of(&shell, &["show", "--listener-id", &id]);
    assert_eq!(
        (
            &now["notifier_config"],
            &now["event_types"],
            &now["description"],
            &now["retry"]
        ),
        (
            &json!({"url": "https://example.org/new", "username": "u", "password": "*****"}),
            &json!(["repo.*"]),
            &Value::Null,
            &json!([1, 2]),
        )
    );
    assert_eq!(
        with(&["--username", "", "--password", "", "--header", "A=b"]),
        updated
    );
    assert_eq!(with(&["--header", "", "--retry", ""]), updated);
    let now = json_of(&shell, &["show", "--listener-id", &id]);
    assert_eq!(now["notifier_config"], json!({"url": "https://example.org/new"}));
    assert_eq!(now["retry"][0], 5);
}

#[test]
fn a_listener_is_disabled_enabled_and_deleted() {
    let shell = shell();
    let id = created(&shell, &[]);
    let of = |command: &str| done(&shell, &[command, "--listener-id", &id]);
    assert_eq!(of("disable"), "Event listener successfully disabled\n\n");
    sent(&shell);
    assert_eq!(of("enable"), "Event listener successfully enabled\n\n");
    let event = sent(&shell);
    let deliveries = json_of(&shell, &["deliveries", "--listener-id", &id]);
    assert_eq!(
        deliveries.as_array().unwrap().len(),
        1,
        "only while it was enabled: {deliveries}"
    );
    assert_eq!(
        (&deliveries[0]["event_id"], &deliveries[0]["state"]),
        (&json!(event), &json!("waiting"))
    );
    assert_eq!(of("delete"), "Event listener successfully deleted\n\n");
    assert_eq!(done(&shell, &["list"]), "");
}
