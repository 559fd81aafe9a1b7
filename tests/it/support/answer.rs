//! A fully read response.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A response of the server.
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

    /// Every refusal must give its reason.
    #[track_caller]
    pub fn assert_says_why(&self) {
        if self.status < 400 {
            return;
        }
        assert!(!self.text.trim().is_empty(), "an empty {}", self.status);
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        for fault in body.as_object().into_iter().flatten().map(|(_, fault)| fault) {
            let text = fault.get("message").map(|text| text.as_str().unwrap_or_default());
            assert!(text.is_none_or(|text| !text.trim().is_empty()), "{}", self.text);
        }
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns a header, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the name and message of an error.
    #[track_caller]
    pub fn fault(&self) -> String {
        let body = self.json();
        let (name, fault) = body.as_object().unwrap().iter().next().unwrap();
        assert_eq!(fault["code"], self.status, "{}", self.text);
        assert_eq!(fault.as_object().unwrap().len(), 2, "{}", self.text);
        assert_eq!(body.as_object().unwrap().len(), 1, "{}", self.text);
        format!("{} {name}: {}", self.status, fault["message"].as_str().unwrap())
    }

    /// Returns the ids of a list, in order.
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

    /// Returns the path and query of the next page.
    pub fn next(&self) -> Option<String> {
        let body = self.json();
        let href = body["messages_links"].as_array()?.first()?["href"]
            .as_str()?
            .to_owned();
        Some(href.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap())
    }
}
