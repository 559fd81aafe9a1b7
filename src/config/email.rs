//! `[email]`.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use tidings_client::Secret;

use super::bind::Bind;
use super::fault::ConfigFaults;
use super::reader::OptionReader;
use super::value::Value;

const SECTION: &str = "email";

/// `[email]`: the mail server that the e-mails of listeners are handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// Whether e-mails are sent. Until then deliveries wait.
    pub enabled: bool,
    /// The mail server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The sender: an address, optionally with a name.
    pub from: Option<Mailbox>,
    /// How the connection is encrypted; `None` for the default of [`Email::encryption`].
    pub tls: Option<Encryption>,
    /// The user to log in as; `None` for no login.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// A file of certificates (PEM) to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// The time limit of one attempt, which mails every recipient of a listener.
    pub timeout: Duration,
    /// The most connections at a time.
    pub max_connections: usize,
}

/// How a connection to a mail server is encrypted. The certificate is always verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// By the command STARTTLS, without which nothing is sent.
    Starttls,
    /// From the first byte, usually on port 465.
    Tls,
}

impl Default for Email {
    fn default() -> Self {
        Self {
            enabled: false,
            host: "localhost".to_owned(),
            port: 25,
            from: None,
            tls: None,
            username: None,
            password: None,
            ca_file: None,
            timeout: Duration::from_secs(30),
            max_connections: 10,
        }
    }
}

impl Email {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section(SECTION);
        // No longer: other servers may take over a delivery after a minute.
        let times = Duration::from_secs(1)..=Duration::from_secs(45);
        Self {
            enabled: section.get("enabled", default.enabled),
            host: section.checked("host", default.host, |host| check_host(host)),
            port: section.get("port", default.port),
            from: section.get("from", default.from),
            tls: section.get("tls", default.tls),
            username: section.get("username", default.username),
            password: section.get("password", default.password),
            ca_file: section.get("ca_file", default.ca_file),
            timeout: section.within("timeout", default.timeout, &times),
            max_connections: section.within("max_connections", default.max_connections, &(1..=100)),
        }
    }

    /// Returns how connections are encrypted. Only those that stay on this machine are in plain text by default.
    pub fn encryption(&self) -> Encryption {
        self.tls.unwrap_or(if self.is_loopback() {
            Encryption::None
        } else {
            Encryption::Starttls
        })
    }

    fn is_loopback(&self) -> bool {
        Bind::new(self.host.as_str(), self.port).is_loopback()
    }

    /// Checks what sending requires.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        let mut fault = |option, text: &str| faults.add(SECTION, option, text.to_owned());
        if !self.enabled {
            return;
        }
        if self.from.is_none() {
            fault(
                "from",
                "is required with enabled = true: the sender's address, such as Cloud <no-reply@example.org>",
            );
        }
        if self.username.is_some() != self.password.is_some() {
            fault("username", "must be given together with password");
        }
        if self.username.is_some() && self.encryption() == Encryption::None && !self.is_loopback() {
            fault(
                "tls",
                "none would send the password over the network in plain text: choose starttls or tls",
            );
        }
    }
}

fn check_host(host: &str) -> Result<(), String> {
    let is_valid = rustls::pki_types::ServerName::try_from(host).is_ok();
    let fault = || format!("{host:?} is not a host name or an IP address");
    is_valid.then_some(()).ok_or_else(fault)
}

/// ASCII, since a server without SMTPUTF8 would refuse every mail from another address.
impl Value for Mailbox {
    fn parse(text: &str) -> Result<Self, String> {
        let is_valid = |from: &Self| from.email.to_string().is_ascii() && !text.contains(char::is_control);
        let parsed = text.parse().ok().filter(is_valid);
        parsed.ok_or_else(|| format!("{text:?} is not an ASCII address such as no-reply@example.org"))
    }
}

impl Value for Encryption {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "starttls" => Ok(Self::Starttls),
            "tls" => Ok(Self::Tls),
            _ => Err(format!("{text:?} must be none, starttls or tls")),
        }
    }
}

impl Value for u16 {
    fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.parse().ok().filter(|port| *port != 0);
        parsed.ok_or_else(|| format!("{text:?} is not a port from 1 to 65535"))
    }
}
