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
pub(super) fn address(text: &str) -> Option<Address> {
    let parsed: Address = text.parse().ok().filter(|_| is_legible(text))?;
    let domain = idna::domain_to_ascii(parsed.domain()).ok()?;
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_name = !domain.contains([':', '[']) && !last.bytes().all(|byte| byte.is_ascii_digit());
    Address::new(parsed.user(), &domain).ok().filter(|_| is_name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Checks a list of addresses; the result is how they are mailed, or the faults.
    fn checked(addresses: &Value) -> Result<Vec<String>, Vec<String>> {
        let config = json!({"subject": "s", "addresses": addresses});
        let members = config.as_object().unwrap();
        let mut fields = Fields::new(members, "notifier_config.");
        let email = Email::check(&mut fields);
        let faults: Vec<_> = fields.finish().iter().map(ToString::to_string).collect();
        if faults.is_empty() {
            Ok(email.unwrap().addresses.iter().map(ToString::to_string).collect())
        } else {
            Err(faults)
        }
    }

    #[test]
    fn addresses_are_mailed_as_they_are_but_their_domains_in_ascii() {
        for (address, mailed) in [
            ("a@example.org", "a@example.org"),
            ("a.b+c'd@sub.example.org", "a.b+c'd@sub.example.org"),
            ("\"a b\"@example.org", "\"a b\"@example.org"),
            ("root@localhost", "root@localhost"),
            ("jo@bücher.example", "jo@xn--bcher-kva.example"),
            ("用户@例子.中国", "用户@xn--fsqu00a.xn--fiqs8s"),
        ] {
            assert_eq!(
                checked(&json!([address])),
                Ok(vec![mailed.to_owned()]),
                "{address}"
            );
        }
        let twice = json!(["a@example.org", "b@example.org", "a@EXAMPLE.org"]);
        assert_eq!(checked(&twice).unwrap(), ["a@example.org", "b@example.org"]);
    }

    #[test]
    fn what_is_no_address_is_a_fault_that_shows_it() {
        for address in [
            "",
            "a",
            "@example.org",
            "a@",
            "a b@example.org",
            "a@b@example.org",
            "A <a@example.org>",
            "a@example.org,b@example.org",
            "a@example.org>\r\nRCPT TO:<b@example.org",
            "\"a\r\nBcc: b@example.org\"@example.org",
            "\"a\u{202e}\"@example.org",
            "a@exa mple.org",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "a@::1",
        ] {
            let fault = format!("notifier_config.addresses: {address:?} is not an e-mail address");
            assert_eq!(checked(&json!([address])), Err(vec![fault]));
        }
        let faults = checked(&json!(["a", "b@example.org", "c"])).unwrap_err();
        assert_eq!(faults.len(), 2);
    }
}
