//! Keystone slow, forgetful or gone.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::keystone::{FakeKeystone, Mood, token};
use crate::support::{AT_ONCE, Actor, TestApp, until};

fn holder(app: &TestApp, token: &str) -> Actor {
    Actor::new(&app.base, "p1", Some(token.to_owned()))
}

fn with_reader(name: &str) -> FakeKeystone {
    let keystone = FakeKeystone::start();
    keystone.give(name, token("rita", "p1", &["reader"], &json!({})));
    keystone
}

#[tokio::test]
async fn known_tokens_go_on_while_keystone_is_gone_and_others_get_503() {
    let keystone = with_reader("known");
    keystone.give("new", token("rita", "p1", &["reader"], &json!({})));
    let app = keystone.app();
    let known = holder(&app, "known");
    assert_eq!(known.list("").await.status, 200);
    for mood in [
        Mood::Closes,
        Mood::Status(500),
        Mood::Status(503),
        Mood::Status(300),
    ] {
        keystone.state().mood = mood;
        assert_eq!(known.list("").await.status, 200, "{mood:?}");
        let answer = holder(&app, "new").list("").await;
        assert_eq!(
            answer.fault(),
            "503 serviceUnavailable: The Keystone service is temporarily unavailable.",
            "{mood:?}"
        );
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.header("www-authenticate"), "");
    }
    let figures = app.figures().await;
    assert_eq!(figures["tidings_token_validation_failures_total"], 4);
    assert_eq!(figures["tidings_token_validation_duration_seconds_count"], 1);
    // What could not be found out is not remembered.
    keystone.state().mood = Mood::Works;
    assert_eq!(holder(&app, "new").list("").await.status, 200);
}

#[tokio::test]
async fn a_server_starts_without_keystone_and_finds_it_later() {
    let keystone = with_reader("good");
    keystone.state().mood = Mood::Closes;
    let app = keystone.app();
    assert_eq!(holder(&app, "good").list("").await.status, 503);
    keystone.state().mood = Mood::Works;
    assert_eq!(holder(&app, "good").list("").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_fails_is_tried_again_as_often_as_is_configured() {
    for (option, attempts) in [(None, 4), (Some("0"), 1)] {
        let keystone = with_reader("known");
        let retries = option.map(|retries| ("OS_KEYSTONE_AUTHTOKEN__HTTP_REQUEST_MAX_RETRIES", retries));
        let app = keystone.app_with(&Vec::from_iter(retries));
        assert_eq!(holder(&app, "known").list("").await.status, 200);
        let before = {
            let mut state = keystone.state();
            state.mood = Mood::Closes;
            state.requests
        };
        assert_eq!(holder(&app, "new").list("").await.status, 503);
        assert_eq!(keystone.state().requests - before, attempts);
    }
}

#[tokio::test]
async fn one_slow_answer_delays_no_other_request() {
    let keystone = with_reader("known");
    keystone.give("slow", token("rita", "p1", &["reader"], &json!({})));
    keystone.state().slow.insert("slow".to_owned(), Duration::MAX);
    let app = keystone.app();
    let known = holder(&app, "known");
    assert_eq!(known.list("").await.status, 200);
    let slow = holder(&app, "slow");
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let slow = slow.clone();
            tokio::spawn(async move { slow.list("").await.status })
        })
        .collect();
    until("the question", async || keystone.state().questions.len() == 2).await;
    for _ in 0..50 {
        assert_eq!(known.list("").await.status, 200);
    }
    keystone.state().hurries = true;
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), 200);
    }
    assert_eq!(keystone.state().questions.len(), 2);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_503_in_time() {
    let keystone = with_reader("slow");
    keystone
        .state()
        .slow
        .insert("slow".to_owned(), Duration::from_secs(60));
    let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__HTTP_CONNECT_TIMEOUT", "0.3")]);
    let begin = Instant::now();
    assert_eq!(holder(&app, "slow").list("").await.status, 503);
    assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn two_slow_tokens_of_a_request_have_the_time_of_one() {
    let keystone = with_reader("slow");
    keystone.give("service", token("nova", "service", &["service"], &json!({})));
    let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__HTTP_CONNECT_TIMEOUT", "5")]);
    for (name, seconds) in [("slow", 3), ("service", 60)] {
        let slow = Duration::from_secs(seconds);
        keystone.state().slow.insert(name.to_owned(), slow);
    }
    let ask = async || {
        let request = holder(&app, "slow").request(Method::GET, "/v3/p1/messages");
        let answer = request.header("X-Service-Token", "service").send().await;
        answer.unwrap().status().as_u16()
    };
    let begin = Instant::now();
    assert_eq!(ask().await, 503);
    assert!(
        begin.elapsed() < Duration::from_millis(7900),
        "{:?}",
        begin.elapsed()
    );
    keystone.state().hurries = true;
    // What was found out is known.
    assert_eq!(ask().await, 200);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_no_other_answer_along() {
    let keystone = with_reader("slow");
    keystone
        .state()
        .slow
        .insert("slow".to_owned(), Duration::from_millis(600));
    let app = keystone.app();
    let actor = holder(&app, "slow");
    let impatient = actor
        .request(Method::GET, "/v3/p1/messages")
        .timeout(Duration::from_millis(200));
    assert!(impatient.send().await.is_err());
    assert_eq!(actor.list("").await.status, 200);
    assert_eq!(keystone.state().questions.len(), 1);
}

#[tokio::test]
async fn our_own_token_is_renewed_once_when_keystone_refuses_it() {
    let keystone = with_reader("a");
    keystone.give("b", token("rita", "p1", &["reader"], &json!({})));
    let app = keystone.app();
    assert_eq!(holder(&app, "a").list("").await.status, 200);
    keystone.state().forget_logins();
    assert_eq!(holder(&app, "b").list("").await.status, 200);
    assert_eq!(keystone.state().logins, 2);
}

#[tokio::test]
async fn our_own_token_is_renewed_before_it_expires() {
    let keystone = with_reader("a");
    let later = json!({ "expires_at": "2026-11-21T09:00:00.000000Z" });
    keystone.give("a", token("rita", "p1", &["reader"], &later));
    let app = keystone.app();
    assert_eq!(holder(&app, "a").list("").await.status, 200);
    app.clock.advance(Duration::from_secs(3600 - 29));
    assert_eq!(holder(&app, "a").list("").await.status, 200);
    assert_eq!(keystone.state().logins, 2);
}

#[tokio::test]
async fn a_refused_login_is_a_503_and_not_tried_at_every_request() {
    let keystone = with_reader("a");
    keystone.state().refuses_login = true;
    let app = keystone.app();
    for _ in 0..10 {
        assert_eq!(holder(&app, "a").list("").await.status, 503);
    }
    assert_eq!(keystone.state().logins, 1);
    keystone.state().refuses_login = false;
    app.clock.advance(Duration::from_secs(5));
    assert_eq!(holder(&app, "a").list("").await.status, 200);
}

#[tokio::test]
async fn a_user_who_may_not_validate_tokens_is_a_503() {
    let keystone = with_reader("a");
    let app = keystone.app();
    assert_eq!(holder(&app, "a").list("").await.status, 200);
    keystone.state().mood = Mood::Status(403);
    assert_eq!(holder(&app, "b").list("").await.status, 503);
}
