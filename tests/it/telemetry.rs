//! The log and the metrics, from an operator's view.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tidings::telemetry::log::{self, LogHandle};
use tidings::telemetry::{Exposition, LogFormat, LogSettings, Metrics, RequestId};
use tracing::Dispatch;
use tracing::dispatcher::with_default;

fn log_to(file: &Path, format: LogFormat) -> (Dispatch, LogHandle) {
    let settings = LogSettings {
        filter: "info,quiet=error".to_owned(),
        format,
        file: Some(file.to_owned()),
    };
    log::build(&settings).unwrap()
}

fn in_folder(name: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(name);
    (folder, file)
}

#[test]
fn text_lines_have_time_level_module_and_fields() {
    let (_folder, file) = in_folder("log");
    let (dispatch, _handle) = log_to(&file, LogFormat::Text);
    with_default(&dispatch, || {
        let span = tracing::info_span!("request", request.id = %RequestId::new());
        let _inside = span.enter();
        tracing::info!(message.id = 7, "message recorded");
        tracing::debug!("not shown");
        tracing::warn!(target: "quiet", "not shown");
    });
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let form = concat!(
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z  INFO ",
        r"request\{request\.id=req-[0-9a-f-]{36}\}: \S+telemetry: message recorded message\.id=7\n$",
    );
    assert!(regex::Regex::new(form).unwrap().is_match(&text), "{text}");
}

#[test]
fn json_lines_are_objects_with_the_fields_at_their_top() {
    let (_folder, file) = in_folder("log");
    let (dispatch, _handle) = log_to(&file, LogFormat::Json);
    with_default(&dispatch, || {
        tracing::error!(project = "a\nb\u{85}c", "oh\u{1b}[2J");
    });
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (line["level"].as_str(), line["project"].as_str()),
        (Some("ERROR"), Some("a\nb\u{85}c"))
    );
    assert_eq!(line["message"], "oh\u{1b}[2J");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn no_value_can_fake_a_line_or_reach_the_terminal() {
    let evil = "x\n2026-01-01T00:00:00.000000Z ERROR fake\r\x1b[2J\u{9b}31m\u{2028}\u{202e}\0";
    for format in [LogFormat::Text, LogFormat::Json] {
        let (_folder, file) = in_folder("log");
        let (dispatch, _handle) = log_to(&file, format);
        with_default(&dispatch, || {
            let span = tracing::info_span!("outer", shown = %evil, debugged = ?evil, plain = evil);
            let _inside = span.enter();
            tracing::info!(shown = %evil, debugged = ?evil, plain = evil, "{evil}");
            let error = std::io::Error::other(evil);
            tracing::info!(error = &error as &dyn std::error::Error);
        });
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches('\n').count(), 2, "{text:?}");
        let harmful = |c: char| c != '\n' && (c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c));
        assert!(!text.contains(harmful), "{text:?}");
    }
}

#[test]
fn the_file_is_opened_anew_after_it_was_renamed() {
    let (folder, file) = in_folder("log");
    fs::write(&file, "kept\n").unwrap();
    let (dispatch, handle) = log_to(&file, LogFormat::Text);
    with_default(&dispatch, || {
        tracing::info!("one");
        let old = folder.path().join("log.1");
        fs::rename(&file, &old).unwrap();
        tracing::info!("two");
        handle.reopen();
        tracing::info!("three");
        let old = fs::read_to_string(&old).unwrap();
        assert!(
            old.starts_with("kept\n") && old.contains("one") && old.contains("two"),
            "{old}"
        );
        let new = fs::read_to_string(&file).unwrap();
        assert!(
            new.contains("log file reopened path=") && new.contains("three") && !new.contains("two"),
            "{new}"
        );
    });
}

