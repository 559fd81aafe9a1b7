//! Notifications of a real Glance, none of whose operators' texts may reach a tenant.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;
use tidings::bus::Notification;
use tidings::catalog::{Arguments, Code, Language, services};
use tidings::ingest::ProcessedNotification;
use tidings::ingest::replay::{self, ReplayResult};
use tidings::message::Message;

use super::{GLANCE, brief, dry, planner, take};

fn notifications() -> Vec<Notification> {
    GLANCE.lines().map(|line| replay::line(line).unwrap()).collect()
}

fn messages(taken: &ReplayResult) -> Vec<&Message> {
    taken
        .processed
        .iter()
        .flat_map(|processed| &processed.messages)
        .collect()
}

/// Returns everything in a message that a tenant can see, in every language.
fn visible(message: &Message) -> String {
    let code = Code::parse(&message.event_id).unwrap();
    let given: Value = message
        .parameters
        .as_deref()
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    let given = given.as_object().cloned().unwrap_or_default();
    let arguments = Arguments::check(
        code.parameters(),
        given.iter().map(|(name, value)| (name.as_str(), value)),
    )
    .unwrap();
    let mut text = format!("{message:?}");
    for language in Language::ALL {
        code.write_text(&mut text, language, &arguments).unwrap();
        code.write_remedy(&mut text, language, &arguments).unwrap();
    }
    text
}

fn words(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts
        .filter(|word| word.len() > 1)
        .map(str::to_lowercase)
        .collect()
}

#[tokio::test]
async fn the_failures_of_a_real_glance_make_the_messages_one_expects() {
    let notifications = notifications();
    let taken = take(&mut dry(&[]), &notifications).await;
    let lines = taken
        .processed
        .iter()
        .map(|processed| format!("{} {}", processed.index + 1, brief(&processed.messages[0])));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    23 proj1 IMAGE_000008 WARNING 041733dc-c78a-41bf-bffb-b5af2a403257 {"sent":1000}
    27 proj1 IMAGE_000014 ERROR ee3a6b7a-8201-4c85-ae8c-83d0c23368e8
    33 proj1 IMAGE_000016 ERROR 70830092-7a29-47d7-9236-ab1ede110af6
    57 proj1 IMAGE_000002 ERROR 074671d5-82da-4c63-ac7f-2629c14218ad
    63 proj1 IMAGE_000017 ERROR 65ec1622-8fab-4a97-95a0-3a29e6496736
    98 proj1 IMAGE_000011 ERROR 66501b85-6a18-4b6f-90dc-04932db8c891 {"task":"import","task_id":"66501b85-6a18-4b6f-90dc-04932db8c891"}
    103 proj0 IMAGE_000011 ERROR bff88011-d46c-4de7-be88-9d823f44c2c0 {"task":"import","task_id":"bff88011-d46c-4de7-be88-9d823f44c2c0"}
    108 proj0 IMAGE_000011 ERROR 62d3cab4-b924-4b5f-b70b-a4576f640dc1 {"task":"import","task_id":"62d3cab4-b924-4b5f-b70b-a4576f640dc1"}
    112 proj0 IMAGE_000011 ERROR 0cd0042b-50c1-4e98-a24b-14553ade4eed {"task":"import","task_id":"0cd0042b-50c1-4e98-a24b-14553ade4eed"}
    "#);
    assert_eq!((notifications.len(), taken.refused.len()), (144, 0));
}

#[tokio::test]
async fn a_second_copy_of_each_changes_nothing() {
    let mut replay = dry(&[]);
    take(&mut replay, &notifications()).await;
    take(&mut replay, &notifications()).await;
    assert_eq!(
        (
            replay.tally().received,
            replay.tally().recorded,
            replay.tally().repeated
        ),
        (288, 9, 9)
    );
}

