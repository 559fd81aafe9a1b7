//! What becomes of e-mails that a mail server does not simply take. tests/steps/*-email has a real server.

mod delivered;
pub mod mail_host;
mod real_server;

use std::time::Duration;

use serde_json::{Value, json};
use tidings::catalog::Language;
use tidings::config::{Email, Encryption, Secret};
use tidings::delivery::{EmailNotifier, Notice, Outcome, Question, Verdict};
use tidings::event::{Envelope, Priority};
use tidings::listener::{Listener, Notifier, Reach, Settings};
use uuid::Uuid;

use crate::support::NOW;
use mail_host::{MailHost, SILENCE};

const FAILED: Verdict = Verdict::Failed(None);

fn settings(port: u16) -> Email {
    Email {
        enabled: true,
        host: "127.0.0.1".to_owned(),
        port,
        from: Some("no-reply@cloud.example.org".parse().unwrap()),
        timeout: Duration::from_secs(20),
        ..Email::default()
    }
}

fn notifier(settings: &Email) -> EmailNotifier {
    EmailNotifier::new(settings).unwrap().unwrap()
}

/// Makes one attempt to mail events to a listener with these settings.
async fn notify(notifier: &EmailNotifier, config: &Value, language: &str, events: &[Envelope]) -> Outcome {
    let settings = json!({
        "notifier_type": "email", "notifier_config": config, "event_types": ["*"], "language": language,
    });
    let listener = Listener {
        id: Uuid::nil(),
        reach: Reach::Cloud,
        settings: Settings::check(settings.as_object().unwrap(), true).unwrap(),
        created_at: NOW,
        updated_at: NOW,
        failing_since: None,
        disabled_reason: None,
    };
    let Notifier::Email(email) = &listener.settings.notifier else {
        unreachable!()
    };
    let notice = Notice {
        listener: &listener,
        events,
        now: NOW,
    };
    notifier.notify(email, &notice).await
}

fn event(number: u128, event_type: &str, payload: &Value) -> Envelope {
    Envelope {
        message_id: Uuid::from_u128(number),
        publisher_id: "image.host1".to_owned(),
        event_type: event_type.to_owned(),
        priority: Priority::Info,
        timestamp: NOW,
        payload: payload.to_string(),
        request_id: None,
        project_id: None,
        call_report: None,
    }
}

/// Makes one attempt to mail an event to these addresses.
async fn attempt(notifier: &EmailNotifier, addresses: &[&str]) -> Outcome {
    let config = json!({"subject": "Events", "addresses": addresses});
    notify(notifier, &config, "en", &[event(1, "image.upload", &json!({}))]).await
}

#[actix_web::test]
async fn every_recipient_gets_an_email_of_its_own_over_one_connection() {
    let host = MailHost::start(&[]).await;
    let notifier = notifier(&settings(host.port));
    for _ in 0..2 {
        let outcome = attempt(&notifier, &["a@example.org", "b@example.org"]).await;
        assert_eq!((outcome.verdict, outcome.status), (Verdict::Delivered, Some(250)));
        assert_eq!(outcome.answer, "a@example.org: ok\nb@example.org: ok");
    }
    assert_eq!(
        host.heard("RCPT")[..2],
        ["RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>"]
    );
    assert_eq!(host.heard("To: ").len(), 4);
    assert_eq!(host.heard("hello").len(), 1);
    let ids = host.heard("Message-ID: ");
    assert!(ids[0] != ids[1] && ids[..2] == ids[2..], "{ids:?}");
}

#[actix_web::test]
async fn a_recipient_who_refuses_does_not_keep_it_from_the_others() {
    let host = MailHost::start(&[("RCPT TO:<never@", "550 5.1.1 no such user")]).await;
    let notifier = notifier(&settings(host.port));
    let outcome = attempt(&notifier, &["never@example.org", "b@example.org"]).await;
    assert_eq!((outcome.verdict, outcome.status), (Verdict::Delivered, Some(250)));
    assert!(
        outcome
            .answer
            .contains("never@example.org: permanent error (550): 5.1.1 no such user\n"),
        "{outcome:?}"
    );
    let outcome = attempt(&notifier, &["never@example.org"]).await;
    assert_eq!((outcome.verdict, outcome.status), (Verdict::Refused, Some(550)));
    assert_eq!(host.heard("hello").len(), 1);
}

