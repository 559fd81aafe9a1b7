//! The operators' view: what fails where, now and over time.

use askama::Template;

use super::chart::Chart;
use super::item::Level;
use super::layout::Layout;
use super::moment::Moment;
use super::overview_filters::{OverviewFilters, PERIODS};
use super::overview_words::{Words, words};
use super::panel::Panel;

/// The page of all projects.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub struct Overview {
    /// The page's frame.
    pub layout: Layout,
    /// The filters in effect.
    pub filters: OverviewFilters,
    /// Whether the earlier and the later time are unreadable.
    pub bad: (bool, bool),
    /// The services that can be chosen, as (name in the catalog, title).
    pub services: Vec<(&'static str, &'static str)>,
    /// What was recorded.
    pub figures: Figures,
    /// The parts of the system.
    pub panels: Vec<Panel>,
}

/// What was recorded in the time that the page shows.
#[derive(Debug)]
pub struct Figures {
    /// The counts over time.
    pub chart: Chart,
    /// The errors of an equally long time before; none if that is not known.
    pub errors_before: Option<i64>,
    /// The most frequent codes.
    pub codes: Ranking,
    /// The projects with the most messages.
    pub projects: Ranking,
    /// The services with the most messages.
    pub services: Ranking,
    /// Until when everything is counted; none if counting has not begun.
    pub until: Option<Moment>,
}

/// One page of a ranking.
#[derive(Debug, Default)]
pub struct Ranking {
    /// Its entries, the most frequent first.
    pub entries: Vec<Ranked>,
    /// The address of the next page.
    pub next: Option<String>,
}

/// One entry of a ranking.
#[derive(Debug)]
pub struct Ranked {
    /// What it is called.
    pub name: String,
    /// Its id, if that says more than the name.
    pub id: Option<String>,
    /// The address of this page with only this.
    pub href: String,
    /// Where else it leads: to its messages or its entry in the catalog, as address and text.
    pub more: Option<(String, &'static str)>,
    /// The number of messages.
    pub count: i64,
    /// The counts over time.
    pub trend: Chart,
}

impl Overview {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static Words {
        words(self.layout.language)
    }

    /// The sums of errors, warnings and information.
    fn totals(&self) -> Vec<(Level, i64)> {
        let levels = ["ERROR", "WARNING", "INFO"].map(|level| Level(level.to_owned()));
        levels.into_iter().zip(self.figures.chart.totals()).collect()
    }

    /// The rankings, each with its id on the page and its title.
    fn rankings(&self) -> [(&'static str, &'static str, &Ranking); 3] {
        let (o, figures) = (self.own(), &self.figures);
        [
            ("codes", o.codes, &figures.codes),
            ("projects", o.projects, &figures.projects),
            ("services", o.services, &figures.services),
        ]
    }

    /// The periods that can be chosen, each with its address and whether it is shown.
    fn periods(&self) -> Vec<(String, String, bool)> {
        let periods = PERIODS.into_iter().map(|hours| {
            let name = if hours % 24 == 0 && hours > 48 {
                self.own().days.of(hours / 24)
            } else {
                self.own().hours.of(hours)
            };
            let filters = OverviewFilters {
                hours: Some(hours),
                since: String::new(),
                before: String::new(),
                ..self.filters.clone()
            };
            (name, filters.address(), self.filters.hours == Some(hours))
        });
        periods.collect()
    }

    /// The filters that are set, each with its name, its value and the address without it.
    fn chosen(&self) -> Vec<(&'static str, String, String)> {
        let w = self.layout.words();
        let name = |key: &str| match key {
            "project" => w.project,
            "service" => w.service_name,
            "level" => w.level,
            "code" => w.code,
            "text" => self.own().text,
            _ => "",
        };
        let chosen = self.filters.pairs().into_iter();
        chosen
            .filter(|(key, _)| !name(key).is_empty())
            .map(|(key, value)| (name(key), value.to_owned(), self.filters.with(key, "").address()))
            .collect()
    }
}
