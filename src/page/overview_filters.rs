//! The filters of the operators' view, in its address and its form.

use crate::catalog::Level;

/// The periods that can be chosen, in hours.
pub const PERIODS: [i64; 4] = [24, 48, 168, 720];

/// The filters as sent; empty if unset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverviewFilters {
    pub text: String,
    pub project: String,
    pub service: String,
    pub level: String,
    pub code: String,
    pub since: String,
    pub before: String,
    /// The period that ends now; none if `since` or `before` is set.
    pub hours: Option<i64>,
}

impl OverviewFilters {
    /// Sets the filter with this name. Unknown names are ignored, and an unknown level is none.
    pub fn set(&mut self, key: &str, value: &str) {
        let value = value.to_owned();
        match key {
            "text" => self.text = value,
            "project" => self.project = value,
            "service" => self.service = value,
            "level" => self.level = Level::parse(&value).map_or_else(String::new, |level| level.to_string()),
            "code" => self.code = value,
            "since" => self.since = value,
            "before" => self.before = value,
            "hours" => self.hours = value.parse().ok().filter(|hours| PERIODS.contains(hours)),
            _ => {}
        }
    }

    /// Returns the filters with one changed.
    #[must_use]
    pub fn with(&self, key: &str, value: &str) -> Self {
        let mut filters = self.clone();
        filters.set(key, value);
        filters
    }

    /// The filters that are set, by their names in the address.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let pairs = [
            ("text", &self.text),
            ("project", &self.project),
            ("service", &self.service),
            ("level", &self.level),
            ("code", &self.code),
            ("since", &self.since),
            ("before", &self.before),
        ];
        let pairs = pairs.map(|(key, value)| (key, value.as_str()));
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Returns the address relative to the page.
    pub fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        query.extend_pairs(self.pairs());
        if let Some(hours) = self.hours {
            query.append_pair("hours", &hours.to_string());
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_set_and_nothing_else() {
        assert_eq!(OverviewFilters::default().address(), "?");
        let filters = OverviewFilters::default()
            .with("code", "VOLUME_000002")
            .with("hours", "24")
            .with("hours2", "x");
        assert_eq!(filters.address(), "?code=VOLUME_000002&hours=24");
        assert_eq!(filters.with("code", "").with("hours", "23").address(), "?");
    }
}
