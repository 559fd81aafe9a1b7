//! The query strings of lists: pages, order and filters, as Masakari reads them.

use crate::api::call::Call;
use crate::api::error::Error;
use crate::failure::flag;
use crate::message::{Direction, Scope};
use crate::store::failure::{Columns, Page};
use crate::store::{self, Conn};

/// The columns that complete every order.
const DEFAULT_ORDER: [&str; 2] = ["created_at", "id"];

/// A query string. Unknown parameters are ignored.
pub struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Parses a query string.
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self {
            pairs: pairs.into_owned().collect(),
        }
    }

    /// Returns the last value of a parameter.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.all(name).next_back()
    }

    /// Returns the last value, as a filter for a text column. No stored text has a NUL, which PostgreSQL refuses.
    pub fn text(&self, name: &str) -> Option<String> {
        self.last(name).map(|value| value.replace('\0', "\u{fffd}"))
    }

    /// Returns the last value, as true or false.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        let read = |value: &str| {
            flag(value)
                .ok_or_else(|| Error::BadRequest(format!("Invalid value for {name}: must be true or false")))
        };
        self.last(name).map(read).transpose()
    }

    fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        let pairs = self.pairs.iter().filter(move |(known, _)| known == name);
        pairs.map(|(_, value)| value.as_str())
    }

    /// Returns the page and its order; none for a page of no rows.
    ///
    /// # Errors
    /// A 400.
    pub fn page(&self, columns: Columns, max_limit: usize) -> Result<Option<Page>, Error> {
        let most = i64::try_from(max_limit).unwrap_or(i64::MAX);
        let limit = self.whole("limit")?.unwrap_or(most).min(most);
        self.whole("page_size")?;
        let mut page = Page::newest(limit);
        page.order = self.order(columns)?;
        if limit == 0 {
            return Ok(None);
        }
        if let Some(marker) = self.last("marker") {
            page.marker = Some(marker.trim().parse().map_err(|_| self.no_marker())?);
        }
        Ok(Some(page))
    }

    /// Searches a page; finds nothing if there is no page.
    ///
    /// # Errors
    /// A 400 if the marker is unknown.
    pub async fn search<T, F>(&self, call: &Call, page: Option<Page>, work: F) -> Result<Vec<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, &Page) -> Result<Vec<T>, store::Error> + Send + 'static,
    {
        let Some(page) = page else {
            return Ok(Vec::new());
        };
        let found = call.app.store.search(&Scope::All, move |read| work(read, &page));
        found.await.map_err(|error| self.refusal(error))
    }

    /// Returns the answer to an error of the store about a page: only the marker can be missing.
    pub fn refusal(&self, error: store::Error) -> Error {
        match error {
            store::Error::NotFound => self.no_marker(),
            error => error.into(),
        }
    }

    fn no_marker(&self) -> Error {
        let marker = self.last("marker").unwrap_or_default();
        Error::BadRequest(format!("Marker {marker} could not be found."))
    }

    /// Reads a whole number as Python does: with a sign, white space around it, of any size.
    fn whole(&self, name: &str) -> Result<Option<i64>, Error> {
        let Some(text) = self.last(name).map(str::trim) else {
            return Ok(None);
        };
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::invalid_input(&format!("{name} must be an integer")));
        }
        let number = digits.parse().unwrap_or(i64::MAX);
        if text.starts_with('-') && number != 0 {
            return Err(Error::invalid_input(&format!("{name} must be >= 0")));
        }
        Ok(Some(number))
    }

    /// Returns the keys with their directions. A key without a direction takes the first one.
    fn order(&self, columns: Columns) -> Result<Vec<(store::failure::SortKey, Direction)>, Error> {
        let directions = self.all("sort_dir").map(|word| match word.trim() {
            "asc" => Ok(Direction::Ascending),
            "desc" => Ok(Direction::Descending),
            _ => Err(Error::invalid_input(
                "Unknown sort direction, must be 'asc' or 'desc'",
            )),
        });
        let directions = directions.collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<&str> = self.all("sort_key").map(str::trim).collect();
        if names.is_empty() {
            names.push(DEFAULT_ORDER[0]);
        }
        if directions.len() > names.len() {
            return Err(Error::invalid_input("Sort direction size exceeds sort key size"));
        }
        for name in DEFAULT_ORDER {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let first = directions.first().copied().unwrap_or(Direction::Descending);
        let keys = names.into_iter().enumerate().map(|(place, name)| {
            let key = columns.find(name).ok_or_else(|| {
                Error::BadRequest(format!("InvalidSortKey('Sort key supplied is invalid: {name}')"))
            })?;
            Ok((key, directions.get(place).copied().unwrap_or(first)))
        });
        keys.collect()
    }
}
