//! Which links confirm what.

use std::time::Duration;

use serde_json::json;
use tidings::listener::ConfirmationToken;

use super::{Cloud, DAY, press, put};
use crate::support::Browser;

#[tokio::test]
async fn an_expired_link_confirms_nothing_and_the_next_one_replaces_it() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    let first = cloud.links().remove(0);
    cloud.app.clock.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(cloud.browser().get(&first).await.status, 410);
    let page = cloud.press(&first, "confirm").await;
    assert_eq!(page.status, 410, "{}", page.text);
    assert!(page.text.contains("This link has expired"), "{}", page.text);
    assert_eq!(cloud.states("p1", &id).await, ["expired"]);

    let member = cloud.app.member("p1");
    put(&member, &id, &json!({ "description": "once more" })).await;
    cloud.ask().await;
    let second = cloud.links().remove(1);
    assert_ne!(first, second);
    assert_eq!(cloud.press(&first, "confirm").await.status, 404);
    assert_eq!(cloud.states("p1", &id).await, ["asked"]);
    assert_eq!(cloud.press(&second, "confirm").await.status, 200);
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
}

#[tokio::test]
async fn an_expired_link_can_still_refuse() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    cloud.app.clock.advance(Duration::from_secs(10 * 86_400));
    let link = cloud.links().remove(0);
    let page = cloud.press(&link, "refuse").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("You receive no events"), "{}", page.text);
    assert!(!page.text.contains("<button"), "{}", page.text);
    assert_eq!(cloud.states("p1", &id).await, ["refused"]);
}

#[tokio::test]
async fn a_second_press_changes_nothing_and_a_mind_may_be_changed() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    let link = cloud.links().remove(0);
    for (decision, state) in [
        ("confirm", "confirmed"),
        ("confirm", "confirmed"),
        ("refuse", "refused"),
        ("refuse", "refused"),
        ("confirm", "confirmed"),
    ] {
        let page = cloud.press(&link, decision).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert_eq!(cloud.states("p1", &id).await, [state]);
    }
}

#[tokio::test]
async fn a_confirmation_is_of_one_address_and_one_project() {
    let cloud = Cloud::start().await;
    let first = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    cloud.press(&cloud.links()[0], "confirm").await;
    // Of all listeners of the project.
    let second = cloud.create("p1", &["a@example.org", "c@example.org"]).await;
    assert_eq!(cloud.states("p1", &second).await, ["confirmed", "waiting"]);
    let foreign = cloud.create("p2", &["a@example.org"]).await;
    assert_eq!(cloud.states("p2", &foreign).await, ["waiting"]);
    cloud.ask().await;
    assert_eq!(
        cloud.asked(),
        ["To: a@example.org", "To: c@example.org", "To: a@example.org"]
    );
    cloud.press(&cloud.links()[0], "refuse").await;
    assert_eq!(cloud.states("p2", &foreign).await, ["asked"]);
    cloud.press(&cloud.links()[2], "confirm").await;
    assert_eq!(cloud.states("p2", &foreign).await, ["confirmed"]);
    assert_eq!(cloud.states("p1", &first).await, ["refused"]);
}

#[tokio::test]
async fn a_changed_address_is_asked() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    cloud.press(&cloud.links()[0], "confirm").await;
    let changes = json!({ "notifier_config": { "addresses": ["A@example.org", "a@example.org"] } });
    put(&cloud.app.member("p1"), &id, &changes).await;
    assert_eq!(cloud.states("p1", &id).await, ["waiting", "confirmed"]);
    cloud.ask().await;
    assert_eq!(cloud.asked()[1..], ["To: A@example.org"]);
}

#[tokio::test]
async fn a_guessed_token_finds_nothing() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    let link = cloud.links().remove(0);
    let (start, token) = link.split_once("token=").unwrap();
    let random = ConfirmationToken::random().unwrap().text();
    let digest = ConfirmationToken::parse(token).unwrap().digest();
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.concat();
    let long = "0".repeat(7000);
    for guessed in [
        "",
        "x",
        "%00",
        &token[1..],
        &token.to_uppercase(),
        &random,
        &digits,
        &long,
    ] {
        let guess = format!("{start}token={guessed}");
        let shown = cloud.browser().get(&guess).await;
        assert_eq!(shown.status, 404, "{guessed}: {}", shown.text);
        assert!(shown.text.contains("This link is not valid"), "{}", shown.text);
        assert_eq!(cloud.press(&guess, "confirm").await.status, 404);
        assert_eq!(cloud.press(&guess, "refuse").await.status, 404);
    }
    assert_eq!(cloud.states("p1", &id).await, ["asked"]);
    // The database has only the digest.
    let database = &cloud.app.database;
    let count = |digits: &str| {
        let token = database.bytes(digits);
        database.number(&format!(
            "SELECT count(*) FROM confirmations WHERE token = {token}"
        ))
    };
    assert_eq!((count(token), count(&digits)), (0, 1));
}

/// Anyone may guess, as often as they like.
#[tokio::test]
async fn a_guess_takes_no_turn_of_the_writer() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    let link = cloud.links().remove(0);
    let (start, _) = link.split_once("token=").unwrap();
    let commits = async || cloud.app.figures().await["tidings_writer_commit_duration_seconds_count"];
    let before = commits().await;
    for decision in ["confirm", "refuse"] {
        let guessed = ConfirmationToken::random().unwrap().text();
        let answer = cloud.press(&format!("{start}token={guessed}"), decision).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(commits().await, before);
    cloud.press(&link, "confirm").await;
    assert!(commits().await > before);
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
}

#[tokio::test]
async fn every_server_knows_every_link() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    let other = cloud.beside();
    let page = press(&mut Browser::new(&other.base), &cloud.links()[0], "confirm").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_no_harm() {
    let cloud = Cloud::start().await;
    let begun = crate::support::NOW;
    cloud.app.clock.set(begun + 1000 * DAY);
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.app.clock.set(begun);
    cloud.ask().await;
    assert_eq!(cloud.asked().len(), 1);
    cloud.press(&cloud.links()[0], "confirm").await;
    assert_eq!(cloud.states("p1", &id).await, ["confirmed"]);
}
