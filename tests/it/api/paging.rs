//! Pages: limit, offset, marker, any order.

use tidings::message::Message;

use crate::support::{Actor, TestApp, message};

/// Thirty messages with equal times, missing values and repeated values.
fn tangled() -> Vec<Message> {
    (0..30)
        .map(|number| Message {
            resource_type: (number % 3 > 0).then(|| ["VOLUME", "VOLUME_BACKUP"][number % 2].to_owned()),
            resource_uuid: (number % 4 > 0).then(|| format!("{}", number % 5)),
            action_id: (number % 2 > 0).then(|| "009".to_owned()),
            message_level: ["ERROR", "INFO"][number % 2].to_owned(),
            expires_at: (number % 5 > 0).then_some(1_000_000 * i64::try_from(number).unwrap()),
            ..message("p1", i64::try_from(number / 7).unwrap())
        })
        .collect()
}

async fn walk(actor: &Actor, first: String) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = Some(first);
    while let Some(path) = next {
        let answer = actor.get(&path).await;
        ids.extend(answer.ids());
        next = answer.next();
        assert!(ids.len() <= 100, "the pages never end");
    }
    ids
}

#[tokio::test]
async fn following_the_links_gives_every_message_once_in_every_order() {
    let app = TestApp::start();
    app.import(&tangled()).await;
    let admin = app.admin("p1");
    let columns = [
        "id",
        "created_at",
        "updated_at",
        "deleted_at",
        "deleted",
        "expires_at",
        "project_id",
        "request_id",
        "resource_type",
        "resource_uuid",
        "event_id",
        "message_level",
        "detail_id",
        "action_id",
    ];
    for column in columns {
        for direction in ["asc", "desc"] {
            let order = format!("{column}:{direction},resource_uuid:asc");
            let whole = admin.list(&format!("sort={order}")).await.ids();
            assert_eq!(whole.len(), 30, "{order}");
            let walked = walk(&admin, format!("/v3/p1/messages?sort={order}&limit=7")).await;
            assert_eq!(walked, whole, "{order}");
        }
    }
}

#[tokio::test]
async fn missing_values_come_first_ascending() {
    let app = TestApp::start();
    app.import(&tangled()).await;
    let answer = app.member("p1").list("sort=resource_type:asc").await;
    let types: Vec<bool> = answer.json()["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message.get("resource_type").is_some())
        .collect();
    assert!(types.is_sorted() && types.contains(&false), "{types:?}");
}

#[tokio::test]
async fn a_page_that_is_exactly_full_has_a_next_link() {
    let app = TestApp::start();
    app.import(&tangled()).await;
    let alice = app.member("p1");
    assert!(alice.list("limit=30").await.next().is_some());
    assert!(alice.list("limit=31").await.next().is_none());
    assert!(alice.list("").await.next().is_none());
    assert!(alice.list("limit=0").await.next().is_none());
}

#[tokio::test]
async fn the_next_link_keeps_every_parameter_but_the_marker() {
    let app = TestApp::start();
    app.import(&tangled()).await;
    let first = app
        .member("p1")
        .list("sort=created_at:asc&limit=2&message_level=error")
        .await;
    let last = first.ids()[1].clone();
    assert_eq!(
        first.next().unwrap(),
        format!("/v3/p1/messages?sort=created_at%3Aasc&limit=2&message_level=error&marker={last}")
    );
    let second = app.member("p1").get(&first.next().unwrap()).await;
    assert!(
        second
            .next()
            .unwrap()
            .ends_with(&format!("&marker={}", second.ids()[1]))
    );
}

#[tokio::test]
async fn numbers_are_read_as_block_storage_reads_them() {
    let app = TestApp::start();
    app.import(&tangled()).await;
    let alice = app.member("p1");
    for (query, want) in [
        ("limit=%201", 1),
        ("limit=%2B2", 2),
        ("limit=1_0", 10),
        ("offset=28", 2),
        ("limit=99999999999999999999", 30),
    ] {
        assert_eq!(alice.list(query).await.ids().len(), want, "{query}");
    }
    for (query, want) in [
        ("limit=x", "limit param must be an integer"),
        ("limit=", "limit param must be an integer"),
        ("limit=1__0", "limit param must be an integer"),
        ("limit=%D9%A3", "limit param must be an integer"),
        ("limit=-1", "limit param must be positive"),
        ("offset=-1", "offset must be >= 0"),
        ("offset=x", "offset must be an integer"),
        ("offset=2147483648", "offset must be <= 2147483647"),
    ] {
        assert_eq!(
            alice.list(query).await.fault(),
            format!("400 badRequest: {want}"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_page_is_a_thousand_messages_at_most() {
    let app = TestApp::start();
    let many: Vec<Message> = (0..1001).map(|number| message("p1", number)).collect();
    app.import(&many).await;
    let alice = app.member("p1");
    let first = alice.list("limit=5000").await;
    assert_eq!(first.ids().len(), 1000);
    assert_eq!(alice.get(&first.next().unwrap()).await.ids().len(), 1);
}
