//! The outcome of an e-mail to one recipient, and of an attempt to mail all of them.

use lettre::Address;
use lettre::transport::smtp::Error;

use crate::brief;
use crate::delivery::notifiers::outcome::{LONGEST_ANSWER, Outcome, Verdict};

/// The most bytes of one reply that are kept.
const LONGEST_REPLY: usize = 512;

/// The outcome of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The consequence.
    pub fate: Fate,
    /// The code of the reply.
    pub status: Option<u16>,
    /// The reply, or the reason why there is none.
    pub text: String,
}

/// The consequence of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server has the e-mail.
    Accepted,
    /// The server may take it later.
    Postponed,
    /// The server will never take it.
    Refused,
    /// The server takes no e-mails at present, for any recipient.
    Down,
}

impl Reply {
    /// The e-mail was accepted.
    pub fn accepted(status: Option<u16>, text: &str) -> Self {
        Self::new(Fate::Accepted, status, text)
    }

    /// The e-mail cannot be sent to this recipient.
    pub fn refused(text: &str) -> Self {
        Self::new(Fate::Refused, None, text)
    }

    /// The server cannot be used.
    pub fn down(text: &str) -> Self {
        Self::new(Fate::Down, None, text)
    }

    /// A fault that does not concern the recipient, whatever its code: operators must mend a failed login.
    pub fn of_server(what: &str, error: &Error) -> Self {
        Self::new(
            Fate::Down,
            error.status().map(u16::from),
            &format!("{what}: {error}"),
        )
    }

    /// A reply about the recipient or the e-mail.
    pub fn of_recipient(error: &Error) -> Self {
        let status = error.status().map(u16::from);
        let fate = match status {
            // The server closes the connection.
            None | Some(421) => Fate::Down,
            Some(_) if error.is_permanent() => Fate::Refused,
            Some(_) => Fate::Postponed,
        };
        Self::new(fate, status, &error.to_string())
    }

    fn new(fate: Fate, status: Option<u16>, text: &str) -> Self {
        let text = brief::brief(text, LONGEST_REPLY).into_owned();
        Self { fate, status, text }
    }
}

/// Returns the outcome of an attempt. It fails if any recipient may still get the e-mail, and is refused if all refused; a
/// recipient who refuses does not keep the others from counting as delivered.
pub fn outcome(replies: &[(&Address, Reply)]) -> Outcome {
    let first = |fates: &[Fate]| replies.iter().find(|(_, reply)| fates.contains(&reply.fate));
    let (verdict, decisive) = if let Some(reply) = first(&[Fate::Postponed, Fate::Down]) {
        (Verdict::Failed(None), Some(reply))
    } else if let Some(reply) = first(&[Fate::Accepted]) {
        (Verdict::Delivered, Some(reply))
    } else {
        (Verdict::Refused, first(&[Fate::Refused]))
    };
    let lines = replies
        .iter()
        .map(|(address, reply)| format!("{address}: {}", reply.text));
    let answer = lines.collect::<Vec<_>>().join("\n");
    Outcome {
        verdict,
        status: decisive.and_then(|(_, reply)| reply.status),
        answer: brief::brief(&answer, LONGEST_ANSWER - 32).into_owned(),
    }
}
