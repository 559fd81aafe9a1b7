//! Listing notifications: filters, order and pages.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{change, finish, get, host, reported, segment, send, vm};
use crate::support::{Actor, TestApp};

/// Reports six failures of two hosts, half of them finished, and returns the hosts.
async fn six(app: &TestApp, admin: &Actor) -> [String; 2] {
    let segment = segment(admin, "s").await;
    let hosts = [
        host(admin, &segment, "compute1").await,
        host(admin, &segment, "compute2").await,
    ];
    for number in 0..6_u128 {
        app.clock.advance(std::time::Duration::from_secs(1));
        let name = if number < 4 { "compute1" } else { "compute2" };
        let mut report = vm(name, number);
        report["notification"]["generated_time"] = format!("2026-11-21T03:00:0{number}").into();
        let made = reported(admin, &report).await;
        if number % 2 == 0 {
            change(app, made["notification_uuid"].as_str().unwrap(), finish).await;
        }
    }
    hosts
}

/// The numbers of the virtual machines on a page.
async fn numbers(admin: &Actor, query: &str) -> Vec<u128> {
    let answer = get(admin, &format!("/notifications?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let number = |notification: &Value| {
        let id = notification["payload"]["instance_uuid"].as_str().unwrap();
        id.parse::<Uuid>().unwrap().as_u128()
    };
    answer.json()["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect()
}

#[tokio::test]
async fn filters_select_and_unknown_ones_mean_nothing() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let [one, _] = six(&app, &admin).await;
    for (query, want) in [
        (String::new(), vec![5, 4, 3, 2, 1, 0]),
        ("status=new".to_owned(), vec![5, 3, 1]),
        ("status=new&status=finished".to_owned(), vec![4, 2, 0]),
        ("status=NEW".to_owned(), vec![]),
        ("status=".to_owned(), vec![]),
        ("type=VM&status=finished".to_owned(), vec![4, 2, 0]),
        ("type=PROCESS".to_owned(), vec![]),
        (format!("source_host_uuid={one}"), vec![3, 2, 1, 0]),
        (format!("source_host_uuid={one}&status=new"), vec![3, 1]),
        ("source_host_uuid=%00".to_owned(), vec![]),
        ("generated-since=2026-11-21T03:00:04".to_owned(), vec![5, 4]),
        (
            "generated_since=2026-11-21T05:00:04%2B02:00".to_owned(),
            vec![5, 4],
        ),
        ("bogus=1&page_size=2".to_owned(), vec![5, 4, 3, 2, 1, 0]),
    ] {
        assert_eq!(numbers(&admin, &query).await, want, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_one_another_in_any_order() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    six(&app, &admin).await;
    for (order, want) in [
        ("", vec![5, 4, 3, 2, 1, 0]),
        ("sort_key=created_at&sort_dir=asc", vec![0, 1, 2, 3, 4, 5]),
        ("sort_key=status", vec![5, 3, 1, 4, 2, 0]),
        (
            "sort_key=status&sort_key=id&sort_dir=asc&sort_dir=desc",
            vec![4, 2, 0, 5, 3, 1],
        ),
        (
            "sort_key=updated_at&sort_key=generated_time&sort_dir=desc",
            vec![5, 4, 3, 2, 1, 0],
        ),
        ("sort_key=deleted&sort_key=%20message%20", vec![5, 4, 3, 2, 1, 0]),
        ("sort_key=payload&sort_dir=asc", vec![0, 1, 2, 3, 4, 5]),
    ] {
        assert_eq!(numbers(&admin, order).await, want, "{order}");
        let mut paged = Vec::new();
        let mut marker = String::new();
        loop {
            let page = get(&admin, &format!("/notifications?{order}&limit=2{marker}"))
                .await
                .json();
            let page = page["notifications"].as_array().unwrap().clone();
            let Some(last) = page.last() else { break };
            marker = format!("&marker={}", last["id"]);
            paged.extend(numbers_of(&page));
        }
        assert_eq!(paged, want, "{order}");
    }
    for limit in ["limit=%2B1", "limit=1", "limit=0001"] {
        assert_eq!(numbers(&admin, limit).await, [5]);
    }
    assert_eq!(numbers(&admin, "limit=0&marker=x").await, Vec::<u128>::new());
    assert_eq!(numbers(&admin, "limit=99999999999999999999").await.len(), 6);
}

fn numbers_of(page: &[Value]) -> Vec<u128> {
    let ids = page
        .iter()
        .map(|one| one["payload"]["instance_uuid"].as_str().unwrap());
    ids.map(|id| id.parse::<Uuid>().unwrap().as_u128()).collect()
}

#[tokio::test]
async fn a_page_without_sense_is_a_400() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for (query, fault) in [
        ("limit=-1", "Invalid input received: limit must be >= 0"),
        ("limit=1.5", "Invalid input received: limit must be an integer"),
        (
            "page_size=",
            "Invalid input received: page_size must be an integer",
        ),
        ("marker=9", "Marker 9 could not be found."),
        ("marker=", "Marker  could not be found."),
        (
            "sort_key=type,id",
            "InvalidSortKey('Sort key supplied is invalid: type,id')",
        ),
        (
            "sort_key=fingerprint",
            "InvalidSortKey('Sort key supplied is invalid: fingerprint')",
        ),
        (
            "sort_dir=ASC",
            "Invalid input received: Unknown sort direction, must be 'asc' or 'desc'",
        ),
        (
            "sort_dir=asc&sort_dir=asc",
            "Invalid input received: Sort direction size exceeds sort key size",
        ),
        (
            "generated-since=2026-11-21T03:00:04+02:00",
            "Invalid generated-since value",
        ),
        ("generated_since=0001-01-01", "Invalid generated-since value"),
        ("generated-since=", "Invalid generated-since value"),
    ] {
        let answer = get(&admin, &format!("/notifications?{query}")).await;
        assert_eq!(answer.fault(), format!("400 badRequest: {fault}"), "{query}");
    }
}

#[tokio::test]
async fn segments_and_hosts_are_filtered_and_paged_too() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "a").await;
    let mut body = json!({ "segment": { "name": "b", "recovery_method": "rh_priority", "service_type": "S",
        "enabled": false } });
    assert_eq!(send(&admin, Method::POST, "/segments", &body).await.status, 201);
    for (name, reserved) in [("h1", "True"), ("h2", "0")] {
        body =
            json!({ "host": { "name": name, "type": "T1", "control_attributes": "", "reserved": reserved } });
        let path = format!("/segments/{segment}/hosts");
        assert_eq!(send(&admin, Method::POST, &path, &body).await.status, 201);
    }
    let hosts = format!("/segments/{segment}/hosts");
    for (path, list, want) in [
        ("/segments?sort_key=name&sort_dir=asc", "segments", vec!["a", "b"]),
        ("/segments?recovery_method=auto", "segments", vec!["a"]),
        ("/segments?enabled=False", "segments", vec!["b"]),
        ("/segments?service_type=%00", "segments", vec![]),
        ("/segments?recovery_method=%C3%A9", "segments", vec![]),
        (
            "/segments?service_type=S&sort_key=description",
            "segments",
            vec!["b"],
        ),
        (&format!("{hosts}?reserved=yes"), "hosts", vec!["h1"]),
        (
            &format!("{hosts}?on_maintenance=false&sort_key=name"),
            "hosts",
            vec!["h2", "h1"],
        ),
        (&format!("{hosts}?type=T2"), "hosts", vec![]),
        (
            &format!("{hosts}?sort_key=type&sort_key=name&limit=1"),
            "hosts",
            vec!["h2"],
        ),
    ] {
        let answer = get(&admin, path).await;
        let names = answer.json()[list].as_array().map(|all| {
            let names = all.iter().map(|one| one["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        });
        assert_eq!(names.unwrap_or_default(), want, "{path}: {}", answer.text);
    }
    let bad = get(&admin, &format!("{hosts}?reserved=perhaps")).await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn a_list_shows_each_as_it_is_shown_alone() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let mut report = vm("compute1", 1);
    report["notification"]["payload"]["event"] = "a \"quoted\" \\ \u{1f} event".into();
    for number in 0..2 {
        report["notification"]["payload"]["instance_uuid"] = Uuid::from_u128(number).to_string().into();
        let made = reported(&admin, &report).await;
        if number == 1 {
            let message = |of: &mut tidings::failure::FailureNotification| {
                of.message = Some("two\n\"lines\"".to_owned());
                of.updated_at = Some(of.created_at);
            };
            change(&app, made["notification_uuid"].as_str().unwrap(), message).await;
        }
    }
    let listed = get(&admin, "/notifications").await.json();
    let listed = listed["notifications"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    for one in listed {
        let path = format!("/notifications/{}", one["notification_uuid"].as_str().unwrap());
        let mut shown = get(&admin, &path).await.json()["notification"].clone();
        assert_eq!(
            shown.as_object_mut().unwrap().remove("recovery_workflow_details"),
            Some(json!([]))
        );
        assert_eq!(*one, shown);
    }
}
