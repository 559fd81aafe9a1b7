//! Confirmations: whether the owner of an e-mail address agrees to be sent the events of a project. Without them, members could
//! have the cloud's mail server write to any stranger.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::catalog::Language;
use crate::seal::{self, hex};

/// How long the link of a request is valid, in microseconds: three days, which outlast a weekend.
const LIFETIME: i64 = 3 * 86_400 * 1_000_000;

/// The most requests of a project to one address, until the last one is forgotten.
const MOST_MAILS: i32 = 3;

/// The path of the link, below the public endpoint.
const PATH: &str = "/v3/-/messages/-/confirm";

/// The consent of an address to the events of a project. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The project.
    pub project: String,
    /// The address.
    pub address: String,
    /// Whether its owner was asked, and agreed.
    pub state: ConfirmationState,
    /// When the request is next mailed.
    pub due: Option<i64>,
    /// How often that was tried since it became due.
    pub tries: i32,
    /// How many requests were mailed, or may have been.
    pub mails: i32,
    /// When the last request was mailed, or tried.
    pub asked_at: Option<i64>,
    /// When the owner confirmed or refused.
    pub decided_at: Option<i64>,
}

/// Whether the owner of an address was asked, and agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmationState {
    /// The request is still to be mailed.
    Waiting,
    /// It was mailed.
    Asked,
    /// The owner agreed.
    Confirmed,
    /// The owner refused.
    Refused,
    /// The request could not be mailed.
    Undeliverable,
}

impl Confirmation {
    /// Whether the link of the last request is no longer valid.
    pub fn is_expired(&self, now: i64) -> bool {
        self.asked_at
            .is_none_or(|asked_at| asked_at.saturating_add(LIFETIME) <= now)
    }

    /// Whether another request may be mailed.
    pub fn may_be_asked_again(&self, now: i64) -> bool {
        let is_open = matches!(
            self.state,
            ConfirmationState::Asked | ConfirmationState::Undeliverable
        );
        is_open && self.may_be_mailed() && self.is_expired(now)
    }

    /// Whether the address was sent fewer requests than it may be.
    pub fn may_be_mailed(&self) -> bool {
        self.mails < MOST_MAILS
    }

    /// Returns the name of its state in the API.
    pub fn state_name(&self, now: i64) -> &'static str {
        match self.state {
            ConfirmationState::Asked if self.is_expired(now) => "expired",
            ConfirmationState::Asked => "asked",
            ConfirmationState::Waiting => "waiting",
            ConfirmationState::Confirmed => "confirmed",
            ConfirmationState::Refused => "refused",
            ConfirmationState::Undeliverable => "undeliverable",
        }
    }
}

/// Returns an address without what leads to the same mailbox at many providers: case, quotes, dots, and a tag after `+`. Only a
/// provider knows which of its addresses are one mailbox. Where in doubt they count as one: at worst, a stranger whose address
/// differs by a dot alone is asked later, or not at all after the other has refused; else one owner could be asked under
/// any number of addresses.
pub fn mailbox(address: &str) -> String {
    let address = address.to_lowercase();
    match address.rsplit_once('@') {
        Some((user, domain)) => {
            let user = user.replace(['"', '\\', '.'], "");
            let user = user.split_once('+').map_or(user.as_str(), |(user, _)| user);
            format!("{user}@{domain}")
        }
        None => address,
    }
}

/// What proves that someone reads the mails to an address. Only its digest is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmationToken([u8; 32]);

impl fmt::Debug for ConfirmationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationToken(..)")
    }
}

impl ConfirmationToken {
    /// Creates a token; `None` if the system has no random numbers.
    pub fn random() -> Option<Self> {
        seal::random().map(Self)
    }

    /// Reads the token of a link.
    pub fn parse(text: &str) -> Option<Self> {
        hex::read(text).map(Self)
    }

    /// Returns the token as links and forms contain it.
    pub fn text(&self) -> String {
        hex::write(&self.0)
    }

    /// Returns the digest, which is looked up: how long that takes tells nothing about the token.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Returns the link to a page in this language, below the public endpoint.
    pub fn link(&self, endpoint: &str, language: Language) -> String {
        let (language, token) = (language.tag(), self.text());
        format!("{endpoint}{PATH}?language={language}&token={token}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_231_224_834_285;

    #[test]
    fn one_mailbox_has_many_addresses() {
        for address in [
            "jo@example.org",
            "Jo@example.org",
            "jo+a@example.org",
            "JO+a+b@EXAMPLE.org",
            "\"jo\"@example.org",
            "\"j\\o+a\"@example.org",
            "j.o@example.org",
            "j.o.+a.b@example.org",
        ] {
            assert_eq!(mailbox(address), "jo@example.org");
        }
        for other in ["joe@example.org", "jo@example.com", "jo-a@example.org"] {
            assert_ne!(mailbox(other), "jo@example.org");
        }
    }

    #[test]
    fn a_token_is_read_from_its_link_and_shown_nowhere_else() {
        let token = ConfirmationToken::random().unwrap();
        let link = token.link("https://cloud.example.org/volume", Language::negotiate("zh-CN"));
        let (start, text) = link.split_once("&token=").unwrap();
        assert_eq!(
            start,
            "https://cloud.example.org/volume/v3/-/messages/-/confirm?language=zh_CN"
        );
        assert_eq!(ConfirmationToken::parse(text), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "ConfirmationToken(..)");
        assert!(!hex::write(&token.digest()).contains(text));
        assert_ne!(ConfirmationToken::random().unwrap(), token);
    }

    #[test]
    fn an_owner_is_asked_again_only_when_the_link_is_over_and_three_times_at_most() {
        let asked = Confirmation {
            project: "p1".to_owned(),
            address: "a@example.org".to_owned(),
            state: ConfirmationState::Asked,
            due: None,
            tries: 1,
            mails: 2,
            asked_at: Some(NOW),
            decided_at: None,
        };
        assert_eq!(asked.state_name(NOW + LIFETIME - 1), "asked");
        assert!(!asked.may_be_asked_again(NOW + LIFETIME - 1));
        assert_eq!(asked.state_name(NOW + LIFETIME), "expired");
        assert!(asked.may_be_asked_again(NOW + LIFETIME));
        for ended in [
            Confirmation {
                mails: 3,
                ..asked.clone()
            },
            Confirmation {
                state: ConfirmationState::Refused,
                ..asked.clone()
            },
            Confirmation {
                state: ConfirmationState::Confirmed,
                ..asked.clone()
            },
            Confirmation {
                state: ConfirmationState::Waiting,
                ..asked
            },
        ] {
            assert!(!ended.may_be_asked_again(NOW + LIFETIME), "{ended:?}");
        }
    }
}
