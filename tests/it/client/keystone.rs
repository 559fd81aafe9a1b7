//! A recorder that authenticates with Keystone.

use std::time::Duration;

use tidings_client::keystone::{Http, Login, Tokens};
use tidings_client::{Auth, Error, Recorder};

use super::server::{Reply, Server};
use super::{PROJECT, SOON, eventually, message, quick};
use crate::support::keystone::{FakeKeystone, Mood};
use crate::support::plain_client;

/// The recorder uses the system's clock, not a test's.
const LATE: &str = "2100-01-01T00:00:00.000000Z";

fn recorder(server: &Server, keystone: &FakeKeystone) -> Recorder {
    let login = Login::password("tidings", "secret", "service");
    quick(Recorder::builder(
        server.endpoint(),
        Auth::keystone(keystone.url(), login),
    ))
    .build()
    .unwrap()
}

/// Records a message and returns the token that came with it.
fn record(recorder: &Recorder, server: &Server, resource: &str) -> String {
    recorder.record(PROJECT, message(resource));
    assert!(recorder.flush(SOON));
    server.state().requests.last().unwrap().token.clone()
}

#[test]
fn a_token_serves_until_it_expires() {
    let (server, keystone) = (Server::start(), FakeKeystone::start());
    keystone.state().logins_expire_at = Some(LATE);
    let recorder = recorder(&server, &keystone);
    assert_eq!(keystone.state().logins, 0, "nothing is connected to at the start");
    assert_eq!(record(&recorder, &server, "a"), "own-1");
    assert_eq!(record(&recorder, &server, "b"), "own-1");
}

#[test]
fn a_token_that_is_about_to_expire_is_renewed() {
    let (server, keystone) = (Server::start(), FakeKeystone::start());
    keystone.state().logins_expire_at = Some("2026-11-21T00:00:00.000000Z");
    let recorder = recorder(&server, &keystone);
    assert_eq!(record(&recorder, &server, "a"), "own-1");
    assert_eq!(record(&recorder, &server, "b"), "own-2");
}

#[test]
fn a_token_that_the_server_refuses_is_replaced_at_once() {
    let (server, keystone) = (Server::start(), FakeKeystone::start());
    keystone.state().logins_expire_at = Some(LATE);
    let recorder = recorder(&server, &keystone);
    assert_eq!(record(&recorder, &server, "a"), "own-1");
    server.state().script.push_back(Reply::Status(401));
    assert_eq!(record(&recorder, &server, "b"), "own-2");
    assert_eq!(server.state().resources(), ["a", "b"]);
}

#[test]
fn messages_wait_while_keystone_is_down() {
    let (server, keystone) = (Server::start(), FakeKeystone::start());
    keystone.state().logins_expire_at = Some(LATE);
    keystone.state().mood = Mood::Status(503);
    let recorder = recorder(&server, &keystone);
    recorder.record(PROJECT, message("a"));
    eventually(|| keystone.state().requests > 1);
    assert_eq!(server.state().requests.len(), 0);
    keystone.state().mood = Mood::Works;
    assert!(recorder.flush(SOON));
    assert_eq!(server.state().resources(), ["a"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_login_along() {
    let keystone = FakeKeystone::start();
    keystone.state().logins_expire_at = Some(LATE);
    keystone.state().slow_login = Duration::from_millis(300);
    let http = Http::new(plain_client().build().unwrap(), &keystone.url(), 0);
    let tokens = Tokens::new(http, &Login::password("tidings", "secret", "service"), || 0);
    let impatient = tokio::time::timeout(Duration::from_millis(50), tokens.get(None));
    assert!(impatient.await.is_err());
    assert_eq!(tokens.get(None).await.unwrap().header, "own-1");
    assert_eq!(keystone.state().logins, 1);
}

#[test]
fn an_address_that_is_none_is_refused_at_the_start() {
    let login = Login::application_credential("id", "secret");
    let built = Recorder::builder("http://127.0.0.1:1", Auth::keystone("keystone:5000", login)).build();
    assert!(matches!(built.unwrap_err(), Error::AuthUrl(_)));
}

#[test]
fn an_incomplete_login_is_refused_at_the_start() {
    for login in [
        Login::password("tidings", "", "service"),
        Login::application_credential("id", ""),
        Login::default(),
    ] {
        let built = Recorder::builder(
            "http://127.0.0.1:1",
            Auth::keystone("http://keystone:5000", login),
        )
        .build();
        assert!(matches!(built.unwrap_err(), Error::Credentials));
    }
}
