//! The commands, one file each, and their output.

mod arguments;
mod background;
mod catalog;
mod cloud;
mod columns;
mod completions;
mod config;
mod context;
mod db;
mod event;
mod failure;
mod follow;
mod ingest;
mod language;
mod log;
mod message;
mod notification;
mod output;
mod policy;
mod purge;
mod segment;
mod serve;
mod signals;
mod stats;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use context::Context;
pub(crate) use failure::Failure;
pub use output::Output;

/// The message store of a cloud.
#[derive(Debug, Parser)]
#[command(
    name = "tidings",
    version,
    about = "The message store of a cloud: services record messages, tenants read them",
    after_long_help = format!("{EXAMPLES}\n\n{}", failure::EXIT_CODES),
    max_term_width = 100
)]
pub struct Cli {
    /// Configuration file, instead of the first of ~/.tidings/tidings.conf, ~/tidings.conf, /etc/tidings/tidings.conf.
    #[arg(long, global = true, value_name = "FILE")]
    config_file: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tidings serve                                       run on 127.0.0.1:8790 with tidings.db
  tidings message list --project p1                   what a tenant sees
  tidings purge --dry-run                             what has expired
  OS_DATABASE__CONNECTION=sqlite:////var/lib/tidings/tidings.db tidings db status

Every configuration option can be set in the environment as OS_<GROUP>__<OPTION>.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Work with messages, directly in the configured database.
    #[command(subcommand)]
    Message(message::MessageCommand),
    /// Work with events and event listeners.
    #[command(subcommand)]
    Event(event::EventCommand),
    /// Work with failure notifications, directly in the configured database.
    #[command(subcommand)]
    Notification(notification::NotificationCommand),
    /// Work with segments and their hosts, directly in the configured database.
    #[command(subcommand)]
    Segment(segment::SegmentCommand),
    /// Turn other services' notifications into messages.
    Ingest(ingest::Ingest),
    /// Read the messages that Cinder and Manila write into their own databases.
    Follow(follow::Follow),
    /// Delete what has expired; for cron.
    Purge(purge::Purge),
    /// Count the messages that were recorded.
    Stats(stats::Stats),
    /// Search and check the texts that tenants may be shown.
    #[command(subcommand)]
    Catalog(catalog::CatalogCommand),
    /// List the rules for who may do what, and check policy files.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Check the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Manage the database: schema, backup and copy.
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Write shell completions.
    Completions(completions::Completions),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// [`Failure`], which determines the exit code.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        signals::outlive_size_limit()?;
        let config_file = self.config_file;
        match self.command {
            Command::Serve(serve) => serve.run(config_file.as_deref(), output),
            Command::Message(command) => command.run(&Context::load(config_file.as_deref(), output)?, output),
            Command::Event(command) => {
                command.run(|output| Context::load(config_file.as_deref(), output), output)
            }
            Command::Notification(command) => {
                command.run(&Context::load(config_file.as_deref(), output)?, output)
            }
            Command::Segment(command) => command.run(&Context::load(config_file.as_deref(), output)?, output),
            Command::Ingest(ingest) => ingest.run(config_file.as_deref(), output),
            Command::Follow(follow) => follow.run(config_file.as_deref()),
            Command::Purge(purge) => purge.run(&Context::load(config_file.as_deref(), output)?, output),
            Command::Stats(stats) => stats.run(&Context::load(config_file.as_deref(), output)?, output),
            Command::Catalog(command) => {
                command.run(|output| Context::load(config_file.as_deref(), output), output)
            }
            Command::Policy(command) => command.run(&Context::load(config_file.as_deref(), output)?, output),
            Command::Config(command) => command.run(config_file.as_deref(), output),
            Command::Db(command) => command.run(&Context::load(config_file.as_deref(), output)?, output),
            Command::Completions(completions) => completions.run(Self::command(), output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_has_an_example() {
        fn walk(command: &clap::Command, path: &str, faults: &mut Vec<String>) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string);
            if command.get_subcommands().next().is_none() && !help.is_some_and(|help| help.contains(&path)) {
                faults.push(path.clone());
            }
            for inner in command.get_subcommands() {
                walk(inner, &path, faults);
            }
        }
        let mut faults = Vec::new();
        for command in Cli::command().get_subcommands() {
            walk(command, "tidings", &mut faults);
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