#[actix_web::test]
async fn an_attempt_is_repeated_only_for_those_who_did_not_get_it() {
    let host = MailHost::start(&[("RCPT TO:<later@", "451 4.7.1 greylisted")]).await;
    let notifier = notifier(&settings(host.port));
    let addresses = ["a@example.org", "later@example.org", "c@example.org"];
    for _ in 0..2 {
        let outcome = attempt(&notifier, &addresses).await;
        assert_eq!((outcome.verdict, outcome.status), (FAILED, Some(451)));
        assert!(
            outcome
                .answer
                .contains("later@example.org: transient error (451): 4.7.1 greylisted"),
            "{outcome:?}"
        );
    }
    assert_eq!(host.heard("To: "), ["To: a@example.org", "To: c@example.org"]);
    host.say(&[]);
    assert_eq!(attempt(&notifier, &addresses).await.verdict, Verdict::Delivered);
    assert_eq!(host.heard("To: ").len(), 3);
    // When it is redelivered on purpose, everyone gets it again.
    assert_eq!(attempt(&notifier, &addresses).await.verdict, Verdict::Delivered);
    assert_eq!(host.heard("To: ").len(), 6);
}

#[actix_web::test]
async fn a_repeated_digest_tells_each_recipient_of_what_is_new() {
    let host = MailHost::start(&[("RCPT TO:<later@", "451 4.7.1 greylisted")]).await;
    let notifier = notifier(&settings(host.port));
    let config =
        json!({"subject": "Events", "addresses": ["a@example.org", "later@example.org"], "body": "json"});
    let event = |number: u8| event(number.into(), "image.upload", &json!({"number": number}));
    let outcome = notify(&notifier, &config, "en", &[event(1), event(2)]).await;
    assert_eq!(outcome.verdict, FAILED);
    host.say(&[]);
    let outcome = notify(&notifier, &config, "en", &[event(1), event(2), event(3)]).await;
    assert_eq!(outcome.verdict, Verdict::Delivered);
    assert_eq!(
        host.heard("To: "),
        ["To: a@example.org", "To: a@example.org", "To: later@example.org"]
    );
    // The first e-mail had the first two; the second only the third, alone; the last all of them.
    assert_eq!(host.heard("      \"number\": ").len(), 2 + 3);
    assert_eq!(host.heard("    \"number\": 3"), ["    \"number\": 3"]);
}

#[actix_web::test]
async fn what_is_wrong_with_the_server_or_the_sender_is_tried_again_whatever_its_code() {
    for (line, reply) in [
        ("hello", "554 no SMTP here"),
        ("EHLO", "550 no"),
        ("MAIL", "550 5.7.1 sender refused"),
        ("RCPT", "421 shutting down"),
        ("DATA", "451 4.3.0 no space"),
        (".", "452 4.3.1 no space"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("RCPT", "what?"),
    ] {
        let host = MailHost::start(&[(line, reply)]).await;
        let login = Email {
            username: Some("tidings".to_owned()),
            password: Some(Secret::new("hunter2")),
            ..settings(host.port)
        };
        let outcome = attempt(&notifier(&login), &["a@example.org"]).await;
        assert_eq!(outcome.verdict, FAILED, "{line} {reply}");
        let reason = reply.split_once(' ').map_or("response error", |(_, text)| text);
        assert!(outcome.answer.contains(reason), "{line} {reply}: {outcome:?}");
        assert!(!outcome.answer.contains("hunter2"), "{outcome:?}");
    }
}

#[actix_web::test]
async fn a_refused_content_is_never_tried_again() {
    let host = MailHost::start(&[(".", "554 5.7.1 spam")]).await;
    let outcome = attempt(&notifier(&settings(host.port)), &["a@example.org"]).await;
    assert_eq!((outcome.verdict, outcome.status), (Verdict::Refused, Some(554)));
}

#[actix_web::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port();
    drop(unused);
    let outcome = attempt(&notifier(&settings(port)), &["a@example.org", "b@example.org"]).await;
    assert_eq!((outcome.verdict, outcome.status), (FAILED, None));
    let start = format!("a@example.org: the mail server 127.0.0.1:{port} cannot be used: ");
    assert!(
        outcome.answer.starts_with(&start) && !outcome.answer.contains("b@"),
        "{outcome:?}"
    );
}

#[actix_web::test]
async fn a_server_that_says_nothing_or_never_stops_is_given_up() {
    for line in ["hello", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let host = MailHost::start(&[(line, SILENCE)]).await;
        let hasty = Email {
            timeout: Duration::from_millis(50),
            ..settings(host.port)
        };
        let outcome = attempt(&notifier(&hasty), &["a@example.org"]).await;
        assert_eq!(outcome.verdict, FAILED, "{line}");
        assert_eq!(
            outcome.answer,
            "a@example.org: the mail server took longer than 0.05 s"
        );
    }
    let endless: &'static str = "x".repeat(100_000).leak();
    let host = MailHost::start(&[("EHLO", endless)]).await;
    let outcome = attempt(&notifier(&settings(host.port)), &["a@example.org"]).await;
    assert!(
        outcome.answer.ends_with("the mail server's answer does not end"),
        "{outcome:?}"
    );
}

