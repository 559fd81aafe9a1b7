//! `tidings purge`.

use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::arguments;
use super::context::Context;
use super::failure::Failure;
use super::output::{Format, Output, progress};
use super::signals::{self, Stops};
use crate::event::Reporter;
use crate::message::time;
use crate::retention::{self, Options, PurgeReport};

/// The longest pause between two batches, in seconds.
const LONGEST_PAUSE: f64 = 30.0;

/// Delete what has expired; for cron.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings purge
  tidings purge --dry-run
  tidings purge --max-rows 100000 --expired-before 2026-11-01T00:00:00

As a line of cron, every night:
  15 3 * * *  tidings  /usr/local/bin/tidings purge --output json >> /var/log/tidings/purge.log

Only one purge runs at a time; a second one exits with 75 and names the first. It may be
interrupted at any point: what was deleted stays deleted, and the rest is deleted next time.
The first Ctrl-C (or SIGTERM) stops it after the current batch, the second at once.")]
pub struct Purge {
    /// Show what would be deleted and delete nothing.
    #[arg(long)]
    dry_run: bool,

    /// Rows per transaction, instead of `[purge] batch_size`.
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch_size: Option<u32>,

    /// Seconds to pause between two batches, instead of `[purge] pause`.
    #[arg(long, value_name = "SECONDS", value_parser = pause)]
    pause: Option<Duration>,

    /// The most messages to delete.
    #[arg(long, value_name = "ROWS")]
    max_rows: Option<u64>,

    /// Delete what expired before this time (UTC), which must not be in the future; defaults to now.
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    expired_before: Option<i64>,

    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Purge {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let options = self.options(context)?;
        let (report, is_dry) = context.with_store(|store| async move {
            let (clock, metrics) = (context.clock.clone(), context.metrics.clone());
            let reporter = Reporter::new(&context.config);
            let purge = retention::Purge::new(store, clock, metrics, reporter, options);
            if self.dry_run {
                let mut report = purge.count().await.map_err(failure)?;
                report.messages = self
                    .max_rows
                    .map_or(report.messages, |max| report.messages.min(max));
                return Ok((report, true));
            }
            let total = purge.count_messages().await.map_err(failure)?;
            let total = self.max_rows.map_or(total, |max| total.min(max));
            let stop = CancellationToken::new();
            let purge = purge.stopped_by(stop.clone());
            let mut stops = Stops::take().map_err(Failure::io("signals cannot be received"))?;
            tokio::spawn(async move {
                stops.next().await;
                stop.cancel();
                signals::end_at_next();
            });
            let bar = progress(Some(total), "messages");
            let report = purge.run(|deleted| bar.set_position(deleted)).await;
            bar.finish_and_clear();
            Ok((report.map_err(failure)?, false))
        })?;
        match self.output {
            Format::Json => output.json(&json(&report, is_dry)),
            Format::Table => output.line(&sentence(&report, is_dry)),
        }
    }

    fn options(&self, context: &Context) -> Result<Options, Failure> {
        let now = context.clock.now();
        let expired_before = self.expired_before.unwrap_or(now);
        if expired_before > now {
            let time = time::format(expired_before);
            return Err(Failure::Data(format!(
                "--expired-before: {time} is in the future"
            )));
        }
        let configured = Options::configured(&context.config, now);
        Ok(Options {
            batch_size: self.batch_size.map_or(configured.batch_size, |size| {
                usize::try_from(size).unwrap_or(usize::MAX)
            }),
            pause: self.pause.unwrap_or(configured.pause),
            max_rows: self.max_rows,
            expired_before,
            ..configured
        })
    }
}

fn failure(error: retention::Error) -> Failure {
    match error {
        retention::Error::Held(holder) => Failure::Held(format!("a purge is already running: {holder}")),
        retention::Error::Store(error) => Failure::store("the purge stopped")(error),
    }
}

/// Each batch renews the lease, so a pause must be much shorter than the lease.
fn pause(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "must be a number of seconds".to_owned())?;
    if !(0.0..=LONGEST_PAUSE).contains(&seconds) {
        return Err(format!("must be between 0 and {LONGEST_PAUSE} seconds"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn json(report: &PurgeReport, is_dry: bool) -> serde_json::Value {
    serde_json::json!({
        "dry_run": is_dry,
        "messages": report.messages,
        "idempotency_keys": report.keys,
        "events": report.events,
        "undelivered_events": report.undelivered,
        "deliveries": report.deliveries,
        "failures": report.failures,
        "notifications": report.notifications,
        "statistics": report.statistics,
        "sessions": report.sessions,
        "confirmations": report.confirmations,
        "read_marks": report.read_marks,
        "left": report.left,
        "seconds": report.elapsed.as_secs_f64(),
        "interrupted": report.is_interrupted,
    })
}

fn sentence(report: &PurgeReport, is_dry: bool) -> String {
    if is_dry {
        return format!(
            "{} messages, {} idempotency keys and {} events would be deleted{}.",
            report.messages,
            report.keys,
            report.events,
            others(report)
        );
    }
    let seconds = report.elapsed.as_secs_f64();
    let end = if report.is_interrupted {
        " (interrupted)"
    } else {
        ""
    };
    format!(
        "deleted {} messages, {} idempotency keys and {} events in {seconds:.1} s, {} expired messages left{}{end}",
        report.messages,
        report.keys,
        report.events,
        report.left,
        others(report)
    )
}

/// Mentions what is only deleted on some servers if there is any; normally no server drops events.
fn others(report: &PurgeReport) -> String {
    let counts = [
        (report.deliveries, "deliveries of listeners"),
        (report.failures, "failure notifications"),
        (report.undelivered, "events dropped that no server delivers"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = counts.map(|(count, what)| format!("; {count} {what}")).collect();
    parts.concat()
}
