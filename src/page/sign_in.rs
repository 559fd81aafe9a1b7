//! The sign-in pages: the form, the choice of a project, and the page that reloads itself.

use askama::Template;

use super::layout::Layout;
pub use super::sign_in_words::{Words, words};

/// The sign-in form.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// The page's frame.
    pub layout: Layout,
    /// What was wrong with the input.
    pub fault: Option<SignInFault>,
    /// The token that the form sends back to prove its origin.
    pub token: String,
    /// Where to continue; may be empty.
    pub next: String,
    /// The user name as entered.
    pub user: String,
    /// The domain's name.
    pub domain: String,
    /// The project's id or name as entered.
    pub project: String,
    /// The application credential's id as entered.
    pub credential: String,
}

/// Why sign-in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFault {
    /// A field is missing.
    Incomplete,
    /// The credentials are wrong.
    Refused,
    /// Too many attempts; the seconds to wait.
    TooOften(u64),
    /// Keystone is unavailable.
    Unavailable,
    /// The form is from another browser or an old page.
    OutOfDate,
    /// The page was not loaded over HTTPS.
    Insecure,
}

/// The choice of a project.
#[derive(Debug, Template)]
#[template(path = "choice.html")]
pub struct ChoicePage {
    /// The page's frame.
    pub layout: Layout,
    /// The project in the address.
    pub wanted: Option<String>,
    /// The projects to choose from.
    pub projects: Vec<Project>,
    /// Where to continue; may be empty.
    pub next: String,
    /// Whether the chosen project was refused.
    pub is_refused: bool,
    /// Whether there is no choice, since an application credential belongs to one project.
    pub is_bound: bool,
}

/// A project to switch to.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A page that reloads itself.
#[derive(Debug, Template)]
#[template(path = "again.html")]
pub struct Again {
    /// The page's frame.
    pub layout: Layout,
}

impl SignInPage {
    /// Renders the page.
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

    /// Whether the form has anything to fill in.
    fn can_sign_in(&self) -> bool {
        self.fault != Some(SignInFault::Insecure)
    }
}

impl ChoicePage {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }

    fn is_current(&self, project: &Project) -> bool {
        self.layout.project.as_deref() == Some(project.id.as_str())
    }

    /// Returns the address's project if it can be chosen and is not the current one.
    fn wanted(&self) -> Option<&Project> {
        let wanted = self.wanted.as_deref()?;
        self.projects
            .iter()
            .find(|project| project.id == wanted && !self.is_current(project))
    }

    /// Whether the address's project cannot be chosen.
    fn is_foreign(&self) -> bool {
        self.wanted.as_deref().is_some_and(|wanted| {
            wanted != "-"
                && self.layout.project.as_deref() != Some(wanted)
                && !self.projects.iter().any(|project| project.id == wanted)
        })
    }
}

impl Again {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }
}
