//! What a notification needs.

use std::fmt::Write;

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
            writeln!(verdicts, "{} {payload} => {outcome}{maintenance}", kind.name()).unwrap();
        }
    }
    insta::assert_snapshot!(verdicts, @r#"
    COMPUTE_HOST {"event": "LIFECYCLE", "vir_domain_event": "STOPPED_FAILED"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": "LIFECYCLE", "vir_domain_event": "STARTED_BOOTED"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": "IO_ERROR", "vir_domain_event": "IO_ERROR_REPORT"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": "STARTED", "host_status": "NORMAL"} => finished: the host has started
    COMPUTE_HOST {"event": "STOPPED", "host_status": "NORMAL"} => work, maintenance
    COMPUTE_HOST {"event": "STOPPED", "host_status": "UNKNOWN"} => ignored: the host_status is UNKNOWN, not NORMAL
    COMPUTE_HOST {"event": "STOPPED"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": "STARTED", "process_name": "x"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": "STOPPED", "process_name": "x"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": "STOPPED", "process_name": "nova-compute"} => ignored: the payload has no host_status
    COMPUTE_HOST {"event": 1} => ignored: the payload has no event
    COMPUTE_HOST [] => ignored: the payload is no JSON object
    VM {"event": "LIFECYCLE", "vir_domain_event": "STOPPED_FAILED"} => work
    VM {"event": "LIFECYCLE", "vir_domain_event": "STARTED_BOOTED"} => ignored: the event LIFECYCLE/STARTED_BOOTED needs no recovery
    VM {"event": "IO_ERROR", "vir_domain_event": "IO_ERROR_REPORT"} => work
    VM {"event": "STARTED", "host_status": "NORMAL"} => ignored: the payload has no vir_domain_event
    VM {"event": "STOPPED", "host_status": "NORMAL"} => ignored: the payload has no vir_domain_event
    VM {"event": "STOPPED", "host_status": "UNKNOWN"} => ignored: the payload has no vir_domain_event
    VM {"event": "STOPPED"} => ignored: the payload has no vir_domain_event
    VM {"event": "STARTED", "process_name": "x"} => ignored: the payload has no vir_domain_event
    VM {"event": "STOPPED", "process_name": "x"} => ignored: the payload has no vir_domain_event
    VM {"event": "STOPPED", "process_name": "nova-compute"} => ignored: the payload has no vir_domain_event
    VM {"event": 1} => ignored: the payload has no event
    VM [] => ignored: the payload is no JSON object
    PROCESS {"event": "LIFECYCLE", "vir_domain_event": "STOPPED_FAILED"} => ignored: the event LIFECYCLE is unknown
    PROCESS {"event": "LIFECYCLE", "vir_domain_event": "STARTED_BOOTED"} => ignored: the event LIFECYCLE is unknown
    PROCESS {"event": "IO_ERROR", "vir_domain_event": "IO_ERROR_REPORT"} => ignored: the event IO_ERROR is unknown
    PROCESS {"event": "STARTED", "host_status": "NORMAL"} => finished: the process has started
    PROCESS {"event": "STOPPED", "host_status": "NORMAL"} => ignored: the payload has no process_name
    PROCESS {"event": "STOPPED", "host_status": "UNKNOWN"} => ignored: the payload has no process_name
    PROCESS {"event": "STOPPED"} => ignored: the payload has no process_name
    PROCESS {"event": "STARTED", "process_name": "x"} => finished: the process has started
    PROCESS {"event": "STOPPED", "process_name": "x"} => finished: only nova-compute is recovered, maintenance
    PROCESS {"event": "STOPPED", "process_name": "nova-compute"} => work, maintenance
    PROCESS {"event": 1} => ignored: the payload has no event
    PROCESS [] => ignored: the payload is no JSON object
    "#);
}

#[test]
fn nothing_is_done_in_a_disabled_segment() {
    for payload in ALL {
        let verdict = judge(NotificationType::ComputeHost, payload, false);
        assert!(matches!(verdict.outcome, Outcome::Ignore(_)) && !verdict.puts_on_maintenance);
    }
}
