//! Errors say what is wrong.

use super::{URL, created, run, shell};

#[test]
fn errors_name_what_is_wrong() {
    let shell = shell();
    let id = created(&shell, &["--name", "taken"]);
    let unknown = "01a22b3c-4760-717d-af38-3c8a3584d9fb";
    let missing = |what: &str, kind: &str| {
        format!("tidings: The following resource(s) could not be found:\n\n  {what} ({kind})\n")
    };
    let http = ["http", "create", "--url", URL, "--event-type"];
    for (arguments, code, error) in [
        (vec!["delete", "--listener-id", "foo"], 66, missing("foo", "event_listener")),
        (vec!["show", "--listener-id", unknown], 66, missing(unknown, "event_listener")),
        (vec!["enable", "--listener-id", unknown], 66, missing(unknown, "event_listener")),
        (vec!["deliveries", "--listener-id", unknown], 66, missing(unknown, "event_listener")),
        (
            vec!["redeliver", "--listener-id", &id, "--delivery-id", unknown],
            66,
            missing(unknown, "delivery"),
        ),
        (
            [&http[..], &["repo.sync.strat"]].concat(),
            65,
            "tidings: event_types: \"repo.sync.strat\" matches no event type, did you mean repo.sync.start?\n".to_owned(),
        ),
        (
            [&http[..], &["*", "--name", "taken", "--format", "glance"]].concat(),
            65,
            "tidings: another listener of the project is named \"taken\"\n".to_owned(),
        ),
        (
            [&http[..], &["*", "--username", "u"]].concat(),
            65,
            "tidings: notifier_config.password: is required\n".to_owned(),
        ),
        (
            [&http[..], &["*", "--header", "Host=h"]].concat(),
            65,
            "tidings: notifier_config.headers.Host: belongs to the request itself and cannot be set\n".to_owned(),
        ),
        (
            vec!["http", "create", "--event-type", "*", "--url", "http://10.0.0.1/"],
            65,
            String::new(),
        ),
    ] {
        let ran = run(&shell, &arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
        if error.is_empty() {
            assert!(ran.err.starts_with("tidings: notifier_config.url: "), "{}", ran.err);
        } else {
            assert_eq!(ran.err, error, "{arguments:?}");
        }
    }
    let secret = run(&shell, &[&http[..], &["*", "--secret", "hunter2"]].concat());
    assert!(
        secret.code == 65 && secret.err.contains("whsec_") && !secret.err.contains("hunter2"),
        "{}",
        secret.err
    );
}

#[test]
fn missing_and_unknown_options_are_named() {
    let shell = shell();
    for (arguments, named) in [
        (
            &["email", "create"][..],
            &["--event-type", "--subject", "--addresses"][..],
        ),
        (&["http", "create"], &["--event-type", "--url"]),
        (&["amqp", "create"], &["--event-type"]),
        (&["amqp", "update"], &["--listener-id"]),
        (&["delete"], &["--listener-id"]),
        (&["list", "--nonsense"], &["--nonsense"]),
        (
            &["pull", "create", "--event-type", "*", "--retry", "5,x"],
            &["5,300,1800"],
        ),
        (
            &[
                "http",
                "create",
                "--event-type",
                "*",
                "--url",
                URL,
                "--header",
                "x",
            ],
            &["NAME=VALUE"],
        ),
        (&["list", "--endpoint", "http://h", "--local"], &["--local"]),
    ] {
        let ran = run(&shell, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        for name in named {
            assert!(ran.err.contains(name), "{arguments:?}: {}", ran.err);
        }
    }
}
