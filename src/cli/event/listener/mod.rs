//! `tidings event listener`: listeners in the configured database, or those of a server.

mod amqp;
mod call;
mod change;
mod database;
mod deliveries;
mod email;
mod fields;
mod http;
mod layout;
mod listeners;
mod one;
mod pull;
mod redeliver;
mod rotate;
mod secret;
mod server;

use clap::{Args, Subcommand};

use change::KindCommand;
use listeners::Place;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Manage event listeners.
#[derive(Debug, Args)]
pub struct Listener {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: ListenerCommand,
}

#[derive(Debug, Subcommand)]
enum ListenerCommand {
    /// List the event listeners.
    List(one::List),
    /// Show an event listener with all its settings.
    Show(one::Show),
    /// Delete an event listener with its deliveries.
    Delete(one::Delete),
    /// Manage email listeners.
    #[command(subcommand)]
    Email(KindCommand<email::EmailOptions>),
    /// Manage http listeners.
    #[command(subcommand)]
    Http(KindCommand<http::HttpOptions>),
    /// Manage amqp listeners.
    #[command(subcommand)]
    Amqp(KindCommand<amqp::AmqpOptions>),
    /// Manage listeners whose receivers fetch the events.
    #[command(subcommand)]
    Pull(KindCommand<pull::PullOptions>),
    /// Let a listener get events again.
    Enable(one::Enable),
    /// Let a listener get no more events.
    Disable(one::Disable),
    /// Send a listener a test event.
    Test(deliveries::Test),
    /// Replace the secret that signs the requests of an http listener.
    RotateSecret(rotate::RotateSecret),
    /// List the deliveries of a listener, the newest first, or the attempts of one.
    Deliveries(deliveries::Deliveries),
    /// Deliver an event to a listener again, or the events of a time.
    Redeliver(redeliver::Redeliver),
    /// Close a dead letter with a reason.
    Dismiss(redeliver::Dismiss),
}

impl Listener {
    /// Only commands on the database need a configuration.
    pub(super) fn run(
        &self,
        context: impl FnOnce(&mut Output) -> Result<Context, Failure>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let listeners = self.place.listeners(|| context(output))?;
        match &self.command {
            ListenerCommand::List(list) => list.run(&listeners, output),
            ListenerCommand::Show(show) => show.run(&listeners, output),
            ListenerCommand::Delete(delete) => delete.run(&listeners, output),
            ListenerCommand::Email(command) => command.run(&listeners, output),
            ListenerCommand::Http(command) => command.run(&listeners, output),
            ListenerCommand::Amqp(command) => command.run(&listeners, output),
            ListenerCommand::Pull(command) => command.run(&listeners, output),
            ListenerCommand::Enable(enable) => enable.run(&listeners, output),
            ListenerCommand::Disable(disable) => disable.run(&listeners, output),
            ListenerCommand::Test(test) => test.run(&listeners, output),
            ListenerCommand::RotateSecret(rotate) => rotate.run(&listeners, output),
            ListenerCommand::Deliveries(deliveries) => deliveries.run(&listeners, output),
            ListenerCommand::Redeliver(redeliver) => redeliver.run(&listeners, output),
            ListenerCommand::Dismiss(dismiss) => dismiss.run(&listeners, output),
        }
    }
}
