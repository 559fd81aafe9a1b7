//! A browser: pages, forms, cookies, and the headers that tell where a form comes from.

use std::collections::BTreeMap;

use reqwest::{Client, Method, RequestBuilder, redirect};

use super::Answer;
use super::actor::plain_client;

/// A browser that does not follow redirects.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    base: String,
    pub cookies: BTreeMap<String, String>,
    /// Headers sent with every request.
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        let client = plain_client().redirect(redirect::Policy::none());
        Self {
            client: client.build().unwrap(),
            base: base.to_owned(),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// Returns the same browser at another server, as behind a load balancer.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// Builds a request with this browser's cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
    }

    /// Sends a request and stores the answer's cookies.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.unwrap()).await;
        answer.assert_says_why();
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts a form with exactly these fields.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self
            .request(Method::POST, path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Sec-Fetch-Site", "same-origin")
            .body(body.finish());
        self.send(request).await
    }

    /// Loads a page and posts its form: the given fields plus the hidden ones.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        let hidden = hidden(&shown.text);
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        for (name, value) in &hidden {
            if !fields.iter().any(|(given, _)| given == name) {
                all.push((name, value));
            }
        }
        self.post(action, &all).await
    }

    /// Signs in with a page's form; every user of the tests has the same password.
    pub async fn sign_in(&mut self, user: &str) -> Answer {
        let fields = [("user", user), ("password", "secret"), ("domain", "Default")];
        self.submit(LOGIN, LOGIN, &fields).await
    }
}

/// The sign-in form without a project.
pub const LOGIN: &str = "/v3/-/messages/-/login";

/// Returns names and values of the hidden fields of a page's forms; the first one of each name.
pub fn hidden(page: &str) -> Vec<(String, String)> {
    let attribute = |input: &str, name: &str| {
        let rest = input.split(&format!("{name}=\"")).nth(1).unwrap();
        let text = rest.split('"').next().unwrap();
        // Undo the templates' escaping.
        [
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#34;", "\""),
            ("&#39;", "'"),
            ("&#38;", "&"),
        ]
        .iter()
        .fold(text.to_owned(), |text, (written, meant)| {
            text.replace(written, meant)
        })
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    for input in page.split("<input type=\"hidden\" ").skip(1) {
        let name = attribute(input, "name");
        if !fields.iter().any(|(known, _)| *known == name) {
            fields.push((name, attribute(input, "value")));
        }
    }
    fields
}
