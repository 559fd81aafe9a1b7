//! The panels of the operators' view: tables of the parts of the system and their states.

use super::moment::Moment;
pub use super::panel_words::{Words as PanelWords, words as panel_words};

/// One panel.
#[derive(Debug)]
pub struct Panel {
    /// Its heading.
    pub title: &'static str,
    /// The headings of the figures. The columns of the name, the state and the buttons have none.
    pub heads: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<PanelRow>,
    /// What is said in place of rows.
    pub empty: &'static str,
}

/// One part of the system.
#[derive(Debug)]
pub struct PanelRow {
    /// Its name.
    pub name: String,
    /// What it is, if the name does not say it.
    pub kind: String,
    /// How it fares.
    pub health: Health,
    /// The same in words.
    pub state: String,
    /// When that was noted.
    pub at: Option<Moment>,
    /// Its figures, one for each head.
    pub figures: Vec<String>,
    /// What went on with it, step by step.
    pub steps: Vec<(Moment, String)>,
    /// Entries for the catalog to copy; may be empty.
    pub draft: String,
    /// What can be done with it.
    pub buttons: Vec<Button>,
}

/// How a part fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As it should.
    Good,
    /// With delays or failures.
    Slow,
    /// It does not work.
    Bad,
    /// It is not in use.
    Off,
}

/// A form with one button.
#[derive(Debug)]
pub struct Button {
    /// Where it is sent.
    pub action: String,
    /// What it says.
    pub text: &'static str,
    /// What it says to those who do not see the row.
    pub label: String,
}

impl PanelRow {
    /// A part that fares as it should, of which nothing else is known.
    pub fn new(name: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            health: Health::Good,
            state: String::new(),
            at: None,
            figures: Vec::new(),
            steps: Vec::new(),
            draft: String::new(),
            buttons: Vec::new(),
        }
    }
}

impl Health {
    /// Returns the CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Slow => "slow",
            Self::Bad => "bad",
            Self::Off => "idle",
        }
    }
}
