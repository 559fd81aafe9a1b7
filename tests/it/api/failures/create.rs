//! Reporting failures.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{change, finish, get, host, reported, segment, send, vm};
use crate::support::{Actor, TestApp};

async fn post(actor: &Actor, body: &Value) -> String {
    let answer = send(actor, Method::POST, "/notifications", body).await;
    if answer.status == 202 {
        "202".to_owned()
    } else {
        answer.fault()
    }
}

#[tokio::test]
async fn a_report_becomes_a_new_notification() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    let host = host(&admin, &segment, "compute1").await;
    let made = reported(&admin, &vm("compute1", 7)).await;
    assert_eq!(
        made,
        json!({
            "id": made["id"],
            "notification_uuid": made["notification_uuid"],
            "generated_time": "2026-11-21T03:20:20.125000",
            "source_host_uuid": host,
            "type": "VM",
            "payload": vm("compute1", 7)["notification"]["payload"],
            "status": "new",
            "failover_segment_uuid": segment,
            "message": null,
            "created_at": "2026-11-21T03:20:24.834285",
            "updated_at": null,
            "deleted_at": null,
            "deleted": false,
        })
    );
    let listed = get(&admin, "/notifications").await.json();
    assert_eq!(listed["notifications"], json!([made]));
}

#[tokio::test]
async fn of_fifty_equal_reports_at_two_servers_one_is_accepted() {
    let app = TestApp::start();
    let other = app.beside(&[]);
    let admins = [app.admin("p1"), other.admin("p1")];
    let segment = segment(&admins[0], "s").await;
    host(&admins[0], &segment, "compute1").await;
    let report = vm("compute1", 1);
    let all = (0..50).map(|number| post(&admins[number % 2], &report));
    let mut answers = join_all(all).await;
    answers.sort();
    assert_eq!(answers.remove(0), "202");
    let duplicate =
        "409 conflictingRequest: Notification received from host compute1 of type VM is duplicate.";
    assert_eq!(answers, [duplicate; 49]);
    let distinct = (2..32).map(|number| {
        let admin = &admins[usize::from(number % 2 == 0)];
        async move { post(admin, &vm("compute1", number)).await }
    });
    assert!(join_all(distinct).await.iter().all(|answer| answer == "202"));
    let listed = get(&admins[0], "/notifications").await.json();
    assert_eq!(listed["notifications"].as_array().unwrap().len(), 31);
}

#[tokio::test]
async fn a_report_is_a_duplicate_of_one_up_to_180_seconds_older_or_any_newer_one() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let at = |time: &str| {
        let mut report = vm("compute1", 1);
        report["notification"]["generated_time"] = time.into();
        report
    };
    let made = reported(&admin, &at("2026-11-21T03:00:00")).await;
    change(&app, made["notification_uuid"].as_str().unwrap(), finish).await;
    for (time, is_new) in [
        ("2026-11-21T03:03:00", false),
        ("2026-11-21T02:00:00", false),
        ("2026-11-21T03:03:01", true),
        ("2026-11-21T03:06:01Z", false),
    ] {
        assert_eq!(post(&admin, &at(time)).await == "202", is_new, "{time}");
    }
    let mut turned = at("2026-11-21T03:03:01");
    let payload = turned["notification"]["payload"].as_object().unwrap().clone();
    turned["notification"]["payload"] = payload.into_iter().rev().collect();
    assert!(post(&admin, &turned).await.contains("duplicate"));
}

