//! The configuration of e-mail.

use super::fields::Fields;

/// Where e-mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The subject.
    pub subject: String,
    /// The recipients; each gets a message of its own.
    pub addresses: Vec<String>,
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
            addresses: addresses?.into_iter().map(str::to_owned).collect(),
            is_json: body == Some("json"),
        })
    }
}
