//! Preselects the rules for a notification by its type and priority, before the rest of it is decoded.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::catalog::{self, Argument, Events, OwnerRule, Place, Rule};

/// The rules for one type and priority, in evaluation order.
#[derive(Debug, Default)]
pub struct Relevant {
    /// Rules that make messages.
    pub rules: Vec<&'static Rule>,
    /// Rules that reveal owners.
    pub owners: Vec<&'static OwnerRule>,
}

impl Relevant {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.owners.is_empty()
    }

    fn of(event_type: &str, priority: &str) -> Self {
        let are = |events: &Events| events.are(event_type, priority);
        Self {
            rules: catalog::rules().iter().filter(|rule| are(&rule.events)).collect(),
            owners: catalog::owner_rules()
                .iter()
                .filter(|rule| are(&rule.events))
                .collect(),
        }
    }
}

/// The cached rules by type and priority.
type Met = LruCache<(String, String), Arc<Relevant>>;

/// Finds the rules by type and priority and caches recent results. Clones share the cache.
#[derive(Debug, Clone)]
pub struct Index {
    met: Arc<Mutex<Met>>,
    context: Arc<HashSet<&'static str>>,
}

/// The size of the cache: more than all services' types and priorities.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

impl Index {
    /// Starts with an empty cache.
    pub fn new() -> Self {
        Self {
            met: Arc::new(Mutex::new(LruCache::new(MOST))),
            context: Arc::new(context()),
        }
    }

    /// Returns the rules for a type and priority.
    pub fn of(&self, event_type: &str, priority: &str) -> Arc<Relevant> {
        let mut met = self.met.lock();
        let key = (event_type.to_owned(), priority.to_owned());
        let relevant = met.get_or_insert(key, || Arc::new(Relevant::of(event_type, priority)));
        Arc::clone(relevant)
    }

    /// Whether any rule, or an order, reads this key of the context.
    pub fn needs_context(&self, name: &str) -> bool {
        self.context.contains(name)
    }
}

/// Returns the context keys that are read.
fn context() -> HashSet<&'static str> {
    let mut names: HashSet<&'static str> = super::order::CONTEXT.into();
    let mut add = |places: &'static [Place]| {
        for place in places {
            if let ["context", name, ..] = place.path {
                names.insert(name);
            }
        }
    };
    for rule in catalog::rules() {
        add(rule.resource);
        add(rule.project);
        add(rule.request);
        rule.outcome.places().for_each(&mut add);
        rule.events
            .conditions
            .iter()
            .for_each(|condition| add(std::slice::from_ref(&condition.place)));
        for (_, argument) in rule.parameters {
            if let Argument::Found(places) = argument {
                add(places);
            }
        }
    }
    for rule in catalog::owner_rules() {
        add(rule.resource);
        add(rule.project);
        rule.events
            .conditions
            .iter()
            .for_each(|condition| add(std::slice::from_ref(&condition.place)));
    }
    names
}
