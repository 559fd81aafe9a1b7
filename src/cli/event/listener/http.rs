//! The options of http listeners.

use std::fs;
use std::path::Path;

use clap::Args;
use serde_json::{Map, Value};
use tidings_client::Secret;

use super::fields::{ListenerFields, Options};
use super::secret::{reveal, secret};
use crate::cli::failure::Failure;
use crate::listener::Kind;

/// The longest file of certificates.
const LONGEST_CA: u64 = 65_536;

/// Where requests go, and what they carry.
#[derive(Debug, Args)]
pub struct HttpOptions {
    /// Full URL to invoke to send the event info.
    #[arg(long)]
    url: Option<String>,
    /// Optional username to be passed as basic auth credentials when the HTTP call is invoked.
    #[arg(long)]
    username: Option<String>,
    /// Optional password to be passed as basic auth credentials when the HTTP call is invoked. "-" reads it from
    /// `TIDINGS_LISTENER_PASSWORD` or a line of standard input.
    #[arg(long, value_parser = secret())]
    password: Option<Secret>,
    /// Optional CA file of this machine used instead of the system CA when the HTTP call is invoked.
    #[arg(long, value_name = "FILE")]
    ca_path: Option<String>,
    /// A header of your own; may be specified multiple times. On update, they replace the present ones; an empty text
    /// removes them.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    headers: Vec<Header>,
    /// A secret to sign with, as in Standard Webhooks: whsec_ and base64. "-" reads it from `TIDINGS_LISTENER_SECRET` or a
    /// line of standard input.
    #[arg(long, value_parser = secret())]
    secret: Option<Secret>,
}

/// A header, or the wish to have none.
#[derive(Debug, Clone)]
struct Header(Option<(String, Secret)>);

fn header(text: &str) -> Result<Header, String> {
    if text.is_empty() {
        return Ok(Header(None));
    }
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = parts.ok_or("must be NAME=VALUE")?;
    Ok(Header(Some((name.to_owned(), Secret::new(value)))))
}

impl Options for HttpOptions {
    const KIND: Kind = Kind::Http;
    const REQUIRED: &'static [&'static str] = &["event_types", "url"];
    const CREATE: &'static str = "\
Examples:
  tidings event listener http create --event-type '*' --url https://hooks.example.org/events
  tidings event listener http create --project p1 --event-type 'message.*' \\
    --url https://example.org/in --username alice --password - < password

An empty value is the same as none.";
    const UPDATE: &'static str = "\
Examples:
  tidings event listener http update --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --url https://example.org/new
  tidings event listener http update --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --username '' --password ''

What is not named stays; an empty value removes it.";

    fn set(&self, fields: &mut ListenerFields) -> Result<(), Failure> {
        fields.configure_text("url", self.url.as_ref());
        fields.configure_text("username", self.username.as_ref());
        for (name, variable, given) in [
            ("password", "TIDINGS_LISTENER_PASSWORD", &self.password),
            ("secret", "TIDINGS_LISTENER_SECRET", &self.secret),
        ] {
            if let Some(given) = given {
                let value = reveal(given, &format!("--{name}"), variable)?;
                fields.configure_text(name, Some(&value));
            }
        }
        if let Some(path) = &self.ca_path {
            fields.configure("ca", certificates(path)?);
        }
        if !self.headers.is_empty() {
            let named = self.headers.iter().filter_map(|header| header.0.as_ref());
            let headers: Map<String, Value> = named
                .map(|(name, value)| (name.clone(), value.expose().into()))
                .collect();
            fields.configure("headers", Some(headers).filter(|headers| !headers.is_empty()));
        }
        Ok(())
    }
}

/// Reads certificates: the server has no access to files of this machine.
fn certificates(path: &str) -> Result<Value, Failure> {
    if path.is_empty() {
        return Ok(Value::Null);
    }
    let (shown, path) = (path, Path::new(path));
    let unreadable = || Failure::io(format!("--ca-path: {shown} cannot be read"));
    let size = fs::metadata(path).map_err(unreadable())?.len();
    if size > LONGEST_CA {
        return Err(Failure::Data(format!(
            "--ca-path: {shown} has more than {LONGEST_CA} bytes"
        )));
    }
    let text = fs::read_to_string(path).map_err(unreadable())?;
    Ok(text.into())
}
