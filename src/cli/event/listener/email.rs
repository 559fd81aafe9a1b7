//! The options of email listeners.

use clap::Args;

use super::fields::{ListenerFields, Options};
use crate::cli::failure::Failure;
use crate::listener::Kind;

/// Where e-mails go.
#[derive(Debug, Args)]
pub struct EmailOptions {
    /// Text of the email's subject.
    #[arg(long)]
    subject: Option<String>,
    /// The email addresses that should receive these notifications, separated by commas.
    #[arg(long)]
    addresses: Option<String>,
    /// The body: a readable text with the JSON attached, or the JSON alone, as Pulp sends it.
    #[arg(long, value_parser = ["text", "json"])]
    body: Option<String>,
    /// Gather for this long, such as 15m, what follows an email into one; an empty text ends it.
    #[arg(long, value_name = "TIME")]
    digest: Option<String>,
}

impl Options for EmailOptions {
    const KIND: Kind = Kind::Email;
    const REQUIRED: &'static [&'static str] = &["event_types", "subject", "addresses"];
    const CREATE: &'static str = "\
Example:
  tidings event listener email create --event-type 'repo.sync.*' --subject 'Repositories' \\
    --addresses ops@example.org,dev@example.org";
    const UPDATE: &'static str = "\
Example:
  tidings event listener email update --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --digest 15m";

    fn set(&self, fields: &mut ListenerFields) -> Result<(), Failure> {
        fields.configure_text("subject", self.subject.as_ref());
        if let Some(addresses) = &self.addresses {
            let addresses: Vec<&str> = addresses.split(',').map(str::trim).collect();
            fields.configure("addresses", addresses);
        }
        fields.configure_text("body", self.body.as_ref());
        fields.set_text("digest", self.digest.as_ref());
        Ok(())
    }
}
