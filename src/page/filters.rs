//! The filters of a list, in its address and its form.

use crate::message::StateFilter;

/// The filters as sent; empty if unset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    pub text: String,
    pub message_level: String,
    /// The first word of the codes of a service.
    pub service: String,
    pub resource_type: String,
    pub resource_uuid: String,
    pub event_id: String,
    pub request_id: String,
    pub since: String,
    pub before: String,
    /// `unread`, `done` or `all`; the inbox if unset.
    pub state: String,
    pub sort: Sort,
    /// Whether repeats are shown separately.
    pub each: bool,
}

/// The sort orders that a user can choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    Level,
    Resource,
    Code,
}

impl Sort {
    const ALL: [Self; 5] = [
        Self::Newest,
        Self::Oldest,
        Self::Level,
        Self::Resource,
        Self::Code,
    ];

    /// Returns its word in the address, the one that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "created_at:desc",
            Self::Oldest => "created_at:asc",
            Self::Level => "message_level:asc",
            Self::Resource => "resource_uuid:asc",
            Self::Code => "event_id:asc",
        }
    }

    /// Parses an order; anything unknown means newest first.
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|sort| sort.as_str() == word);
        known.unwrap_or_default()
    }
}

impl Filters {
    /// Whether no filter is set.
    pub fn shows_all(&self) -> bool {
        let mut fields = self.fields().into_iter().filter(|(key, _)| *key != "state");
        fields.all(|(_, value)| value.is_empty())
    }

    /// Returns the states to show; `None` for all.
    pub fn states(&self) -> Option<StateFilter> {
        match self.state.as_str() {
            "all" => None,
            word => Some(StateFilter::from_name(word).unwrap_or(StateFilter::Inbox)),
        }
    }

    /// Returns the filters of what can be selected: a list of unread messages goes on showing those that were read since.
    #[must_use]
    pub fn of_rows(&self) -> Self {
        let is_unread = self.states() == Some(StateFilter::Unread);
        Self {
            state: if is_unread {
                String::new()
            } else {
                self.state.clone()
            },
            ..self.clone()
        }
    }

    /// Returns the query string with the level switched on, or off if it is on.
    pub fn with_level(&self, level: &str) -> String {
        let is_on = self.message_level == level;
        Self {
            message_level: if is_on { String::new() } else { level.to_owned() },
            ..self.clone()
        }
        .query()
    }

    /// Returns the query string without filters, for the same states.
    pub fn cleared(&self) -> String {
        Self {
            state: self.state.clone(),
            ..Self::default()
        }
        .query()
    }

    /// Returns the query string for other states.
    pub fn with_state(&self, state: &str) -> String {
        Self {
            state: state.to_owned(),
            ..self.clone()
        }
        .query()
    }

    /// Returns the collapsed filters that are set, each with its key.
    pub fn collapsed(&self) -> Vec<(&'static str, &str)> {
        let mut set = self.fields()[3..9].to_vec();
        if self.sort != Sort::default() {
            set.push(("sort", self.sort.as_str()));
        }
        if self.each {
            set.push(("repeats", "each"));
        }
        set.retain(|(_, value)| !value.is_empty());
        set
    }

    /// Returns the query string without one of them.
    pub fn without(&self, key: &str) -> String {
        let query = self.query();
        let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != key);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    }

    /// Returns the canonical query string.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields().iter().filter(|(_, value)| !value.is_empty()));
        if self.sort != Sort::default() {
            query.append_pair("sort", self.sort.as_str());
        }
        if self.each {
            query.append_pair("repeats", "each");
        }
        query.finish()
    }

    /// Returns the query string with one more parameter.
    pub fn query_with(&self, key: &str, value: &str) -> String {
        let query = self.query();
        let between = if query.is_empty() { "" } else { "&" };
        let more = form_urlencoded::Serializer::new(String::new())
            .append_pair(key, value)
            .finish();
        format!("{query}{between}{more}")
    }

    /// The first three and the last are always visible.
    fn fields(&self) -> [(&'static str, &str); 10] {
        [
            ("text", &self.text),
            ("message_level", &self.message_level),
            ("service", &self.service),
            ("resource_type", &self.resource_type),
            ("resource_uuid", &self.resource_uuid),
            ("event_id", &self.event_id),
            ("request_id", &self.request_id),
            ("since", &self.since),
            ("before", &self.before),
            ("state", &self.state),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_string_holds_what_is_given_and_nothing_else() {
        assert_eq!(Filters::default().query(), "");
        let filters = Filters {
            text: "a&b=<c>".to_owned(),
            sort: Sort::Level,
            each: true,
            ..Filters::default()
        };
        assert_eq!(
            filters.query_with("marker", "m"),
            "text=a%26b%3D%3Cc%3E&sort=message_level%3Aasc&repeats=each&marker=m"
        );
        assert!(!filters.shows_all());
        let set = [("sort", "message_level:asc"), ("repeats", "each")];
        assert_eq!(filters.collapsed(), set);
        assert_eq!(filters.without("sort"), "text=a%26b%3D%3Cc%3E&repeats=each");
        assert_eq!(Sort::parse("rubbish"), Sort::Newest);
    }
}
