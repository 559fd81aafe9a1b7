//! The query string of the lists.

use form_urlencoded::Serializer;
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::error::Error;
use crate::catalog::canonical_uuid;

/// The page and the filters of a list.
pub struct Parameters {
    /// The most entries of the page.
    pub limit: usize,
    /// The last entry of the page before.
    pub marker: Option<Uuid>,
    filters: Vec<(String, String)>,
}

impl Parameters {
    /// Parses a query string with these filters, each at most once.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn parse(query: &str, known: &[&str], max_limit: usize) -> Result<Self, Error> {
        let mut parameters = Self {
            limit: max_limit,
            marker: None,
            filters: Vec::new(),
        };
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let bad = |what: &str| Error::BadRequest(format!("{name}: must be {what}"));
            if seen.iter().any(|seen| *seen == name) {
                return Err(bad("given once"));
            }
            seen.push(name.to_string());
            match &*name {
                "limit" => {
                    let limit: usize = value.parse().map_err(|_| bad("a whole number"))?;
                    parameters.limit = limit.min(max_limit);
                }
                "marker" => {
                    let marker = canonical_uuid(&value).ok_or_else(|| bad("an id"))?;
                    parameters.marker = Some(marker);
                }
                filter if known.contains(&filter) => {
                    parameters.filters.push((name.into_owned(), value.into_owned()));
                }
                _ => {
                    let known = known.join(", ");
                    return Err(Error::BadRequest(format!(
                        "{name}: is not a parameter; the parameters are {known}, limit, marker"
                    )));
                }
            }
        }
        Ok(parameters)
    }

    /// The value of a filter.
    pub fn filter(&self, name: &str) -> Option<&str> {
        let found = self.filters.iter().find(|(filter, _)| filter == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The address of the page after an entry.
    pub fn next(&self, call: &Call, collection: &str, marker: Uuid) -> String {
        let query = Serializer::new(String::new())
            .extend_pairs(&self.filters)
            .append_pair("limit", &self.limit.to_string())
            .append_pair("marker", &marker.to_string())
            .finish();
        format!("{}?{query}", call.address(collection))
    }
}
