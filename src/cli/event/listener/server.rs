//! Listeners of a server, through its API.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use tidings_client::Secret;
use uuid::Uuid;

use super::call::{Call, DELIVERY, LISTENER, Period, Selection, missing};
use crate::cli::cloud::Session;
use crate::cli::failure::Failure;
use crate::message::time;

/// The longest answer that is read.
const LONGEST: usize = 64 << 20;

/// A call as a request.
struct Request {
    method: Method,
    /// Below `listeners`.
    path: String,
    body: Option<Value>,
    /// What does not exist if the answer is 404.
    subject: Option<(Uuid, &'static str)>,
}

impl Request {
    fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            body: None,
            subject: None,
        }
    }

    /// About a listener.
    fn of(method: Method, listener: Uuid, path: &str) -> Self {
        Self {
            subject: Some((listener, LISTENER)),
            ..Self::new(method, format!("/{listener}{path}"))
        }
    }

    /// About a delivery.
    fn at(method: Method, listener: Uuid, delivery: Uuid, path: &str) -> Self {
        Self {
            subject: Some((delivery, DELIVERY)),
            ..Self::new(method, format!("/{listener}/deliveries/{delivery}{path}"))
        }
    }

    fn with(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }
}

/// Answers a call with a server's answer.
pub async fn answer(session: &Session, call: Call) -> Result<Value, Failure> {
    let (request, envelope) = match call {
        Call::List { project } => return list(session, project.as_deref()).await,
        Call::Deliveries(id, selection) => return deliveries(session, id, &selection).await,
        Call::RedeliverAll(id, period) => return redeliver_all(session, id, &period).await,
        Call::Create { project, mut members } => {
            if project
                .as_ref()
                .is_some_and(|project| *project != session.project)
            {
                let own = &session.project;
                return Err(Failure::Data(format!(
                    "--project: the credentials are for the project {own}"
                )));
            }
            let scope = if project.is_some() { "project" } else { "cloud" };
            members.insert("scope".to_owned(), scope.into());
            let body = json!({ "listener": members });
            (Request::new(Method::POST, String::new()).with(body), "listener")
        }
        Call::Show(id) => (Request::of(Method::GET, id, ""), "listener"),
        Call::Update(id, changes) => {
            let body = json!({ "listener": changes });
            (Request::of(Method::PUT, id, "").with(body), "listener")
        }
        Call::Delete(id) => (Request::of(Method::DELETE, id, ""), ""),
        Call::RotateSecret {
            listener,
            secret,
            overlap,
        } => {
            let body = json!({ "secret": secret.as_ref().map(Secret::expose), "overlap": overlap });
            (
                Request::of(Method::POST, listener, "/secret").with(body),
                "secret",
            )
        }
        Call::Test(id) => (Request::of(Method::POST, id, "/test"), "delivery"),
        Call::Delivery { listener, delivery } => {
            (Request::at(Method::GET, listener, delivery, ""), "delivery")
        }
        Call::Redeliver { listener, delivery } => (
            Request::at(Method::POST, listener, delivery, "/redeliver"),
            "delivery",
        ),
        Call::Dismiss {
            listener,
            delivery,
            reason,
        } => {
            let request = Request::at(Method::POST, listener, delivery, "/dismiss");
            (request.with(json!({ "reason": reason })), "delivery")
        }
    };
    let mut answer = send(session, request).await?;
    Ok(answer[envelope].take())
}

/// All listeners that the caller may see, or those of them that belong to a project.
async fn list(session: &Session, project: Option<&str>) -> Result<Value, Failure> {
    let (mut all, mut query) = (Vec::new(), String::new());
    loop {
        let mut page = send(session, Request::new(Method::GET, query)).await?;
        let last = page["listeners"]
            .as_array()
            .and_then(|listeners| listeners.last());
        let last = last
            .and_then(|listener| listener["id"].as_str())
            .map(str::to_owned);
        if let Value::Array(listeners) = page["listeners"].take() {
            all.extend(listeners);
        }
        match last {
            Some(last) if !page["listeners_links"].is_null() => query = format!("?marker={last}"),
            _ => break,
        }
    }
    if let Some(project) = project {
        all.retain(|listener| listener["project_id"] == project);
    }
    for listener in all.iter_mut().filter_map(Value::as_object_mut) {
        listener.remove("links");
    }
    Ok(all.into())
}

async fn deliveries(session: &Session, id: Uuid, selection: &Selection) -> Result<Value, Failure> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &selection.limit.to_string());
    let marker = selection.marker.map(|marker| marker.to_string());
    for (name, value) in [("state", &selection.state), ("marker", &marker)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let request = Request::of(Method::GET, id, &format!("/deliveries?{}", query.finish()));
    let mut page = send(session, request).await?;
    let next = page["deliveries_links"][0]["href"].as_str();
    let query = next
        .and_then(|next| next.split_once('?'))
        .map_or("", |(_, query)| query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let marker = pairs
        .find(|(name, _)| name == "marker")
        .map(|(_, marker)| marker.into_owned());
    let deliveries = page["deliveries"].take();
    Ok(json!({ "deliveries": deliveries, "marker": marker }))
}

async fn redeliver_all(session: &Session, id: Uuid, period: &Period) -> Result<Value, Failure> {
    let mut body = json!({
        "since": time::format(period.since),
        "until": period.until.map(time::format),
        "state": period.state,
    });
    let mut count = 0;
    loop {
        let request = Request::of(Method::POST, id, "/redeliver").with(body.clone());
        let mut answer = send(session, request).await?;
        let mut redelivery = answer["redelivery"].take();
        count += redelivery["count"].as_u64().unwrap_or(0);
        match redelivery["marker"].take() {
            Value::Null => return Ok(count.into()),
            marker => body["marker"] = marker,
        }
    }
}

/// Sends a request and returns the answer's body, an object.
async fn send(session: &Session, request: Request) -> Result<Value, Failure> {
    let project: String = form_urlencoded::byte_serialize(session.project.as_bytes()).collect();
    let url = format!("{}/{project}/listeners{}", session.base, request.path);
    let call = session.client.request(request.method, url);
    let mut call = call.header("x-auth-token", session.token.clone());
    if let Some(body) = request.body {
        call = call
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
    }
    let unreachable = |reason: String| Failure::Unavailable(format!("the server does not answer: {reason}"));
    let answer = call.send().await;
    let answer = answer.map_err(|error| unreachable(tidings_client::http::chain(&error.without_url())))?;
    let status = answer.status().as_u16();
    let body = tidings_client::http::read(answer, LONGEST)
        .await
        .map_err(unreachable)?;
    let body = body.ok_or_else(|| unreachable("its answer is too long".to_owned()))?;
    let body: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
    if (200..300).contains(&status) {
        Ok(body.into())
    } else {
        Err(refusal(status, &body, request.subject))
    }
}

/// Says why a server refuses a request: its message, or the status alone.
fn refusal(status: u16, body: &Map<String, Value>, subject: Option<(Uuid, &str)>) -> Failure {
    let message = body.values().next().and_then(|fault| fault["message"].as_str());
    let text = message.map_or_else(|| format!("the server answered {status}"), str::to_owned);
    match (status, subject) {
        (404, Some((id, what))) if message.is_some_and(|message| message.contains(&id.to_string())) => {
            missing(id, what)
        }
        (404, _) => Failure::NotFound(text),
        (401 | 403, _) => Failure::Denied(text),
        (400..=499, _) => Failure::Data(text),
        _ => Failure::Unavailable(text),
    }
}
