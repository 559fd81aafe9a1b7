//! A response, read to its end.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let status: StatusCode = response.status();
        let headers = response.headers().clone();
        Self {
            status: status.as_u16(),
            headers,
            text: response.text().await.unwrap(),
        }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Fault name and message of an error, which has the one form.
    #[track_caller]
    pub fn fault(&self) -> String {
        let body = self.json();
        let (name, fault) = body.as_object().unwrap().iter().next().unwrap();
        assert_eq!(fault["code"], self.status, "{}", self.text);
        assert_eq!(fault.as_object().unwrap().len(), 2, "{}", self.text);
        assert_eq!(body.as_object().unwrap().len(), 1, "{}", self.text);
        format!("{} {name}: {}", self.status, fault["message"].as_str().unwrap())
    }

    /// The ids of a list, in order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text);
        let body = self.json();
        let messages = body["messages"].as_array().unwrap().clone();
        messages
            .iter()
            .map(|message| message["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Where the next page is, as path and query.
    pub fn next(&self) -> Option<String> {
        let body = self.json();
        let href = body["messages_links"].as_array()?.first()?["href"]
            .as_str()?
            .to_owned();
        Some(href.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap())
    }
}
