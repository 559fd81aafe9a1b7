//! The panels of listeners and of their dead letters.

use super::maker::Maker;
use crate::listener::StoredListener;
use crate::page::panel::{Button, Health, Panel, PanelRow};
use crate::store::delivery::{self, DeadLetter};
use crate::store::listener::ListenerFilter;
use crate::store::{self, Read};

/// Most listeners.
const MOST: i64 = 50;

/// Most dead letters of one listener, and of all.
const MOST_OF_ONE: i64 = 3;
const MOST_DEAD: usize = 10;

/// Most characters of a reason.
const LONGEST_REASON: usize = 200;

/// Deliveries are counted up to this number.
const MOST_COUNTED: i64 = 1000;

/// What the store knows of a listener's deliveries.
struct Deliveries {
    waiting: i64,
    dead: i64,
    newest_dead: Vec<DeadLetter>,
    last_failure: Option<(i64, String)>,
}

/// Returns the panel of listeners and that of dead letters.
pub async fn panels(maker: &Maker<'_>) -> Result<[Panel; 2], store::Error> {
    let listeners = maker.app.registrar.list(ListenerFilter::default(), MOST).await?;
    let ids: Vec<_> = listeners.iter().map(|listener| listener.id).collect();
    let read = maker.app.store.read(move |read| {
        let deliveries = ids.iter().map(|id| Deliveries::of(read, *id));
        deliveries.collect::<Result<Vec<_>, _>>()
    });
    let found: Vec<_> = listeners.into_iter().zip(read.await?).collect();
    let w = maker.words;
    Ok([
        Panel {
            title: w.listeners,
            heads: vec![w.waiting, w.dead],
            rows: found
                .iter()
                .map(|(listener, deliveries)| row(maker, listener, deliveries))
                .collect(),
            empty: w.no_listeners,
        },
        Panel {
            title: w.dead,
            heads: vec![w.attempts],
            rows: dead(maker, &found),
            empty: w.no_dead,
        },
    ])
}

impl Deliveries {
    fn of(read: &mut Read<'_>, listener: uuid::Uuid) -> Result<Self, store::Error> {
        Ok(Self {
            waiting: delivery::count_waiting_for(read, listener, MOST_COUNTED)?,
            dead: delivery::count_dead_of(read, listener, MOST_COUNTED)?,
            newest_dead: delivery::dead_letters(read, listener, MOST_OF_ONE)?,
            last_failure: delivery::last_failure(read, listener)?,
        })
    }
}

fn row(maker: &Maker<'_>, listener: &StoredListener, deliveries: &Deliveries) -> PanelRow {
    let w = maker.words;
    let name = name(listener);
    let (mut health, mut state, mut at) = (Health::Good, w.enabled.to_owned(), None);
    if !listener.is_enabled {
        health = Health::Off;
        state = listener
            .disabled_reason
            .clone()
            .unwrap_or_else(|| w.disabled.to_owned());
    } else if listener.failing_since.is_some() {
        health = Health::Bad;
        w.failing.clone_into(&mut state);
    } else if deliveries.dead > 0 {
        health = Health::Slow;
    }
    if let Some((failed_at, reason)) = deliveries
        .last_failure
        .as_ref()
        .filter(|_| health != Health::Good)
    {
        state = format!("{state}: {}", first_line(reason));
        at = Some(maker.moment(*failed_at));
    }
    let button = |action: &str, text: &'static str| Button {
        action: format!(
            "{}{}/messages/-/listeners/{}/{action}",
            maker.layout.root, maker.layout.prefix, listener.id
        ),
        text,
        label: format!("{text}: {}", crate::legible::shown(&name)),
    };
    let mut buttons = vec![if listener.is_enabled {
        button("disable", w.disable)
    } else {
        button("enable", w.enable)
    }];
    if deliveries.dead > 0 {
        buttons.push(button("redeliver", w.redeliver));
    }
    let whose = listener.reach.project().unwrap_or(w.whole_cloud);
    let kind = format!("{}, {whose}", listener.notifier_type);
    PanelRow {
        health,
        state,
        at,
        figures: [deliveries.waiting, deliveries.dead].map(counted).to_vec(),
        buttons,
        ..PanelRow::new(&name, &kind)
    }
}

/// The newest dead letters of all these listeners.
fn dead(maker: &Maker<'_>, found: &[(StoredListener, Deliveries)]) -> Vec<PanelRow> {
    let mut letters: Vec<_> = found
        .iter()
        .flat_map(|(listener, deliveries)| {
            deliveries
                .newest_dead
                .iter()
                .map(move |letter| (listener, letter))
        })
        .collect();
    letters.sort_unstable_by_key(|(_, letter)| std::cmp::Reverse(letter.event));
    letters.truncate(MOST_DEAD);
    let rows = letters.into_iter().map(|(listener, letter)| {
        let reason = letter.reason.as_deref().unwrap_or(maker.words.failing);
        PanelRow {
            health: Health::Bad,
            state: reason.to_owned(),
            at: Some(maker.moment(letter.created_at)),
            figures: vec![letter.attempts.to_string()],
            ..PanelRow::new(&letter.event.to_string(), &name(listener))
        }
    });
    rows.collect()
}

fn name(listener: &StoredListener) -> String {
    listener.name.clone().unwrap_or_else(|| listener.id.to_string())
}

/// A number that was counted up to [`MOST_COUNTED`].
fn counted(count: i64) -> String {
    if count < MOST_COUNTED {
        count.to_string()
    } else {
        format!("{MOST_COUNTED}+")
    }
}

/// The beginning of an answer's first line: a receiver may send 16 KiB.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
