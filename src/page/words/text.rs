//! The set of texts.

use std::borrow::Borrow;

/// The texts of the pages in one language.
#[derive(Debug)]
pub struct Words {
    // The frame.
    pub brand: &'static str,
    pub skip: &'static str,
    pub language: &'static str,
    pub project: &'static str,
    pub signed_in_as: &'static str,
    pub open: &'static str,
    pub navigation: &'static str,
    pub messages: &'static str,
    pub catalog: &'static str,
    pub overview: &'static str,

    // Times.
    pub just_now: &'static str,
    pub minutes_ago: Counted,
    pub hours_ago: Counted,
    pub days_ago: Counted,

    // Counts over time.
    pub as_table: &'static str,
    pub today: &'static str,
    pub last_days: &'static str,

    // Filters.
    pub find: &'static str,
    pub text: &'static str,
    pub text_hint: &'static str,
    pub more_filters: &'static str,
    pub level: &'static str,
    pub any: &'static str,
    pub error: &'static str,
    pub warning: &'static str,
    pub info: &'static str,
    pub resource_type: &'static str,
    pub resource_id: &'static str,
    pub code: &'static str,
    pub request_id: &'static str,
    pub since: &'static str,
    pub before: &'static str,
    pub bad_time: &'static str,
    pub cut: &'static str,
    pub text_cut: &'static str,
    pub sort: &'static str,
    pub newest: &'static str,
    pub oldest: &'static str,
    pub errors_first: &'static str,
    pub by_resource: &'static str,
    pub by_code: &'static str,
    pub each: &'static str,
    pub apply: &'static str,
    pub clear: &'static str,

    // The list.
    pub select_all: &'static str,
    pub kept_until: &'static str,
    pub times: Counted,
    pub first: &'static str,
    pub pages: &'static str,
    pub first_page: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub empty: &'static str,
    pub empty_advice: &'static str,
    pub none_match: &'static str,
    pub none_match_advice: &'static str,
    pub marker_gone: &'static str,
    pub marker_gone_advice: &'static str,
    pub news: Counted,
    pub news_many: &'static str,
    pub session_over: &'static str,
    pub session_elsewhere: &'static str,
    pub loading: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,

    // Read marks.
    pub unread: &'static str,
    pub unread_count: Counted,
    pub unread_many: &'static str,
    pub unread_older: &'static str,
    pub mark_all: &'static str,

    // One message.
    pub all_messages: &'static str,
    pub what_to_do: &'static str,
    pub retryable: &'static str,
    pub resource: &'static str,
    pub created: &'static str,
    pub message_id: &'static str,
    pub timeline: &'static str,
    pub timeline_empty: &'static str,
    pub timeline_missing: &'static str,
    pub same_request: &'static str,
    pub same_resource: &'static str,
    pub this_message: &'static str,

    // Deleting.
    pub confirm: Counted,
    pub confirm_advice: &'static str,
    pub delete: &'static str,
    pub cancel: &'static str,
    pub nothing_selected: &'static str,
    pub nothing_selected_advice: &'static str,
    pub deleted: Counted,

    // The catalog.
    pub service_name: &'static str,
    pub services: &'static [(&'static str, &'static str)],
    pub catalog_about: &'static str,
    pub catalog_find: &'static str,
    pub catalog_none: &'static str,
    pub contents: &'static str,
    pub entries: Counted,
    pub whole_catalog: &'static str,
    pub exceptions: &'static str,
    pub show_like: &'static str,
    pub whole: &'static str,
    pub composed: &'static str,
    pub composed_about: &'static str,
    pub resources: &'static str,
    pub actions: &'static str,
    pub id: &'static str,
    pub what: &'static str,
    pub retired: &'static str,

    // The entry page.
    pub home: &'static str,
    pub home_about: &'static str,
    pub project_id: &'static str,
    pub bad_project: &'static str,
    pub show_messages: &'static str,
    pub projects: &'static str,
    pub held: Counted,
    pub held_many: &'static str,
    pub more_projects: &'static str,

    // Errors, with advice.
    pub bad_request: ErrorWords,
    pub unauthorized: ErrorWords,
    pub forbidden: ErrorWords,
    pub out_of_date: ErrorWords,
    pub not_found: ErrorWords,
    pub too_much: ErrorWords,
    pub unavailable: ErrorWords,
    pub exhausted: ErrorWords,
    pub internal: ErrorWords,
    pub fault_id: &'static str,
}

impl Words {
    /// Returns the name of the service whose codes begin with `prefix`; the prefix itself for a site's own service.
    pub fn service<'a>(&self, prefix: &'a str) -> &'a str {
        let known = self.services.iter().find(|(known, _)| *known == prefix);
        known.map_or(prefix, |(_, name)| name)
    }
}

/// A text with a number, whose placeholder is `{}`.
#[derive(Debug)]
pub struct Counted {
    /// For one.
    pub one: &'static str,
    /// For any other number.
    pub many: &'static str,
}

impl Counted {
    /// Returns the text with its number.
    pub fn of(&self, number: impl Borrow<i64>) -> String {
        let number = *number.borrow();
        let text = if number == 1 { self.one } else { self.many };
        text.replace("{}", &number.to_string())
    }
}

/// An error as the user sees it.
#[derive(Debug)]
pub struct ErrorWords {
    /// What happened.
    pub title: &'static str,
    /// What to do.
    pub advice: &'static str,
}
