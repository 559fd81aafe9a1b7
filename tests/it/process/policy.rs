//! Policy changes while a server runs.

use std::fs;

use super::{Place, Server, wait_for};
use crate::support::let_pass_here;

#[test]
fn a_bad_policy_file_is_told_of_once_with_its_line_and_the_old_rules_stay() {
    let place = Place::with("[DEFAULT]\nlog_file = log\n");
    fs::write(place.path("policy.yaml"), "# ours\n\"message:get_all\": \"@\"\n").unwrap();
    let mut server = Server::start(&place);
    let list = || {
        let mut connection = server.connect();
        let request = "GET /v3/p1/messages HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: a:p1:nothing\r\n\r\n";
        connection.send(request).unwrap();
        connection.answer().unwrap().status
    };
    let log = || fs::read_to_string(place.path("log")).unwrap();
    assert_eq!(list(), 200);

    // A file's version includes its time and size; both differ here.
    fs::write(
        place.path("policy.yaml"),
        "# ours\n\n\"message:get_all\": \"role:reader or (role:x\"\n",
    )
    .unwrap();
    wait_for("the refusal", || {
        assert_eq!(list(), 200, "the old rules stay");
        log().contains("policy not reloaded").then_some(())
    });
    let_pass_here(std::time::Duration::from_millis(2200));
    assert_eq!(list(), 200);
    let told = log();
    let told: Vec<_> = told
        .lines()
        .filter(|line| line.contains("policy not reloaded"))
        .collect();
    let words = "policy.yaml, line 3: message:get_all: a parenthesis is not closed";
    assert!(told.len() == 1 && told[0].contains(words), "{told:?}");

    fs::write(
        place.path("policy.yaml"),
        "\"message:get_all\": \"role:reader\"\n",
    )
    .unwrap();
    wait_for("the new rules", || (list() == 403).then_some(()));
    server.stop();
}

#[test]
fn a_file_that_changes_is_told_of_without_any_request() {
    let place = Place::with("[DEFAULT]\nlog_file = log\n");
    fs::write(place.path("policy.yaml"), "\"message:get_all\": \"@\"\n").unwrap();
    let mut server = Server::start(&place);
    let told = |what: &'static str| {
        wait_for(what, || {
            let log = fs::read_to_string(place.path("log")).unwrap();
            log.contains(what).then_some(())
        });
    };
    fs::write(
        place.path("policy.yaml"),
        "\"message:get_all\": &nobody \"!\"\n\"x\": *nobody\n",
    )
    .unwrap();
    told("policy reloaded");
    fs::write(place.path("policy.yaml"), "\"message:get_all\": (\n").unwrap();
    told("policy not reloaded");
    server.stop();
}