#[test]
fn the_old_file_stays_if_the_new_one_cannot_be_opened() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let (dispatch, handle) = log_to(&inner.join("log"), LogFormat::Text);
    let moved = folder.path().join("moved");
    fs::rename(&inner, &moved).unwrap();
    with_default(&dispatch, || {
        handle.reopen();
        tracing::info!("still here");
    });
    let text = fs::read_to_string(moved.join("log")).unwrap();
    assert!(
        text.contains("ERROR") && text.contains("not reopened") && text.contains("still here"),
        "{text}"
    );
}

#[test]
fn threads_do_not_mix_their_lines() {
    let (_folder, file) = in_folder("log");
    let (dispatch, handle) = log_to(&file, LogFormat::Text);
    std::thread::scope(|scope| {
        for letter in ["a", "b", "c", "d"] {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                let text = letter.repeat(300);
                with_default(&dispatch, || (0..200).for_each(|_| tracing::info!("{text}")));
            });
        }
        scope.spawn(|| (0..20).for_each(|_| handle.reopen()));
    });
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 800);
    assert!(text.lines().all(|line| {
        ["a", "b", "c", "d"]
            .iter()
            .any(|one| line.ends_with(&one.repeat(300)))
    }));
}

#[test]
fn a_log_that_cannot_be_is_an_error_that_says_why() {
    let settings = |filter: &str, file: &str| LogSettings {
        filter: filter.into(),
        format: LogFormat::Text,
        file: Some(file.into()),
    };
    let error = log::build(&settings("info", "/nonexistent/log")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the log file /nonexistent/log cannot be opened"
    );
    assert!(std::error::Error::source(&error).is_some());
    assert!(
        log::build(&settings("a=b=c", "/nonexistent/log"))
            .unwrap_err()
            .to_string()
            .contains("filter")
    );
}

