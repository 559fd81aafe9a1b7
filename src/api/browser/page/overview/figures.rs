//! What was recorded, from the roll-ups.

use std::collections::HashMap;

use super::asked::{Asked, MARKERS};
use crate::api::browser::page::bars::{bars_of, whole};
use crate::api::browser::page::catalog::sentence;
use crate::catalog::{Code, Language, Level, services};
use crate::message::{self, CountFilter, RankPage, Ranking};
use crate::page::chart::{Bar, Chart};
use crate::page::overview::{self, Figures};
use crate::page::{Layout, Moment, encode, words};
use crate::store::{self, Read, rollup};

/// Entries of one page of a ranking.
const PAGE: usize = 10;

/// Codes among which words are looked for: those with the most messages.
const MOST_SEARCHED: usize = 1000;

/// The size of a chart and of a trend, in units of the drawing.
const CHART: (f64, f64) = (1140.0, 176.0);
const TREND: (f64, f64) = (84.0, 18.0);

/// What comes from the store.
pub struct Found {
    bars: Vec<message::Bar>,
    errors_before: Option<u64>,
    rankings: [RankPage; 3],
    counted_until: Option<i64>,
}

impl Found {
    /// Reads it. `settled` is [`Store::settled_before`](store::Store::settled_before) now.
    pub fn read(
        read: &mut Read<'_>,
        asked: &Asked,
        language: Language,
        settled: i64,
    ) -> Result<Self, store::Error> {
        let filter = filter(read, asked, language)?;
        let bars = rollup::bars(read, &filter)?;
        let before = filter.before.map(|period| {
            let before = CountFilter {
                period,
                ..filter.clone()
            };
            rollup::bars(read, &before)
        });
        let before = before.transpose()?;
        let mut rankings: [RankPage; 3] = Default::default();
        let kinds = [Ranking::Code, Ranking::Project, Ranking::Service];
        for ((ranking, by), after) in rankings.iter_mut().zip(kinds).zip(&asked.after) {
            *ranking = rollup::ranked(read, &filter, by, after.as_ref(), PAGE)?;
        }
        Ok(Self {
            bars,
            errors_before: before.map(|bars| bars.iter().map(|bar| bar.counts.errors).sum()),
            rankings,
            counted_until: rollup::counted_until(read, settled)?,
        })
    }

    /// The projects that are shown.
    pub fn projects(&self) -> Vec<String> {
        let [_, projects, _] = &self.rankings;
        projects.entries.iter().map(|entry| entry.key.clone()).collect()
    }

    /// As the page shows it, at `now`. `names` has the names of projects, as far as they are known.
    pub fn figures(
        self,
        asked: &Asked,
        layout: &Layout,
        names: &HashMap<String, String>,
        now: i64,
    ) -> Figures {
        let Self {
            bars,
            errors_before,
            rankings: [codes, projects, services],
            counted_until,
        } = self;
        let ranking = Rankings { asked, now };
        Figures {
            chart: Chart {
                bars: bars_of(asked.period, &bars, now, |at| asked.address_of(at)),
                size: CHART,
                has_axes: true,
            },
            errors_before: errors_before.map(whole),
            codes: ranking.page(codes, 0, |key| named_code(key, layout)),
            projects: ranking.page(projects, 1, |key| Named {
                name: names.get(key).cloned().unwrap_or_else(|| key.to_owned()),
                id: names.contains_key(key).then(|| key.to_owned()),
                more: Some((layout.messages_of(key), layout.words().messages)),
            }),
            services: ranking.page(services, 2, |key| Named {
                name: service_name(key, layout.language),
                id: None,
                more: None,
            }),
            until: counted_until.map(|at| Moment { at, now }),
        }
    }
}

/// The conditions of the page.
fn filter(read: &mut Read<'_>, asked: &Asked, language: Language) -> Result<CountFilter, store::Error> {
    let filters = &asked.filters;
    let given = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    let filter = CountFilter {
        project: given(&filters.project),
        service: given(&filters.service),
        codes: given(&filters.code).map(|code| vec![code]),
        level: Level::parse(&filters.level),
        before: asked.before,
        ..CountFilter::all(asked.period)
    };
    if filters.text.is_empty() {
        return Ok(filter);
    }
    let recorded = rollup::ranked(read, &filter, Ranking::Code, None, MOST_SEARCHED)?;
    let text = filters.text.to_lowercase();
    let codes = recorded.entries.into_iter().map(|entry| entry.key);
    let has_words = |code: &String| {
        let told = format!("{code} {}", told(code, language)).to_lowercase();
        text.split_whitespace().all(|word| told.contains(word))
    };
    Ok(CountFilter {
        codes: Some(codes.filter(has_words).collect()),
        ..filter
    })
}

/// What messages with this code say.
fn told(code: &str, language: Language) -> String {
    let known = Code::parse(code).map(|code| sentence(code, language));
    known.unwrap_or_else(|| code.to_owned())
}

/// What the service with this name in the catalog is called.
fn service_name(name: &str, language: Language) -> String {
    let known = services().iter().find(|service| service.name == name);
    let prefix = known.map_or(name, |service| service.prefix);
    words(language).service(prefix).to_owned()
}

/// How an entry is called, and where it leads.
struct Named {
    name: String,
    id: Option<String>,
    more: Option<(String, &'static str)>,
}

fn named_code(code: &str, layout: &Layout) -> Named {
    let known = Code::parse(code);
    Named {
        name: told(code, layout.language),
        id: known.map(|code| code.to_string()),
        more: known.map(|_| (layout.entry(code), layout.words().catalog)),
    }
}

/// What the entries of all rankings have in common.
struct Rankings<'a> {
    asked: &'a Asked,
    now: i64,
}

impl Rankings<'_> {
    /// A page of the ranking with this index.
    fn page(&self, page: RankPage, index: usize, name: impl Fn(&str) -> Named) -> overview::Ranking {
        let key = ["code", "project", "service"][index];
        let filters = &self.asked.filters;
        let entries = page.entries.into_iter().map(|entry| {
            let Named { name, id, more } = name(&entry.key);
            overview::Ranked {
                name,
                id,
                href: filters.with(key, &entry.key).address(),
                more,
                count: whole(entry.counts.total()),
                trend: self.trend(&entry.trend),
            }
        });
        let next = page.next.map(|next| {
            let address = filters.address();
            format!("{address}&{}={}", MARKERS[index], encode(&next.to_string()))
        });
        overview::Ranking {
            entries: entries.collect(),
            next,
        }
    }

    fn trend(&self, counts: &[u64]) -> Chart {
        let (since, step) = (self.asked.period.since, self.asked.period.trend_step());
        let bars = counts.iter().zip(0_i64..).map(|(count, index)| Bar {
            at: Moment {
                at: since + index * step,
                now: self.now,
            },
            is_day: false,
            counts: [0, 0, whole(*count)],
            href: String::new(),
        });
        Chart {
            bars: bars.collect(),
            size: TREND,
            has_axes: false,
        }
    }
}
