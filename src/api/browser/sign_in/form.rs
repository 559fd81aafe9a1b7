//! Forms that browsers send.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};

use crate::api::app::App;
use crate::api::body;
use crate::api::error::Error;

/// Longest form, in bytes: enough for the ids of the longest page.
const LONGEST: usize = 65_536;

/// Most fields of a form: enough for the ids of the longest page.
const MOST_FIELDS: usize = 1024;

/// The fields of a form, in order. Not `Debug`, as they may contain a password.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the form of a request.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaType`] for another body, [`Error::BadRequest`] for too many fields.
    pub async fn read(request: &HttpRequest, payload: web::Payload, app: &App) -> Result<Self, Error> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        if !kind
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            return Err(Error::UnsupportedMediaType);
        }
        let payload: Payload = payload.into_inner();
        let limit = LONGEST.min(app.config.api.max_request_body_size);
        let body = body::read(payload, app, limit).await?;
        let form = Self::parse(&body);
        if form.0.len() > MOST_FIELDS {
            return Err(Error::BadRequest(format!(
                "The form has more than {MOST_FIELDS} fields."
            )));
        }
        Ok(form)
    }

    /// Parses the fields of a body or a query string.
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of a field; empty if there is none.
    pub fn get(&self, name: &'static str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a field.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }
}
