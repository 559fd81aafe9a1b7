//! What a notification needs.

use tidings::failure::{NotificationType, Outcome, judge};

const ALL: [&str; 12] = [
    r#"{"event": "LIFECYCLE", "vir_domain_event": "STOPPED_FAILED"}"#,
    r#"{"event": "LIFECYCLE", "vir_domain_event": "STARTED_BOOTED"}"#,
    r#"{"event": "IO_ERROR", "vir_domain_event": "IO_ERROR_REPORT"}"#,
    r#"{"event": "STARTED", "host_status": "NORMAL"}"#,
    r#"{"event": "STOPPED", "host_status": "NORMAL"}"#,
    r#"{"event": "STOPPED", "host_status": "UNKNOWN"}"#,
    r#"{"event": "STOPPED"}"#,
    r#"{"event": "STARTED", "process_name": "x"}"#,
    r#"{"event": "STOPPED", "process_name": "x"}"#,
    r#"{"event": "STOPPED", "process_name": "nova-compute"}"#,
    r#"{"event": 1}"#,
    "[]",
];

#[test]
fn every_payload_gets_a_verdict() {
    let mut verdicts = String::new();
    for kind in NotificationType::ALL {
        for payload in ALL {
            let verdict = judge(kind, payload, true);
            let outcome = match verdict.outcome {
                Outcome::Ignore(reason) => format!("ignored: {reason}"),
                Outcome::Finish(reason) => format!("finished: {reason}"),
                Outcome::Work => "work".to_owned(),
            };
            let maintenance = if verdict.puts_on_maintenance {
                ", maintenance"
            } else {
                ""
            };
            verdicts += &format!("{} {payload} => {outcome}{maintenance}\n", kind.name());
        }
    }
    insta::assert_snapshot!(verdicts);
}

#[test]
fn nothing_is_done_in_a_disabled_segment() {
    for payload in ALL {
        let verdict = judge(NotificationType::ComputeHost, payload, false);
        assert!(matches!(verdict.outcome, Outcome::Ignore(_)) && !verdict.puts_on_maintenance);
    }
}
