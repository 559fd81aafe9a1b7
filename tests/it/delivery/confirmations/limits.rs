//! How often anyone is asked.

use std::time::Duration;

use serde_json::json;
use tidings::store::confirmation::{Asked, Most, ask};

use super::{Cloud, DAY, get, mails, post, put};
use crate::support::NOW;
use crate::support::listeners::MOST;

#[tokio::test]
async fn a_project_asks_an_address_three_times_at_most() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    let member = cloud.app.member("p1");
    for round in 1..=5 {
        // As long as a link is valid, no change asks again.
        for change in ["one", "another"] {
            put(&member, &id, &json!({ "description": change })).await;
            cloud.ask().await;
        }
        assert_eq!(cloud.asked().len(), round.min(3));
        cloud.app.clock.advance(Duration::from_secs(3 * 86_400));
    }
    assert_eq!(cloud.states("p1", &id).await, ["expired"]);
}

#[tokio::test]
async fn a_mailbox_gets_three_requests_a_day_from_all_projects_in_every_spelling() {
    let cloud = Cloud::start().await;
    let addresses = [
        "a@example.org",
        "A@example.org",
        "a+1@example.org",
        "a+2@example.org",
    ];
    let mut ids = Vec::new();
    for (number, address) in addresses.into_iter().enumerate() {
        let project = format!("p{number}");
        ids.push((cloud.create(&project, &[address]).await, project));
        cloud.ask().await;
    }
    assert_eq!(cloud.asked().len(), 3);
    let (id, project) = &ids[3];
    assert_eq!(cloud.states(project, id).await, ["waiting"]);
    cloud.app.clock.set(NOW + DAY - 1);
    cloud.ask().await;
    assert_eq!(cloud.asked().len(), 3);
    // It is put off by an hour each time.
    cloud.app.clock.set(NOW + DAY + super::HOUR);
    cloud.ask().await;
    assert_eq!(cloud.asked()[3..], ["To: a+2@example.org"]);
    assert_eq!(cloud.states(project, id).await, ["asked"]);
}

#[tokio::test]
async fn a_refusal_holds_for_the_mailbox_however_its_address_is_written() {
    let cloud = Cloud::start().await;
    cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    cloud.press(&cloud.links()[0], "refuse").await;
    let addresses = ["A+x@example.org", "\"a\"@example.org"];
    let id = cloud.create("p1", &addresses).await;
    let foreign = cloud.create("p2", &["a+x@example.org"]).await;
    cloud.ask().await;
    assert_eq!(cloud.asked(), ["To: a@example.org", "To: a+x@example.org"]);
    assert_eq!(cloud.states("p1", &id).await, ["undeliverable", "undeliverable"]);
    assert_eq!(
        cloud.states("p2", &foreign).await,
        ["asked"],
        "it is of one project"
    );
}

#[tokio::test]
async fn a_project_has_so_many_unconfirmed_addresses() {
    let cloud = Cloud::with(&[("OS_LISTENERS__UNCONFIRMED", "3")]).await;
    let member = cloud.app.member("p1");
    let id = cloud.create("p1", &["a@example.org", "b@example.org"]).await;
    let more = mails(&["a@example.org", "c@example.org", "d@example.org"]);
    let refused = "413 overLimit: the project would have more than 3 addresses whose owners have not confirmed; those that \
                   do not are forgotten after 30 days";
    assert_eq!(post(&member, "", &more).await.fault(), refused);
    let changes = json!({ "notifier_config": { "addresses": ["c@example.org", "d@example.org"] } });
    let answer = super::call(&member, reqwest::Method::PUT, &format!("/{id}"), &changes).await;
    assert_eq!(answer.fault(), refused);
    assert_eq!(cloud.states("p1", &id).await, ["waiting", "waiting"]);
    let listed = get(&member, "").await.json();
    assert_eq!(listed["listeners"].as_array().unwrap().len(), 1);
    // Those of other projects, and those who confirm, do not count.
    cloud.create("p2", &["x@example.org", "y@example.org"]).await;
    cloud.ask().await;
    cloud.press(&cloud.links()[0], "confirm").await;
    assert_eq!(post(&member, "", &more).await.status, 201);
}

#[tokio::test]
async fn of_too_many_confirmed_addresses_those_that_no_listener_names_are_forgotten() {
    let cloud = Cloud::start().await;
    let gone = cloud.create("p1", &["gone@example.org"]).await;
    let kept = cloud.create("p1", &["kept@example.org"]).await;
    cloud.ask().await;
    for link in cloud.links() {
        cloud.press(&link, "confirm").await;
    }
    let member = cloud.app.member("p1");
    super::call(&member, reqwest::Method::DELETE, &format!("/{gone}"), &json!({})).await;
    let asked = async |address: &str, confirmed: u64| {
        let (most, address) = (Most { confirmed, ..MOST }, [address.to_owned()]);
        let asked = cloud
            .app
            .store
            .write(move |tx| ask(tx, "p1", &address, most, NOW));
        asked.await.unwrap()
    };
    assert_eq!(asked("a@example.org", 2).await, Asked::Yes);
    assert_eq!(cloud.app.database.count("confirmations"), 2);
    assert_eq!(cloud.states("p1", &kept).await, ["confirmed"]);
    assert_eq!(asked("b@example.org", 1).await, Asked::TooManyConfirmed);
    assert_eq!(asked("kept@example.org", 1).await, Asked::Yes, "it is known");
    assert_eq!(cloud.app.database.count("confirmations"), 2);
}

#[tokio::test]
async fn what_is_not_confirmed_is_forgotten_and_what_is_confirmed_stays() {
    let cloud = Cloud::start().await;
    let id = cloud
        .create(
            "p1",
            &[
                "confirmed@example.org",
                "silent@example.org",
                "refuses@example.org",
            ],
        )
        .await;
    cloud.ask().await;
    let links = cloud.links();
    cloud.press(&links[0], "confirm").await;
    cloud.press(&links[2], "refuse").await;
    for (days, left) in [(30, 3), (31, 2), (365, 2), (366, 1)] {
        let before = NOW + days * DAY;
        let deleted = cloud
            .app
            .store
            .write(move |tx| tidings::store::Timed::CONFIRMATIONS.delete(tx, before, 100));
        deleted.await.unwrap();
        assert_eq!(cloud.app.database.count("confirmations"), left, "{days}");
    }
    assert_eq!(cloud.states("p1", &id).await, ["confirmed", "unasked", "unasked"]);
}
