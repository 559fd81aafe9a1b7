//! `tidings follow`.

use std::path::Path;

use clap::Args;

use super::background;
use super::failure::Failure;
use crate::config::Config;
use crate::follow::Follower;

/// Read the messages that Cinder and Manila write into their own databases.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the tables of messages in the databases of [follow] cinder and manila continuously, and
records each row once. Nothing is written there. Runs until SIGTERM or SIGINT; of several
instances one reads a table, and another one takes over if it ends. `tidings serve` does the
same if these options are set. Metrics are served at the address in [metrics] bind.

Example:
  tidings follow --config-file /etc/tidings/tidings.conf")]
pub struct Follow {}

impl Follow {
    #[allow(clippy::unused_self, reason = "commands have the same form")]
    pub(super) fn run(&self, config_file: Option<&Path>) -> Result<(), Failure> {
        background::run(config_file, Config::check_follow, |parts| {
            let followers = Follower::all(
                parts.config,
                parts.store,
                parts.clock,
                parts.reporter,
                parts.metrics,
            );
            Ok(followers.into_iter().map(Follower::task).collect())
        })
    }
}
