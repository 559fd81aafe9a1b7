//! The mails that `tests/email/test_email.py` reads, through the mail server that it runs.

use std::env;

use serde_json::{Value, json};
use tidings::catalog::Language;
use tidings::config::{Email, Encryption, Secret};
use tidings::delivery::{EmailNotifier, Question, Verdict};

use super::{FAILED, attempt, event, notifier, notify, settings};
use crate::support::NOW;

/// A server that asks for a login; its certificate names `localhost`.
fn server(port: &str, encryption: Encryption) -> Email {
    Email {
        host: "localhost".to_owned(),
        from: Some("Cloud \u{4e91} <no-reply@cloud.example.org>".parse().unwrap()),
        tls: Some(encryption),
        username: Some("tidings".to_owned()),
        password: Some(Secret::new("secret")),
        ca_file: env::var_os("MAIL_CA").map(Into::into),
        ..settings(env::var(port).unwrap().parse().unwrap())
    }
}

async fn deliver(notifier: &EmailNotifier, config: &Value, language: &str, events: &[(&str, Value)]) {
    let events: Vec<_> = (1..)
        .zip(events)
        .map(|(number, (event_type, payload))| event(number, event_type, payload))
        .collect();
    let outcome = notify(notifier, config, language, &events).await;
    assert_eq!(
        (outcome.verdict, outcome.status),
        (Verdict::Delivered, Some(250)),
        "{outcome:?}"
    );
}

#[actix_web::test]
#[ignore = "needs the mail server of tests/steps/*-email"]
async fn every_kind_of_email_is_taken() {
    let notifier = notifier(&server("MAIL_STARTTLS_PORT", Encryption::Starttls));
    let uploaded = (
        "image.upload",
        json!({"id": "71c675ab", "name": "caf\u{e9}\r\nBcc: x@example.org\r\n.\r\n"}),
    );
    let config =
        json!({"subject": "Uploads", "addresses": ["ops@example.org", "j\u{f6}rg@b\u{fc}cher.example"]});
    deliver(&notifier, &config, "en", std::slice::from_ref(&uploaded)).await;
    let refused = (
        "message.create",
        json!({"event_id": "VOLUME_000002", "user_message": "?"}),
    );
    let config = json!({"subject": "\u{5377}\u{7684}\u{6d88}\u{606f}", "addresses": ["chinese@example.org"]});
    deliver(&notifier, &config, "zh_CN", &[refused]).await;
    let config = json!({"subject": "Digest", "addresses": ["digest@example.org"]});
    deliver(
        &notifier,
        &config,
        "en",
        &[uploaded, ("image.delete", json!({"id": "71c675ac"}))],
    )
    .await;
    let config = json!({"subject": "Pulp", "addresses": ["json@example.org"], "body": "json"});
    deliver(
        &notifier,
        &config,
        "en",
        &[("repo.sync.start", json!({"repo_id": "pulp-f17"}))],
    )
    .await;
    let question = Question {
        address: "asked@example.org".parse().unwrap(),
        project: "p1".to_owned(),
        link: "https://cloud.example.org/c/1".to_owned(),
        language: Language::default(),
    };
    let asked = notifier.ask(&question, NOW).await;
    assert_eq!(asked.verdict, Verdict::Delivered, "{asked:?}");
}

#[actix_web::test]
#[ignore = "needs the mail server of tests/steps/*-email"]
async fn what_the_server_says_decides() {
    let tls = server("MAIL_TLS_PORT", Encryption::Tls);
    for (address, verdict, status) in [
        ("tls@example.org", Verdict::Delivered, 250),
        ("never@example.org", Verdict::Refused, 550),
        ("later@example.org", FAILED, 451),
    ] {
        let outcome = attempt(&notifier(&tls), &[address]).await;
        assert_eq!(
            (outcome.verdict, outcome.status),
            (verdict, Some(status)),
            "{outcome:?}"
        );
    }
    let wrong = Email {
        password: Some(Secret::new("wrong")),
        ..tls.clone()
    };
    let outcome = attempt(&notifier(&wrong), &["ops@example.org"]).await;
    assert_eq!(
        (outcome.verdict, outcome.status),
        (FAILED, Some(535)),
        "{outcome:?}"
    );
    let strangers = [("127.0.0.1", tls.ca_file.clone()), ("localhost", None)];
    for (host, ca_file) in strangers {
        let stranger = Email {
            host: host.to_owned(),
            ca_file,
            ..tls.clone()
        };
        let outcome = attempt(&notifier(&stranger), &["ops@example.org"]).await;
        assert_eq!((outcome.verdict, outcome.status), (FAILED, None));
        assert!(outcome.answer.contains("certificate"), "{outcome:?}");
    }
}
