//! The recipients who have agreed.

use std::borrow::Cow;

use lettre::Address;

use crate::delivery::notifiers::outcome::{LONGEST_ANSWER, Outcome, Verdict};
use crate::listener::{Confirmation, ConfirmationState, Email, Listener};
use crate::store::{Store, confirmation};

/// Looks up who has agreed to be sent events, for each attempt, so that a refusal takes effect at once.
pub struct Recipients {
    store: Store,
}

/// The recipients of one attempt.
pub struct Agreed<'a> {
    /// The settings, with only those who may be sent events.
    pub email: Cow<'a, Email>,
    /// The others, for the attempt's answer.
    left_out: String,
}

impl Recipients {
    /// Looks up confirmations in a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Returns the recipients of a listener who may be sent events: all of a listener of the whole cloud, and those of a project's
    /// who have confirmed.
    ///
    /// # Errors
    /// The outcome of the attempt, if there are none.
    pub async fn agreed<'a>(&self, listener: &Listener, email: &'a Email) -> Result<Agreed<'a>, Outcome> {
        let Some((project, addresses)) = listener.to_confirm() else {
            return Ok(Agreed {
                email: Cow::Borrowed(email),
                left_out: String::new(),
            });
        };
        let read = self
            .store
            .read(move |read| confirmation::of_addresses(read, &project, &addresses));
        match read.await {
            Ok(known) => choose(email, &known),
            Err(error) => Err(without(
                Verdict::Failed(None),
                format!("whether the recipients have confirmed cannot be read: {error}"),
            )),
        }
    }
}

impl Agreed<'_> {
    /// Names the others in an outcome.
    pub fn complete(&self, mut outcome: Outcome) -> Outcome {
        if outcome.answer.len() + self.left_out.len() <= LONGEST_ANSWER {
            outcome.answer.push_str(&self.left_out);
        }
        outcome
    }
}

fn choose<'a>(email: &'a Email, known: &[Confirmation]) -> Result<Agreed<'a>, Outcome> {
    let state_of = |address: &Address| {
        let address = address.to_string();
        let found = known.iter().find(|known| known.address == address);
        found.map(|known| known.state)
    };
    let (addresses, others): (Vec<_>, Vec<_>) = email
        .addresses
        .iter()
        .cloned()
        .partition(|address| state_of(address) == Some(ConfirmationState::Confirmed));
    if addresses.is_empty() {
        let have_refused = others
            .iter()
            .all(|address| state_of(address) == Some(ConfirmationState::Refused));
        return Err(if have_refused {
            without(
                Verdict::Refused,
                "every recipient has refused to be sent events".to_owned(),
            )
        } else {
            let text =
                "no recipient has confirmed yet: each must open the link in the e-mail that asks for it";
            without(Verdict::Failed(None), text.to_owned())
        });
    }
    Ok(Agreed {
        left_out: others.iter().fold(String::new(), |text, other| {
            text + "\n" + other.as_ref() + ": has not confirmed"
        }),
        email: Cow::Owned(Email {
            addresses,
            ..email.clone()
        }),
    })
}

fn without(verdict: Verdict, answer: String) -> Outcome {
    Outcome {
        verdict,
        status: None,
        answer,
    }
}