/// By Masakari's rule all later reports would be duplicates of it, until that time has come.
#[tokio::test]
async fn a_time_far_ahead_makes_duplicates_for_no_longer_than_any_other() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let at = |time: &str| {
        let mut report = vm("compute1", 1);
        report["notification"]["generated_time"] = time.into();
        report
    };
    // As of a monitor whose clock is wrong.
    reported(&admin, &at("2036-01-01T00:00:00")).await;
    for time in [
        "2036-01-01T00:00:00",
        "2026-11-21T03:20:24",
        "2026-11-21T03:00:00",
    ] {
        let answer = post(&admin, &at(time)).await;
        assert!(answer.contains("duplicate"), "{time}: {answer}");
    }
    app.clock.advance(Duration::from_secs(181));
    assert_eq!(post(&admin, &at("2026-11-21T03:23:25")).await, "202");
    let again = post(&admin, &at("2026-11-21T03:23:26")).await;
    assert!(again.contains("duplicate"), "{again}");
    app.clock.advance(Duration::from_secs(181));
    assert_eq!(post(&admin, &at("2036-01-01T00:00:00")).await, "202");
    let again = post(&admin, &at("2036-01-01T00:00:00")).await;
    assert!(again.contains("duplicate"), "{again}");
}

/// A clock that is a little fast is no wrong one.
#[tokio::test]
async fn a_time_that_is_a_little_ahead_counts_as_it_is() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let at = |time: &str| {
        let mut report = vm("compute1", 1);
        report["notification"]["generated_time"] = time.into();
        report
    };
    reported(&admin, &at("2026-11-21T03:24:24")).await;
    app.clock.advance(Duration::from_secs(181));
    let answer = post(&admin, &at("2026-11-21T03:23:25")).await;
    assert!(answer.contains("duplicate"), "{answer}");
    assert_eq!(post(&admin, &at("2026-11-21T03:27:25")).await, "202");
}

#[tokio::test]
async fn unknown_hosts_and_those_under_maintenance_are_refused() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    let host = host(&admin, &segment, "compute1").await;
    let body = json!({ "host": { "on_maintenance": "True" } });
    let path = format!("/segments/{segment}/hosts/{host}");
    assert_eq!(send(&admin, Method::PUT, &path, &body).await.status, 200);
    assert_eq!(
        post(&admin, &vm("compute1", 1)).await,
        "409 conflictingRequest: Notification received from host compute1 of type 'VM' is ignored as the host is already \
         under maintenance."
    );
    assert_eq!(
        post(&admin, &vm("COMPUTE1", 1)).await,
        "400 badRequest: Host with name COMPUTE1 could not be found."
    );
    assert_eq!(
        get(&admin, "/notifications").await.json(),
        json!({ "notifications": [] })
    );
}

#[tokio::test]
async fn whatever_the_body_is_the_answer_is_a_400() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let bodies: [&[u8]; 9] = [
        b"",
        b"null",
        b"[]",
        b"hello",
        b"{\"notification\": \"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
        b"{\"notification\": NaN}",
        b"{} {}",
        &[b'['; 10_000],
    ];
    for body in bodies {
        let request = admin.request(Method::POST, "/v1/notifications");
        let answer = admin.send(request.body(body.to_vec())).await;
        assert_eq!(
            answer.status,
            400,
            "{}: {}",
            String::from_utf8_lossy(body),
            answer.text
        );
    }
    for time in [
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59-01:00",
        "2026-11-21T24:00:00",
    ] {
        let mut report = vm("compute1", 1);
        report["notification"]["generated_time"] = time.into();
        let fault = post(&admin, &report).await;
        assert!(
            fault.starts_with("400 badRequest: Invalid input: notification.generated_time:"),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn the_media_type_is_checked_as_masakari_does() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for (media_type, status) in [
        (None, 400),
        (Some("text/plain"), 400),
        (Some("application/json; charset=utf-8"), 400),
        (Some("application/vnd.openstack.masakari+json"), 400),
        (Some("Application/JSON"), 415),
        (Some("application/xml"), 415),
        (Some("application/vnd.openstack.volume+json"), 415),
    ] {
        let mut request = admin.request(Method::POST, "/v1/notifications").body("{}");
        if let Some(media_type) = media_type {
            request = request.header("Content-Type", media_type);
        }
        assert_eq!(admin.send(request).await.status, status, "{media_type:?}");
    }
}
