//! `tidings event listener` with a running server: the same commands on its database and through its API.

use std::fs;

use serde_json::{Value, json};

use super::place::Finished;
use super::{Place, Server, wait_for};

fn place() -> Place {
    let place = Place::new();
    let keys = place.path("keys");
    fs::write(&keys, "a key that is long enough for every purpose\n").unwrap();
    let networks = "[listeners]\nallowed_networks = 127.0.0.0/8\n";
    place.configure(&format!("{networks}[secrets]\nkey_file = {}\n", keys.display()));
    place
}

/// Runs the same command on the database, or on the server if one is given.
fn run(place: &Place, server: Option<&Server>, arguments: &[&str]) -> Finished {
    let url = server.map(|server| format!("http://{}", server.address));
    let mut arguments = [&["event", "listener"], arguments].concat();
    if let Some(url) = &url {
        arguments.extend(["--endpoint", url]);
    }
    place.run(&arguments)
}

#[track_caller]
fn done(place: &Place, server: Option<&Server>, arguments: &[&str]) -> String {
    let ran = run(place, server, arguments);
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
    ran.out
}

#[track_caller]
fn json_of(place: &Place, server: Option<&Server>, arguments: &[&str]) -> Value {
    let out = done(place, server, &[arguments, &["--output", "json"]].concat());
    serde_json::from_str(&out).unwrap()
}

#[test]
fn the_database_and_the_server_answer_alike() {
    let place = place();
    let server = Server::start(&place);
    let create = [
        "http",
        "create",
        "--event-type",
        "message.*",
        "--url",
        "https://example.org/x",
        "--username",
        "u",
        "--password",
        "hunter2",
        "--name",
    ];
    let created = "Event listener successfully created\n\n";
    assert_eq!(
        done(&place, Some(&server), &[&create[..], &["first"]].concat()),
        created
    );
    assert_eq!(done(&place, None, &[&create[..], &["second"]].concat()), created);
    assert_eq!(
        done(
            &place,
            Some(&server),
            &[&create[..], &["third", "--project", "p1"]].concat()
        ),
        created
    );
    for arguments in [&["list"][..], &["list", "--project", "p1"]] {
        let listed = done(&place, None, arguments);
        assert_eq!(listed, done(&place, Some(&server), arguments));
        assert!(
            listed.contains("third") && !listed.contains("hunter2"),
            "{listed}"
        );
        assert_eq!(
            json_of(&place, None, arguments),
            json_of(&place, Some(&server), arguments)
        );
    }
    let first = json_of(&place, Some(&server), &["list"])[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let of = ["--listener-id", first.as_str()];
    for (arguments, out) in [
        (
            &["http", "update", "--description", "d"][..],
            "Event listener successfully updated\n\n",
        ),
        (&["disable"], "Event listener successfully disabled\n\n"),
        (&["enable"], "Event listener successfully enabled\n\n"),
        (
            &["redeliver", "--since", "2020-01-01"],
            "deliveries due again: 0\n",
        ),
    ] {
        assert_eq!(done(&place, Some(&server), &[arguments, &of].concat()), out);
    }
    let secret = done(&place, Some(&server), &[&["rotate-secret"][..], &of].concat());
    assert!(secret.starts_with("whsec_"), "{secret}");
    let shown = json_of(&place, None, &[&["show"][..], &of].concat());
    assert_eq!(
        (&shown["description"], &shown["notifier_config"]["secret"]),
        (&json!("d"), &json!("*****"))
    );
    let deleted = done(&place, Some(&server), &[&["delete"][..], &of].concat());
    assert_eq!(deleted, "Event listener successfully deleted\n\n");
    for server in [None, Some(&server)] {
        let gone = run(&place, server, &[&["show"][..], &of].concat());
        let text =
            format!("tidings: The following resource(s) could not be found:\n\n  {first} (event_listener)\n");
        assert_eq!((gone.code, gone.err), (Some(66), text));
        let invalid = run(
            &place,
            server,
            &["pull", "create", "--event-type", "message.creat"],
        );
        assert_eq!(invalid.code, Some(65));
        assert!(
            invalid.err.contains("did you mean message.create?"),
            "{}",
            invalid.err
        );
    }
}

#[test]
fn a_dead_letter_is_seen_and_dismissed() {
    let place = place();
    let server = Server::start(&place);
    // Nothing listens there.
    let create = [
        "http",
        "create",
        "--event-type",
        "*",
        "--url",
        "http://127.0.0.1:1/",
        "--retry",
        "none",
    ];
    let listener = json_of(&place, Some(&server), &create);
    let of = ["--listener-id", listener["id"].as_str().unwrap()];
    let event = done(&place, Some(&server), &[&["test"][..], &of].concat());
    let event = event.trim_end();
    let dead = wait_for("the dead letter", || {
        let dead = json_of(
            &place,
            Some(&server),
            &[&["deliveries", "--state", "dead"][..], &of].concat(),
        );
        Some(dead).filter(|dead| !dead.as_array().unwrap().is_empty())
    });
    assert_eq!(dead[0]["event_id"], event);
    let at = [&of[..], &["--delivery-id", event]].concat();
    for server in [None, Some(&server)] {
        let one = json_of(&place, server, &[&["deliveries"][..], &at].concat());
        assert_eq!(
            (
                one["attempts"].as_array().unwrap().len(),
                &one["attempts"][0]["delivered"]
            ),
            (1, &json!(false))
        );
        let table = done(&place, server, &[&["deliveries"][..], &at].concat());
        assert!(
            table.contains("false") && table.contains("milliseconds"),
            "{table}"
        );
    }
    let dismiss = [&["dismiss", "--reason", "known"][..], &at].concat();
    assert_eq!(
        done(&place, Some(&server), &dismiss),
        format!("delivery {event} is dismissed\n")
    );
    let again = run(&place, Some(&server), &dismiss);
    assert_eq!(
        (again.code, again.err.as_str()),
        (Some(65), "tidings: the delivery is dismissed, not dead\n")
    );
    let table = done(&place, None, &[&["deliveries"][..], &of].concat());
    assert!(table.contains("dismissed") && table.contains("known"), "{table}");
}
