//! What recipients read.

use lettre::Address;
use lettre::message::Mailbox;
use serde_json::{Value, json};
use uuid::Uuid;

use super::compose::Draft;
use super::message_id::MessageId;
use super::question::Question;
use super::text::text;
use crate::catalog::Language;
use crate::delivery::notifiers::outcome::Notice;
use crate::event::{Envelope, Priority};
use crate::listener::{Listener, Notifier, Reach, Settings};

const NOW: i64 = 1_795_231_224_834_285;

fn listener(config: &Value, language: &str) -> Listener {
    let settings = json!({
        "name": "night\u{202e}shift", "notifier_type": "email", "notifier_config": config, "event_types": ["*"],
        "language": language,
    });
    Listener {
        id: Uuid::nil(),
        reach: Reach::Cloud,
        settings: Settings::check(settings.as_object().unwrap(), true).unwrap(),
        created_at: NOW,
        updated_at: NOW,
        failing_since: None,
        disabled_reason: None,
    }
}

fn event(event_type: &str, payload: &Value) -> Envelope {
    Envelope {
        message_id: "cd116962-dcb8-46c9-8bd3-9cc9cf55bf53".parse().unwrap(),
        publisher_id: "image.host1".to_owned(),
        event_type: event_type.to_owned(),
        priority: Priority::Info,
        timestamp: NOW,
        payload: payload.to_string(),
        request_id: Some("req-1".to_owned()),
        project_id: None,
        call_report: None,
    }
}

fn config(subject: &str) -> Value {
    json!({"subject": subject, "addresses": ["ops@example.org"]})
}

fn read(listener: &Listener, events: &[Envelope]) -> String {
    text(&Notice {
        listener,
        events,
        now: NOW,
    })
}

/// Returns an e-mail as it is sent.
fn sent(listener: &Listener, events: &[Envelope], to: &str) -> String {
    let Notifier::Email(email) = &listener.settings.notifier else {
        panic!("an e-mail")
    };
    let to: Address = to.parse().unwrap();
    let notice = Notice {
        listener,
        events,
        now: NOW,
    };
    let draft = Draft::of_notice(&notice, email).unwrap();
    let id = MessageId::new(events[0].message_id, &to, []);
    let message = draft.message(&from(), &to, id).unwrap();
    String::from_utf8(message.formatted()).unwrap()
}

fn from() -> Mailbox {
    "Cloud <no-reply@cloud.example.org>".parse().unwrap()
}

#[test]
fn a_text_says_what_happened_in_the_listeners_language() {
    let started = event(
        "repo.sync.start",
        &json!({"repo_id": "pulp-f17", "nothing": null}),
    );
    let english = read(&listener(&config("s"), "en"), std::slice::from_ref(&started));
    let description = crate::catalog::event_type("repo.sync.start").unwrap();
    assert_eq!(
        english,
        format!(
            "{}\n\nEvent type: repo.sync.start\nTime: 2026-11-21 03:20:24 UTC\nPriority: INFO\nRequest: req-1\n\
             Event ID: cd116962-dcb8-46c9-8bd3-9cc9cf55bf53\n\nDetails:\n  repo_id: pulp-f17\n\n-- \n\
             Sent by the event listener night\\u{{202e}}shift (00000000-0000-0000-0000-000000000000).\n",
            description.description(Language::default())
        )
    );
    let chinese = read(&listener(&config("s"), "zh_CN"), &[started]);
    assert!(
        chinese.contains("事件类型：repo.sync.start\n时间：2026-11-21 03:20:24 UTC\n"),
        "{chinese}"
    );
    assert!(
        chinese.starts_with(description.description(Language::negotiate("zh_CN"))),
        "{chinese}"
    );
}

#[test]
fn a_message_is_shown_as_its_project_reads_it() {
    let message = json!({
        "event_id": "VOLUME_VOLUME_SNAPSHOT_009_006", "resource_type": "VOLUME_SNAPSHOT", "parameters": {},
        "user_message": "create snapshot:The project's quota is used up.",
    });
    let events = [event("message.create", &message)];
    let english = read(&listener(&config("s"), "en"), &events);
    assert!(
        english.contains(
            "\nCreate snapshot: The project's quota is used up.\nWhat you can do: Delete what you no longer need"
        ),
        "{english}"
    );
    let chinese = read(&listener(&config("s"), "zh_CN"), &events);
    assert!(
        chinese.contains("\n创建快照：项目的配额已用完。\n您可以：请删除"),
        "{chinese}"
    );
}

#[test]
fn a_value_takes_one_line_and_can_fake_no_other() {
    let payload = json!({"a": "x\nTime: never\u{202e}", "b": {"c": [1, "d"]}, "long\r\n": "y".repeat(5000)});
    let text = read(&listener(&config("s"), "en"), &[event("image.upload", &payload)]);
    assert!(
        text.contains("\n  a: x\\u{a}Time: never\\u{202e}\n  b: {\"c\":[1,\"d\"]}\n  long\\u{d}\\u{a}: yyy"),
        "{text}"
    );
    assert!(text.contains("y... (5000 bytes)\n"), "{text}");
    let bare = read(
        &listener(&config("s"), "en"),
        &[event("no.such.type", &json!("some\ntext"))],
    );
    assert!(
        bare.starts_with("no.such.type\n") && bare.contains("Details:\n  some\\u{a}text\n"),
        "{bare}"
    );
}

