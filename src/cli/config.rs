//! `tidings config`.

use std::path::Path;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;
use crate::api::StartError;
use crate::config::Config;
use crate::delivery;
use crate::identity::{IdentitySource, Owners, Policy, Sessions};
use crate::ingest::Consumer;
use crate::listener::ListenerSeal;

/// Check the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration as `serve` does at startup, and report every fault.
    #[command(after_help = "\
Reads the files and the environment, and the policy, certificates and keys that they name. Opens no
database and makes no connections. Exit code 78 means that `serve` would not start. Unknown
options only cause warnings.

Examples:
  tidings config check
  tidings --config-file /etc/tidings/tidings.conf config check")]
    Check,
}

impl ConfigCommand {
    pub(super) fn run(&self, config_file: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Check => check(config_file, output),
        }
    }
}

fn check(config_file: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let context = Context::load(config_file, output)?;
    let (config, clock) = (&context.config, &context.clock);
    let source = IdentitySource::new(config, clock.clone(), &context.metrics).map(drop);
    let policy = Policy::load(config, clock.clone()).map(|policy| {
        for warning in &policy.rules().warnings {
            output.note(&format!("tidings: warning: {warning}"));
        }
    });
    let owners = Owners::new(&config.catalog, config.general.auth_strategy).map(drop);
    let ingest = if config.ingest.enabled {
        Consumer::check(config)
    } else {
        Ok(())
    };
    let parts: [Result<(), Failure>; 7] = [
        source.map_err(|error| StartError::from(error).into()),
        Sessions::check(&config.session).map_err(|error| StartError::from(error).into()),
        ListenerSeal::new(config)
            .check()
            .map_err(|error| StartError::from(error).into()),
        owners.map_err(|error| StartError::from(error).into()),
        policy.map_err(Failure::from),
        delivery::check(config).map_err(Failure::from),
        ingest.map_err(|error| Failure::Unconfigured(error.to_string())),
    ];
    let faults: Vec<String> = parts
        .into_iter()
        .filter_map(Result::err)
        .map(|failure| failure.chain())
        .collect();
    if !faults.is_empty() {
        return Err(Failure::Unconfigured(faults.join("\n")));
    }
    output.line(&format!("{}: no faults", read(config)))
}

/// Describes the sources of the configuration.
fn read(config: &Config) -> String {
    let files: Vec<_> = config
        .files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    if files.is_empty() {
        return "defaults and environment (no file)".to_owned();
    }
    files.join(", ")
}
