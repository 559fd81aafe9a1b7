//! `tidings notification create`.

use clap::Args;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::event::Reporter;
use crate::failure::{NotificationType, Report, check_payload};
use crate::message::time;
use crate::recovery;
use crate::store::failure::{Received, receive};

/// Report a failure, as a monitor does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings notification create --type COMPUTE_HOST --host compute1 event=STOPPED host_status=NORMAL
  tidings notification create --type PROCESS --host compute1 event=STOPPED process_name=nova-compute
  tidings notification create --type VM --host compute1 event=LIFECYCLE \\
    vir_domain_event=STOPPED_FAILED instance_uuid=4c4d4a1e-53a3-4ed4-9d6c-3b5de6a2d3ad")]
pub struct Create {
    /// What failed.
    #[arg(long = "type", value_name = "TYPE", value_parser = NotificationType::ALL.map(NotificationType::name))]
    kind: String,
    /// Name of the host.
    #[arg(long, value_name = "NAME")]
    host: String,
    /// When it failed, in ISO 8601; now by default.
    #[arg(long, value_name = "TIME")]
    generated_time: Option<String>,
    /// The members of the payload.
    #[arg(value_name = "NAME=VALUE", required = true)]
    payload: Vec<String>,
}

impl Create {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let now = context.clock.now();
        let report = self.report(now)?;
        let reporter = Reporter::new(&context.config);
        let interval = context.config.recovery.duplicate_interval.as_micros();
        let interval = i64::try_from(interval).unwrap_or(i64::MAX);
        let uuid = Uuid::new_v4();
        let received = context.with_store(|store| async move {
            let received = store.write(move |tx| {
                let received = receive(tx, &report, uuid, now, interval)?;
                if let Received::New(notification) = &received {
                    recovery::created(tx, &reporter, notification, now)?;
                }
                Ok(received)
            });
            received
                .await
                .map_err(Failure::store("the report cannot be recorded"))
        })?;
        let host = &self.host;
        match received {
            Received::New(notification) => output.line(&notification.uuid.to_string()),
            Received::UnknownHost => Err(Failure::NotFound(format!("--host: no host has the name {host}"))),
            Received::OnMaintenance => Err(Failure::Data(format!(
                "the host {host} is under maintenance; once it is repaired: \
                 tidings segment set-host {host} --on-maintenance false"
            ))),
            Received::Duplicate => Err(Failure::Data(
                "the same failure was reported already ([recovery] duplicate_interval)".to_owned(),
            )),
        }
    }

    fn report(&self, now: i64) -> Result<Report, Failure> {
        let mut payload = Map::new();
        for pair in &self.payload {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Failure::Data(format!("{pair}: must have the form NAME=VALUE")))?;
            if payload.insert(name.to_owned(), Value::from(value)).is_some() {
                return Err(Failure::Data(format!("{name}: is given more than once")));
            }
        }
        let body = json!({ "notification": {
            "type": self.kind,
            "hostname": self.host,
            "generated_time": self.generated_time.clone().unwrap_or_else(|| time::format(now)),
            "payload": payload,
        }});
        let invalid = |fault: crate::failure::Fault| Failure::Data(fault.to_string());
        let report = Report::check(&body).map_err(invalid)?;
        check_payload(report.kind, &report.payload).map_err(invalid)?;
        Ok(report)
    }
}