#[test]
fn a_digest_lists_each_event_once() {
    let events = [
        event("image.upload", &json!({"id": "first"})),
        event("image.delete", &json!({"id": "second"})),
    ];
    let listener = listener(&config("s"), "en");
    let text = read(&listener, &events);
    assert!(text.starts_with("2 events\n\n[1/2]\n"), "{text}");
    for once in ["[2/2]\n", "id: first\n", "id: second\n"] {
        assert_eq!(text.matches(once).count(), 1, "{once}");
    }
    let mail = sent(&listener, &events, "ops@example.org");
    assert!(mail.contains("filename=\"events.json\""), "{mail}");
    assert!(
        mail.contains("[\r\n  {\r\n    \"event_type\": \"image.upload\""),
        "{mail}"
    );
}

#[test]
fn an_email_has_the_headers_that_receivers_rely_on() {
    let events = [event("image.upload", &json!({"id": "1"}))];
    let mail = sent(
        &listener(&config("Events of \"my\" cloud"), "en"),
        &events,
        "ops@example.org",
    );
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    for header in [
        "From: Cloud <no-reply@cloud.example.org>",
        "To: ops@example.org",
        "Subject: Events of \"my\" cloud",
        "Date: Sat, 21 Nov 2026 03:20:24 +0000",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ] {
        assert_eq!(
            head.lines().filter(|line| *line == header).count(),
            1,
            "{header}\n{head}"
        );
    }
    assert!(
        head.contains("\r\nMessage-ID: <cd116962-dcb8-46c9-8bd3-9cc9cf55bf53."),
        "{head}"
    );
    assert!(head.contains("@cloud.example.org>\r\n"), "{head}");
    assert!(
        body.contains("Content-Disposition: attachment; filename=\"event.json\"\r\n"),
        "{body}"
    );
    assert!(
        body.contains("{\r\n  \"event_type\": \"image.upload\",\r\n  \"payload\": {\r\n    \"id\": \"1\""),
        "{body}"
    );
}

#[test]
fn what_is_not_ascii_is_encoded_except_in_addresses() {
    let events = [event("image.upload", &json!({"name": "é"}))];
    let mail = sent(
        &listener(&config("仓库 \u{e9}v\u{e9}nements"), "zh_CN"),
        &events,
        "ops@example.org",
    );
    assert!(mail.is_ascii(), "{mail}");
    assert!(mail.contains("\r\nSubject: =?utf-8?b?"), "{mail}");
    // As RFC 6532 has it, for servers with SMTPUTF8.
    let mail = sent(&listener(&config("s"), "en"), &events, "jörg@example.org");
    assert!(mail.contains("\r\nTo: jörg@example.org\r\n"), "{mail}");
}

#[test]
fn the_json_alone_is_what_pulp_sends() {
    let config = json!({"subject": "s", "addresses": ["a@example.org"], "body": "json"});
    let mut synced = event("repo.sync.start", &json!({"repo_id": "pulp-f17"}));
    synced.call_report = Some(r#"{"state": "running"}"#.to_owned());
    let mail = sent(&listener(&config, "en"), &[synced], "a@example.org");
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("\r\nContent-Type: text/plain; charset=utf-8"),
        "{head}"
    );
    assert_eq!(
        body.trim_end(),
        "{\r\n  \"event_type\": \"repo.sync.start\",\r\n  \"payload\": {\r\n    \"repo_id\": \"pulp-f17\"\r\n  },\r\n  \
         \"call_report\": {\r\n    \"state\": \"running\"\r\n  }\r\n}"
    );
}

#[test]
fn an_id_depends_on_everything_that_makes_an_email_another() {
    let to = |text: &str| text.parse::<Address>().unwrap();
    let event = Uuid::from_u128(1);
    let ids = [
        MessageId::new(event, &to("a@example.org"), []),
        MessageId::new(event, &to("b@example.org"), []),
        MessageId::new(Uuid::from_u128(2), &to("a@example.org"), []),
        MessageId::new(event, &to("a@example.org"), [b"another".as_slice()]),
    ];
    let headers: std::collections::BTreeSet<_> = ids.iter().map(|id| id.header("h")).collect();
    assert_eq!(headers.len(), ids.len());
    // The same in later versions, too: a retry may follow an upgrade.
    assert_eq!(
        ids[0].header("h"),
        "<00000000-0000-0000-0000-000000000001.73133f1dd4fe4edd@h>"
    );
}

fn question(to: &Address, language: Language) -> Question {
    Question {
        address: to.clone(),
        project: "5f3a".to_owned(),
        link: "https://cloud.example.org/c/1".to_owned(),
        language,
    }
}

#[test]
fn a_question_has_the_link_and_nothing_of_an_event() {
    for (language, subject) in [
        ("en", "Subject: Do you want to receive events by e-mail?\r\n"),
        ("zh-CN", "Subject: =?utf-8?b?"),
    ] {
        let to: Address = "ops@example.org".parse().unwrap();
        let draft = Draft::of_question(&question(&to, Language::negotiate(language)), NOW);
        let message = draft
            .message(&from(), &to, MessageId::new(Uuid::nil(), &to, []))
            .unwrap();
        let mail = String::from_utf8(message.formatted()).unwrap();
        assert!(mail.contains(subject), "{mail}");
        assert!(
            format!("{draft:?}").contains("\\n\\nhttps://cloud.example.org/c/1\\n\\n"),
            "{draft:?}"
        );
        assert!(format!("{draft:?}").contains(" 5f3a"), "{draft:?}");
    }
}

#[test]
fn a_clock_beyond_the_calendar_does_no_harm() {
    for now in [i64::MIN, i64::MAX] {
        let to: Address = "ops@example.org".parse().unwrap();
        let draft = Draft::of_question(&question(&to, Language::default()), now);
        draft
            .message(&from(), &to, MessageId::new(Uuid::nil(), &to, []))
            .unwrap();
    }
}
