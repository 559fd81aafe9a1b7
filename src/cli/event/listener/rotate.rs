//! `tidings event listener rotate-secret`.

use clap::Args;
use tidings_client::Secret;

use super::call::{Call, listener_id};
use super::listeners::Listeners;
use super::secret::{reveal, secret};
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Replace the secret that signs the requests of an http listener.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidings event listener rotate-secret --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --overlap 3600

Requests are signed with both secrets until the overlap ends. A random secret is shown once, here.")]
pub struct RotateSecret {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// The new secret, instead of a random one. "-" reads it from `TIDINGS_LISTENER_SECRET` or a line of standard input.
    #[arg(long, value_parser = secret())]
    secret: Option<Secret>,
    /// For how many seconds the present secret signs on.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(..=2_592_000))]
    overlap: u32,
}

impl RotateSecret {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let given = self.secret.as_ref();
        let given = given.map(|given| reveal(given, "--secret", "TIDINGS_LISTENER_SECRET"));
        let random = listeners.answer(Call::RotateSecret {
            listener: listener_id(&self.listener_id)?,
            secret: given.transpose()?.map(Secret::new),
            overlap: self.overlap,
        })?;
        match random.as_str() {
            Some(random) => output.line(random),
            None => output.line("the secret is replaced"),
        }
    }
}
