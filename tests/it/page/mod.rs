//! The pages, as a browser receives them.

mod catalog;
mod delete;
mod detail;
mod faults;
mod filters;
mod headers;
mod home;
mod hostile;
mod languages;
mod list;
mod live;
pub mod overview;
mod states;
mod trend;
mod unread;

use tidings::message::Message;

use tempfile::NamedTempFile;

use crate::support::{Actor, Answer, TestApp, message};

/// The `Accept` header of browsers.
pub const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Somebody with a browser.
pub struct Browser(pub Actor);

impl Browser {
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.0.request(reqwest::Method::GET, path);
        self.0.send(request.header("Accept", BROWSER)).await
    }

    /// The list, with a query string.
    pub async fn list(&self, query: &str) -> Answer {
        self.get(&format!("{}?{query}", self.0.messages())).await
    }

    /// Posts a form without following its redirect.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_from(path, fields, "same-origin").await
    }

    /// Posts a form from a page of the same or another site.
    pub async fn send_from(&self, path: &str, fields: &[(&str, &str)], site: &str) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .0
            .request(reqwest::Method::POST, path)
            .header("Accept", BROWSER)
            .header("Sec-Fetch-Site", site)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        self.0.send(request).await
    }
}

/// Starts a server with its own policy rule, which decides what a browser without a token may do.
pub fn with_rule(name: &str, rule: &str) -> (TestApp, NamedTempFile) {
    let file = NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(file.path(), format!("\"{name}\": \"{rule}\"\n")).unwrap();
    let path = file.path().to_str().unwrap();
    let app = TestApp::with_options(&[("OS_OSLO_POLICY__POLICY_FILE", path)]);
    (app, file)
}

/// A message about a resource.
pub fn about(resource: &str, seconds: i64) -> Message {
    Message {
        resource_uuid: Some(resource.to_owned()),
        ..message("p1", seconds)
    }
}

/// Returns the first text between two others.
#[track_caller]
pub fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let start = html
        .find(from)
        .unwrap_or_else(|| panic!("{from} is not in {html}"));
    let rest = &html[start..];
    let end = rest.find(to).unwrap_or_else(|| panic!("{to} is not in {rest}"));
    &rest[..end + to.len()]
}

/// Returns the first attribute value after `from`.
#[track_caller]
pub fn value<'a>(html: &'a str, from: &str) -> &'a str {
    let rest = html.split(from).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("{from} is not in {html}"));
    rest.split('"').next().unwrap()
}

/// Returns the texts of the links in a list of messages, in order.
pub fn titles(html: &str) -> Vec<&str> {
    html.split("<h2 id=\"m")
        .skip(1)
        .map(|rest| {
            let link = &rest[rest.find("<a ").unwrap()..];
            let start = link.find('>').unwrap() + 1;
            &link[start..link.find("</a>").unwrap()]
        })
        .collect()
}

/// Returns the ids that a list's messages link to, in order.
pub fn linked(html: &str) -> Vec<String> {
    html.split("<h2 id=\"m")
        .skip(1)
        .map(|rest| {
            let path = value(rest, "href=\"").split('?').next().unwrap();
            path.rsplit('/').next().unwrap().to_owned()
        })
        .collect()
}

/// Returns the address of a link with this `rel`.
pub fn rel(html: &str, rel: &str) -> Option<String> {
    let link = html.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?;
    Some(link.split('"').next()?.replace("&#38;", "&"))
}
