//! English.

use super::{Counted, Words};

pub(super) static WORDS: Words = Words {
    title: "Messages",
    skip: "Skip to the content",
    language: "Language",
    project: "Project",
    signed_in_as: "Signed in as",
    open: "Sign-in is switched off on this server: whoever reaches it can read and delete.",
    messages: "Messages",
    just_now: "just now",
    minutes_ago: Counted {
        one: "1 minute ago",
        many: "{} minutes ago",
    },
    hours_ago: Counted {
        one: "1 hour ago",
        many: "{} hours ago",
    },
    days_ago: Counted {
        one: "1 day ago",
        many: "{} days ago",
    },
    empty: "There are no messages.",
};
