//! Which rules can concern a notification: known from its type and priority, before anything else of it is read.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::catalog::{self, Argument, Events, OwnerRule, Place, Rule};

/// The rules for one type and priority, in the order in which they are tried.
#[derive(Debug, Default)]
pub struct Relevant {
    /// Those that make messages.
    pub rules: Vec<&'static Rule>,
    /// Those that tell whose a resource is.
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

/// The rules of the types and priorities that were met.
type Met = LruCache<(String, String), Arc<Relevant>>;

/// The rules by type and priority, remembered for those met of late. Clones share what they remember.
#[derive(Debug, Clone)]
pub struct Index {
    met: Arc<Mutex<Met>>,
    context: Arc<HashSet<&'static str>>,
}

/// Types and priorities that are remembered: more than all services together have.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

impl Index {
    /// Nothing met yet.
    pub fn new() -> Self {
        Self {
            met: Arc::new(Mutex::new(LruCache::new(MOST))),
            context: Arc::new(context()),
        }
    }

    /// The rules for a type and priority.
    pub fn of(&self, event_type: &str, priority: &str) -> Arc<Relevant> {
        let mut met = self.met.lock();
        let key = (event_type.to_owned(), priority.to_owned());
        let relevant = met.get_or_insert(key, || Arc::new(Relevant::of(event_type, priority)));
        Arc::clone(relevant)
    }

    /// Whether any rule looks at this member of the context, or who orders a message does.
    pub fn needs_context(&self, name: &str) -> bool {
        self.context.contains(name)
    }
}

/// The members of the context that are looked at.
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
