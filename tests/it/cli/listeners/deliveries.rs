//! Deliveries, tests, and making deliveries again.

use serde_json::json;

use super::{created, done, json_of, run, sent, shell};

#[test]
fn deliveries_are_listed_and_made_again() {
    let shell = shell();
    let id = created(&shell, &[]);
    let events = [sent(&shell), sent(&shell)];
    let listed = |more: &[&str]| {
        let found = json_of(&shell, &[&["deliveries", "--listener-id", &id], more].concat());
        let ids = found
            .as_array()
            .unwrap()
            .iter()
            .map(|delivery| delivery["event_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), [events[1].clone(), events[0].clone()]);
    assert_eq!(listed(&["--limit", "1"]), [events[1].clone()]);
    assert_eq!(listed(&["--marker", &events[1]]), [events[0].clone()]);
    assert_eq!(listed(&["--state", "dead"]), Vec::<String>::new());
    let table = done(&shell, &["deliveries", "--listener-id", &id]);
    assert!(table.contains(&events[0]) && table.contains("waiting"), "{table}");
    let again = done(
        &shell,
        &["redeliver", "--listener-id", &id, "--delivery-id", &events[0]],
    );
    assert_eq!(again, format!("delivery {} is due again\n", events[0]));
    let refused = run(
        &shell,
        &[
            "dismiss",
            "--listener-id",
            &id,
            "--delivery-id",
            &events[0],
            "--reason",
            "r",
        ],
    );
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (65, "tidings: the delivery is waiting, not dead\n")
    );
}

#[test]
fn a_test_event_goes_to_one_listener() {
    let shell = shell();
    let ids = [created(&shell, &["--project", "p1"]), created(&shell, &[])];
    let event = done(&shell, &["test", "--listener-id", &ids[0]]);
    let of = |id: &str| json_of(&shell, &["deliveries", "--listener-id", id]);
    let waiting = &of(&ids[0])[0];
    assert_eq!(
        (&waiting["event_id"], &waiting["event_type"], &waiting["state"]),
        (
            &json!(event.trim_end()),
            &json!("listener.test"),
            &json!("waiting")
        )
    );
    assert_eq!(of(&ids[1]), json!([]));
    let one = json_of(
        &shell,
        &[
            "deliveries",
            "--listener-id",
            &ids[0],
            "--delivery-id",
            event.trim_end(),
        ],
    );
    assert_eq!((&one["attempts_made"], &one["attempts"]), (&json!(0), &json!([])));
    done(&shell, &["disable", "--listener-id", &ids[0]]);
    let ran = run(&shell, &["test", "--listener-id", &ids[0]]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (65, "tidings: The listener is disabled.\n")
    );
}

#[test]
fn the_deliveries_of_a_time_are_made_again() {
    let shell = shell();
    let id = created(&shell, &[]);
    sent(&shell);
    sent(&shell);
    let again = |more: &[&str]| run(&shell, &[&["redeliver", "--listener-id", &id], more].concat());
    assert_eq!(
        again(&["--since", "2020-01-01"]).out,
        "deliveries due again: 0\n",
        "none is dead"
    );
    let waiting = again(&["--since", "2020-01-01", "--state", "waiting"]);
    assert_eq!(waiting.out, "deliveries due again: 2\n", "{}", waiting.err);
    let past = [
        "--since",
        "2020-01-01",
        "--until",
        "2020-01-02",
        "--state",
        "waiting",
    ];
    assert_eq!(again(&past).out, "deliveries due again: 0\n");
    let backwards = again(&["--since", "2020-01-02", "--until", "2020-01-01"]);
    assert_eq!(
        (backwards.code, backwards.err.as_str()),
        (65, "tidings: --since: must be earlier than --until\n")
    );
    assert_eq!(again(&[]).code, 2);
}
