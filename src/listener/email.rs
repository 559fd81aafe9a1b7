//! The configuration of e-mail.

use lettre::Address;

use super::fields::Fields;
use crate::brief;
use crate::legible::is_legible;

/// Where e-mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The subject.
    pub subject: String,
    /// The recipients, without duplicates; each gets a message of its own.
    pub addresses: Vec<Address>,
    /// Whether the body is the event's JSON alone, as Pulp sends it.
    pub is_json: bool,
}

impl Email {
    pub(super) fn check(fields: &mut Fields<'_>) -> Option<Self> {
        fields.require("subject");
        fields.require("addresses");
        let subject = fields.line("subject", 255);
        let addresses = fields.texts("addresses", 50, 254);
        let body = fields.line("body", 16);
        if body.is_some_and(|body| !matches!(body, "text" | "json")) {
            fields.fault("body", "must be text or json");
        }
        Some(Self {
            subject: subject?.to_owned(),
            addresses: recipients(&addresses?, fields),
            is_json: body == Some("json"),
        })
    }
}

fn recipients(texts: &[&str], fields: &mut Fields<'_>) -> Vec<Address> {
    let mut recipients = Vec::new();
    for text in texts {
        match address(text) {
            Some(address) if recipients.contains(&address) => {}
            Some(address) => recipients.push(address),
            None => {
                let text = brief::brief(text, brief::NAME);
                fields.fault("addresses", &format!("{text:?} is not an e-mail address"));
            }
        }
    }
    recipients
}

/// Parses an address. Its domain is converted to ASCII, which every mail server takes; a local part that is not ASCII needs
/// a server with SMTPUTF8. An IP address in place of the domain would let tenants choose which machine the server connects
/// to.
fn address(text: &str) -> Option<Address> {
    let parsed: Address = text.parse().ok().filter(|_| is_legible(text))?;
    let domain = idna::domain_to_ascii(parsed.domain()).ok()?;
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_name = !last.ends_with(']') && !last.bytes().all(|byte| byte.is_ascii_digit());
    Address::new(parsed.user(), &domain).ok().filter(|_| is_name)
}