#[test]
fn metrics_are_in_the_openmetrics_form() {
    let metrics = Metrics::new("1.2.3");
    let list = metrics.route("GET /v3/{project_id}/messages");
    list.record(200, Duration::from_millis(3));
    metrics
        .route("GET /v3/{project_id}/messages")
        .record(200, Duration::from_millis(700));
    list.start().finish(304);
    drop(list.start());
    list.record(7, Duration::ZERO);
    let open = metrics.clone().route("POST /v3/{project_id}/messages").start();
    metrics.writer.queue.set(5);
    metrics.writer.batch_size.observe_size(64);
    metrics
        .writer
        .commit_duration
        .observe_duration(Duration::from_millis(2));
    metrics.rows.recorded.of("volume", "ERROR").inc_by(64);
    metrics
        .purge
        .finished(Duration::from_millis(1500), 1_700_000_000_500_000);
    metrics.streams_open.inc();
    metrics.unknown_codes.inc();
    metrics.tokens.hits.inc_by(9);
    metrics.tokens.misses.inc();
    metrics
        .tokens
        .validations
        .observe_duration(Duration::from_millis(20));

    let text = metrics.encode(Exposition::OpenMetrics);
    let route = "method=\"GET\",route=\"/v3/{project_id}/messages\"";
    for line in [
        "tidings_build_info{version=\"1.2.3\"} 1".to_owned(),
        format!("tidings_http_requests_total{{{route},status=\"200\"}} 2"),
        format!("tidings_http_requests_total{{{route},status=\"304\"}} 1"),
        format!("tidings_http_requests_total{{{route},status=\"499\"}} 1"),
        format!("tidings_http_requests_total{{{route},status=\"7\"}} 1"),
        format!("tidings_http_request_duration_seconds_bucket{{le=\"0.005\",{route}}} 4"),
        format!("tidings_http_request_duration_seconds_count{{{route}}} 5"),
        "tidings_http_requests_in_flight 1".to_owned(),
        "tidings_writer_queue 5".to_owned(),
        "tidings_writer_batch_rows_bucket{le=\"64.0\"} 1".to_owned(),
        "tidings_writer_commit_duration_seconds_count 1".to_owned(),
        "tidings_messages_recorded_total{service=\"volume\",level=\"ERROR\"} 64".to_owned(),
        "tidings_messages_deleted_total 0".to_owned(),
        "tidings_messages_purged_total 0".to_owned(),
        "tidings_purge_runs_total 1".to_owned(),
        "tidings_purge_last_duration_seconds 1.5".to_owned(),
        "tidings_purge_last_timestamp_seconds 1700000000.5".to_owned(),
        "tidings_streams_open 1".to_owned(),
        "tidings_unknown_codes_total 1".to_owned(),
        "tidings_token_cache_hits_total 9".to_owned(),
        "tidings_token_cache_misses_total 1".to_owned(),
        "tidings_token_validation_duration_seconds_bucket{le=\"0.025\"} 1".to_owned(),
        "tidings_token_validation_failures_total 0".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(
        text.ends_with("# EOF\n") && !text.contains("tidings_messages "),
        "{text}"
    );
    open.finish(201);
    assert!(
        metrics
            .encode(Exposition::OpenMetrics)
            .contains("tidings_http_requests_in_flight 0")
    );
}

/// Returns the complete names of metrics in the manuals.
fn named_in(text: &str) -> BTreeSet<String> {
    let name = regex::Regex::new(r"\btidings_[a-z_]*[a-z]\b").unwrap();
    let samples = regex::Regex::new("_(bucket|count|sum)$").unwrap();
    let names = name
        .find_iter(text)
        .map(|found| samples.replace(found.as_str(), "").into_owned());
    names
        .filter(|name| !["tidings_events", "tidings_ingest"].contains(&name.as_str()))
        .collect()
}

#[test]
fn the_manual_names_every_metric_with_its_labels_and_no_other() {
    let metrics = Metrics::new("1.2.3");
    metrics.route("GET /").record(200, Duration::ZERO);
    metrics.rows.recorded.of("volume", "ERROR");
    metrics.events.driver("log");
    metrics.workers.ended("purge");
    metrics.listeners.attempts("http", "delivered");
    metrics.listeners.dead("http");
    metrics.listeners.deliveries("http", "waiting");
    metrics.recovery.open("new");
    metrics.recovery.transitions("running");
    metrics.count_messages_by(|| Some(1));
    // Metrics with labels have a type only once there is a value.
    let text = metrics.encode(Exposition::Prometheus);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let exposed: BTreeSet<_> = types
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    let manual = ["operation", "events", "ingest", "listeners", "failures"]
        .map(|name| manual(&format!("docs/{name}.md")))
        .concat();
    assert_eq!(named_in(&manual), exposed);
    let chinese = ["operation", "events", "ingest", "listeners", "failures"]
        .map(|name| self::manual(&format!("docs/zh_CN/{name}.md")));
    assert!(named_in(&chinese.concat()).is_subset(&exposed));

    let sample = regex::Regex::new(r"(?m)^(tidings_\w+?)(?:_bucket)?\{(.*)\} ").unwrap();
    let label = regex::Regex::new(r#"(\w+)="[^"]*""#).unwrap();
    for found in sample.captures_iter(&text) {
        let labels = label.captures_iter(&found[2]).map(|label| label[1].to_owned());
        let labels: Vec<_> = labels.filter(|label| label != "le").collect();
        if !labels.is_empty() && !found[1].ends_with("_sum") && !found[1].ends_with("_count") {
            let written = format!("`{}{{{}}}`", &found[1], labels.join(","));
            assert!(manual.contains(&written), "{written}");
        }
    }
}

fn manual(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn stored_messages_are_counted_when_asked() {
    let metrics = Metrics::new("0");
    let clone = metrics.clone();
    metrics.count_messages_by(|| Some(42));
    metrics.count_messages_by(|| Some(1));
    let text = clone.encode(Exposition::OpenMetrics);
    assert!(
        text.contains("# TYPE tidings_messages gauge\ntidings_messages 42\n"),
        "{text}"
    );
}
