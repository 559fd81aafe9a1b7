//! The pages of sign-in: the form, the choice of a project, and the one that loads itself again.

use askama::Template;

use super::layout::Layout;
pub use super::sign_in_words::{Words, words};

/// The form of sign-in.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// What is around it.
    pub layout: Layout,
    /// What was wrong with what was sent.
    pub fault: Option<SignInFault>,
    /// What the form sends back to prove that it comes from here.
    pub token: String,
    /// Where to go on; may be empty.
    pub next: String,
    /// The user's name as it was typed.
    pub user: String,
    /// The domain's name.
    pub domain: String,
    /// The project's id or name as it was typed.
    pub project: String,
    /// The id of the application credential as it was typed.
    pub credential: String,
}

/// Why somebody is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFault {
    /// Something was left out.
    Incomplete,
    /// What was shown is wrong.
    Refused,
    /// It was tried too often; the seconds to wait.
    TooOften(u64),
    /// Keystone cannot be asked.
    Unavailable,
    /// The form does not come from a page of this browser, or from an old one.
    OutOfDate,
    /// The page did not come over https.
    Insecure,
}

/// The choice of a project.
#[derive(Debug, Template)]
#[template(path = "choice.html")]
pub struct ChoicePage {
    /// What is around it.
    pub layout: Layout,
    /// The project that the address is about.
    pub wanted: Option<String>,
    /// The projects there are.
    pub projects: Vec<Project>,
    /// Where to go on; may be empty.
    pub next: String,
    /// Whether the one that was chosen cannot be entered.
    pub is_refused: bool,
    /// Whether there is no choice, since a credential has its project.
    pub is_bound: bool,
}

/// A project that one may switch to.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A page that loads itself again.
#[derive(Debug, Template)]
#[template(path = "again.html")]
pub struct Again {
    /// What is around it.
    pub layout: Layout,
}

impl SignInPage {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }

    fn fault(&self) -> Option<String> {
        let words = self.own();
        Some(match self.fault? {
            SignInFault::Incomplete => words.incomplete.to_owned(),
            SignInFault::Refused => words.refused.to_owned(),
            SignInFault::TooOften(wait) => words.too_often.replace("{}", &wait.to_string()),
            SignInFault::Unavailable => words.unavailable.to_owned(),
            SignInFault::OutOfDate => words.out_of_date.to_owned(),
            SignInFault::Insecure => words.insecure.to_owned(),
        })
    }

    /// Whether there is anything to fill in.
    fn can_sign_in(&self) -> bool {
        self.fault != Some(SignInFault::Insecure)
    }
}

impl ChoicePage {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }

    fn is_current(&self, project: &Project) -> bool {
        self.layout.project.as_deref() == Some(project.id.as_str())
    }

    /// The project that the address is about, if it is one of those there are and not the current one.
    fn wanted(&self) -> Option<&Project> {
        let wanted = self.wanted.as_deref()?;
        self.projects
            .iter()
            .find(|project| project.id == wanted && !self.is_current(project))
    }

    /// Whether the address is about a project that cannot be chosen.
    fn is_foreign(&self) -> bool {
        self.wanted.as_deref().is_some_and(|wanted| {
            wanted != "-"
                && self.layout.project.as_deref() != Some(wanted)
                && !self.projects.iter().any(|project| project.id == wanted)
        })
    }
}

impl Again {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }
}
