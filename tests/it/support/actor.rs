//! Callers of the API.

use reqwest::{Client, ClientBuilder, Method, RequestBuilder};
use serde_json::Value;

use super::Answer;
use super::shape::assert_documented;

/// A plain HTTP client: it does not read the system's certificates, which would take longer than most requests.
pub fn plain_client() -> ClientBuilder {
    Client::builder().tls_certs_only([])
}

/// A caller with a token, in a project.
#[derive(Debug, Clone)]
pub struct Actor {
    client: Client,
    base: String,
    pub project: String,
    token: Option<String>,
}

impl Actor {
    pub fn new(base: &str, project: &str, token: Option<String>) -> Self {
        Self {
            client: plain_client().build().unwrap(),
            base: base.to_owned(),
            project: project.to_owned(),
            token,
        }
    }

    /// Builds a request to a path such as `/v3/p1/messages`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header("X-Auth-Token", token),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = Answer::read(client.execute(request).await.unwrap()).await;
        if method != Method::HEAD {
            answer.assert_says_why();
            assert_documented(&method, &path, &answer).await;
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Requests a microversion.
    pub async fn get_in(&self, version: &str, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request.header("OpenStack-API-Version", format!("volume {version}")))
            .await
    }

    /// Returns the path of the project's messages.
    pub fn messages(&self) -> String {
        format!("/v3/{}/messages", self.project)
    }

    /// Requests the project's list with a query string.
    pub async fn list(&self, query: &str) -> Answer {
        self.get(&format!("{}?{query}", self.messages())).await
    }

    pub async fn show(&self, id: &str) -> Answer {
        self.get(&format!("{}/{id}", self.messages())).await
    }

    pub async fn delete(&self, id: &str) -> Answer {
        self.send(self.request(Method::DELETE, &format!("{}/{id}", self.messages())))
            .await
    }

    /// Records in any project.
    pub async fn post(&self, project: &str, body: &Value) -> Answer {
        self.post_text(project, body.to_string()).await
    }

    pub async fn post_text(&self, project: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, &format!("/v3/{project}/messages"));
        self.send(request.header("Content-Type", "application/json").body(body))
            .await
    }

    /// Records with an idempotency key.
    pub async fn post_once(&self, project: &str, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, &format!("/v3/{project}/messages"));
        let request = request
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json");
        self.send(request.body(body.to_string())).await
    }
}