#[actix_web::test]
async fn nothing_is_sent_in_plain_text_where_encryption_is_required() {
    let extended = "250-test\r\n250 STARTTLS";
    for (replies, encryption, reason) in [
        (vec![], Encryption::Starttls, "it does not offer STARTTLS"),
        (
            vec![("EHLO", extended), ("STARTTLS", "454 not now")],
            Encryption::Starttls,
            "not now",
        ),
        // As an attacker would go on, who cannot encrypt.
        (
            vec![("EHLO", extended), ("STARTTLS", "220 go\r\n250 ok")],
            Encryption::Starttls,
            "cannot be used",
        ),
        (vec![], Encryption::Tls, "cannot be used"),
    ] {
        let host = MailHost::start(&replies).await;
        let safe = Email {
            tls: Some(encryption),
            timeout: Duration::from_secs(5),
            username: Some("tidings".to_owned()),
            password: Some(Secret::new("hunter2")),
            ..settings(host.port)
        };
        let outcome = attempt(&notifier(&safe), &["a@example.org"]).await;
        assert_eq!(outcome.verdict, FAILED, "{outcome:?}");
        assert!(outcome.answer.contains(reason), "{reason}: {outcome:?}");
        assert!(host.heard("AUTH").is_empty() && host.heard("MAIL").is_empty());
    }
}

#[actix_web::test]
async fn an_address_that_is_not_ascii_needs_a_server_that_takes_it() {
    let host = MailHost::start(&[]).await;
    let outcome = attempt(
        &notifier(&settings(host.port)),
        &["jörg@bücher.example", "a@bücher.example"],
    )
    .await;
    assert_eq!(outcome.verdict, Verdict::Delivered);
    assert!(
        outcome
            .answer
            .contains("jörg@xn--bcher-kva.example: the mail server does not take"),
        "{outcome:?}"
    );
    host.say(&[("EHLO", "250-test\r\n250-8BITMIME\r\n250 SMTPUTF8")]);
    let outcome = attempt(&notifier(&settings(host.port)), &["jörg@bücher.example"]).await;
    assert_eq!(outcome.verdict, Verdict::Delivered, "{outcome:?}");
    let sender = "MAIL FROM:<no-reply@cloud.example.org> SMTPUTF8 BODY=8BITMIME";
    assert_eq!(host.heard("MAIL")[1..], [sender]);
    assert_eq!(host.heard("To: j"), ["To: jörg@xn--bcher-kva.example"]);
}

#[actix_web::test]
async fn a_kept_connection_that_died_is_replaced() {
    let host = MailHost::start(&[]).await;
    let notifier = notifier(&settings(host.port));
    assert_eq!(
        attempt(&notifier, &["a@example.org"]).await.verdict,
        Verdict::Delivered
    );
    host.say(&[("NOOP", "421 idle for too long")]);
    assert_eq!(
        attempt(&notifier, &["a@example.org"]).await.verdict,
        Verdict::Delivered
    );
    assert_eq!(host.heard("hello").len(), 2);
}

#[actix_web::test]
async fn a_question_is_one_email_with_the_link() {
    let host = MailHost::start(&[]).await;
    let notifier = notifier(&settings(host.port));
    let link = "https://cloud.example.org/confirm/1";
    let question = Question {
        address: "a@example.org".parse().unwrap(),
        project: "p1".to_owned(),
        link: link.to_owned(),
        language: Language::default(),
    };
    let outcome = notifier.ask(&question, NOW).await;
    assert_eq!(outcome.verdict, Verdict::Delivered);
    assert_eq!(
        (
            host.heard(link).len(),
            host.heard("Auto-Submitted: auto-generated").len()
        ),
        (1, 1)
    );
}

#[actix_web::test]
async fn an_event_that_is_not_json_is_never_sent() {
    let host = MailHost::start(&[]).await;
    let mut broken = event(1, "image.upload", &json!({}));
    "{".clone_into(&mut broken.payload);
    let config = json!({"subject": "Events", "addresses": ["a@example.org"]});
    let outcome = notify(&notifier(&settings(host.port)), &config, "en", &[broken]).await;
    assert_eq!(outcome.verdict, Verdict::Refused);
    assert!(
        outcome.answer.starts_with("the event is not JSON: "),
        "{outcome:?}"
    );
    assert!(host.heard("").is_empty());
}

#[test]
fn nothing_is_sent_unless_it_is_enabled() {
    assert!(EmailNotifier::new(&Email::default()).unwrap().is_none());
}

#[test]
fn a_file_of_certificates_must_exist() {
    let remote = Email {
        host: "mx.example.org".to_owned(),
        ca_file: Some("/does/not/exist.pem".into()),
        ..settings(25)
    };
    let error = EmailNotifier::new(&remote).err().unwrap().to_string();
    assert!(error.contains("/does/not/exist.pem"), "{error}");
}