/// The consumer decodes no more of a notification than the rules read.
#[tokio::test]
async fn what_is_read_of_a_notification_is_enough_for_the_rules() {
    let planner = planner(&[]);
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let body = line["notification"].to_string();
        planner
            .read(Some("application/json"), None, body.as_bytes())
            .unwrap()
    };
    let some: Vec<Notification> = GLANCE.lines().map(read).collect();
    let is_skipped = |notification: &&Notification| notification.payload.is_null();
    assert!(
        some.iter().filter(is_skipped).count() > 30,
        "tags and the like concern no user"
    );
    let (processed, all) = (
        take(&mut dry(&[]), &some).await.processed,
        take(&mut dry(&[]), &notifications()).await.processed,
    );
    let brief = |processed: Vec<ProcessedNotification>| {
        processed
            .iter()
            .map(|processed| brief(&processed.messages[0]))
            .collect::<Vec<_>>()
    };
    assert_eq!(brief(processed), brief(all));
}

#[tokio::test]
async fn no_word_of_what_operators_are_told_is_in_a_message() {
    let notifications = notifications();
    let taken = take(&mut dry(&[]), &notifications).await;
    // The catalog's own words are meant for tenants, even if others use them too.
    let mut ours = BTreeSet::new();
    for service in services() {
        for message in service.messages {
            ours.append(&mut words(message.notice.text.template(Language::English)));
            ours.append(&mut words(
                message
                    .notice
                    .remedy
                    .as_ref()
                    .map_or("", |text| text.template(Language::English)),
            ));
        }
    }
    let ids: Vec<&str> = messages(&taken)
        .iter()
        .filter_map(|message| message.resource_uuid.as_deref())
        .collect();
    let mut theirs = BTreeSet::new();
    for text in notifications
        .iter()
        .filter_map(|notification| notification.payload.as_str())
    {
        let without_ids = ids.iter().fold(text.to_owned(), |text, id| text.replace(id, " "));
        theirs.append(&mut words(&without_ids));
    }
    let secret: Vec<&String> = theirs.difference(&ours).collect();
    assert!(
        ["errno", "glance", "wsgi", "qcow2"]
            .iter()
            .all(|word| theirs.contains(*word)),
        "{theirs:?}"
    );
    for message in messages(&taken) {
        let processed = words(&visible(message));
        assert!(
            secret.iter().all(|word| !processed.contains(*word)),
            "{message:?} tells one of {secret:?}"
        );
    }
}

/// Inserts something into each text of a payload in turn, and looks for it.
#[tokio::test]
async fn nothing_that_is_put_into_a_payload_comes_out() {
    const SECRET: &str = " hunter2 on db-7.internal:/srv/secret ";
    let notifications = notifications();
    let mut tried = 0;
    for index in 0..notifications.len() {
        if !matches!(
            notifications[index].event_type.as_deref(),
            Some("image.upload" | "image.send" | "task.failure")
        ) {
            continue;
        }
        for leaf in 0.. {
            let mut changed = notifications.clone();
            let mut countdown = leaf;
            if !poison(&mut changed[index].payload, &mut countdown, SECRET) {
                break;
            }
            tried += 1;
            let taken = take(&mut dry(&[]), &changed).await;
            for message in messages(&taken) {
                let text = visible(message);
                assert!(!text.contains("hunter2") && !text.contains(".internal"), "{text}");
            }
        }
    }
    assert!(tried > 40, "{tried} texts");
}

/// Surrounds the text with this index, counted down, by the secret; returns whether there is one.
fn poison(value: &mut Value, countdown: &mut usize, secret: &str) -> bool {
    match value {
        Value::String(text) if *countdown == 0 => {
            *text = format!("{secret}{text}{secret}");
            true
        }
        Value::String(_) => {
            *countdown -= 1;
            false
        }
        Value::Array(items) => items.iter_mut().any(|item| poison(item, countdown, secret)),
        Value::Object(members) => members
            .values_mut()
            .any(|member| poison(member, countdown, secret)),
        _ => false,
    }
}
