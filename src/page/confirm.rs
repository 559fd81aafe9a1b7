//! The page where a recipient confirms that they want the events of a project.

use askama::Template;

use super::confirm_words::{Words, words};
use super::layout::Layout;
use crate::legible::shown;

/// The page.
#[derive(Debug, Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// The page's frame.
    pub layout: Layout,
    /// What there is to decide.
    pub question: Question,
    /// The project's id.
    pub project: String,
    /// The recipient's address.
    pub address: String,
    /// The token of the link, which the form sends back.
    pub token: String,
}

/// What there is to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether the recipient wants the events.
    Open,
    /// The recipient has confirmed, and may change their mind.
    Confirmed,
    /// The recipient has refused, and may change their mind while the link is valid.
    Refused {
        /// Whether it is not.
        is_expired: bool,
    },
    /// The link is no longer valid, but can still refuse.
    Expired,
    /// There is no such link.
    Unknown,
}

impl ConfirmPage {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }

    fn title(&self) -> &'static str {
        let words = self.own();
        match self.question {
            Question::Open => words.question,
            Question::Confirmed => words.confirmed,
            Question::Refused { .. } => words.refused,
            Question::Expired => words.expired,
            Question::Unknown => words.unknown,
        }
    }

    fn text(&self) -> String {
        let words = self.own();
        let text = match self.question {
            Question::Open => words.question_text,
            Question::Confirmed => words.confirmed_text,
            Question::Refused { .. } => words.refused_text,
            Question::Expired => words.expired_text,
            Question::Unknown => words.unknown_text,
        };
        // The address last: it may contain anything.
        let text = text.replace("{project}", &shown(&self.project));
        text.replace("{address}", &shown(&self.address))
    }

    fn can_confirm(&self) -> bool {
        matches!(
            self.question,
            Question::Open | Question::Refused { is_expired: false }
        )
    }

    fn can_refuse(&self) -> bool {
        matches!(
            self.question,
            Question::Open | Question::Confirmed | Question::Expired
        )
    }
}
