//! Listeners of a server, through its API.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Call, Selection, missing};
use crate::cli::cloud::Session;
use crate::cli::failure::Failure;

/// The longest answer that is read.
const LONGEST: usize = 64 << 20;

/// A call as a request.
struct Request {
    method: Method,
    /// Below `listeners`.
    path: String,
    body: Option<Value>,
    /// The envelope of the answer.
    envelope: &'static str,
    /// What does not exist if the answer is 404.
    subject: (String, &'static str),
}

/// Answers a call with a server's answer.
pub async fn answer(session: &Session, call: Call) -> Result<Value, Failure> {
    let project = match &call {
        Call::List { project } | Call::Create { project, .. } => project.clone(),
        _ => None,
    };
    let project = project.unwrap_or_else(|| session.project.clone());
    send(session, &project, request(call)).await
}

fn request(call: Call) -> Request {
    let of = |id: Uuid| (id.to_string(), "event_listener");
    let (method, path, body, envelope, subject) = match call {
        Call::List { .. } => (
            Method::GET,
            String::new(),
            None,
            "listeners",
            (String::new(), "project"),
        ),
        Call::Create { project, mut members } => {
            let scope = if project.is_some() { "project" } else { "cloud" };
            members.insert("scope".to_owned(), scope.into());
            let body = json!({ "listener": members });
            (
                Method::POST,
                String::new(),
                Some(body),
                "listener",
                (String::new(), "project"),
            )
        }
        Call::Show(id) => (Method::GET, format!("/{id}"), None, "listener", of(id)),
        Call::Update(id, changes) => {
            let body = json!({ "listener": changes });
            (Method::PUT, format!("/{id}"), Some(body), "listener", of(id))
        }
        Call::Delete(id) => (Method::DELETE, format!("/{id}"), None, "", of(id)),
        Call::Deliveries(id, selection) => {
            let path = format!("/{id}/deliveries{}", query(&selection));
            (Method::GET, path, None, "deliveries", of(id))
        }
        Call::Redeliver { listener, delivery } => {
            let path = format!("/{listener}/deliveries/{delivery}/redeliver");
            (
                Method::POST,
                path,
                None,
                "delivery",
                (delivery.to_string(), "delivery"),
            )
        }
        Call::Dismiss {
            listener,
            delivery,
            reason,
        } => {
            let path = format!("/{listener}/deliveries/{delivery}/dismiss");
            let body = json!({ "reason": reason });
            (
                Method::POST,
                path,
                Some(body),
                "delivery",
                (delivery.to_string(), "delivery"),
            )
        }
    };
    Request {
        method,
        path,
        body,
        envelope,
        subject,
    }
}

fn query(selection: &Selection) -> String {
    let mut query = form_urlencoded::Serializer::new(String::from("?"));
    query.append_pair("limit", &selection.limit.to_string());
    if let Some(state) = &selection.state {
        query.append_pair("state", state);
    }
    if let Some(marker) = selection.marker {
        query.append_pair("marker", &marker.to_string());
    }
    query.finish()
}

async fn send(session: &Session, project: &str, request: Request) -> Result<Value, Failure> {
    let project: String = form_urlencoded::byte_serialize(project.as_bytes()).collect();
    let url = format!("{}/{project}/listeners{}", session.base, request.path);
    let mut call = session
        .client
        .request(request.method, url)
        .header("x-auth-token", session.token.clone());
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
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(body
            .get_mut(request.envelope)
            .map(Value::take)
            .unwrap_or_default());
    }
    Err(refusal(status, &body, request.subject))
}

/// Says why a server refuses a request: its message, or the status alone.
fn refusal(status: u16, body: &Value, (id, what): (String, &str)) -> Failure {
    let fault = body.as_object().and_then(|members| members.values().next());
    let message = fault.and_then(|fault| fault["message"].as_str());
    let text = message.map_or_else(|| format!("the server answered {status}"), str::to_owned);
    match status {
        404 if !id.is_empty() => missing(id, what),
        401 | 403 => Failure::Denied(text),
        404 => Failure::NotFound(text),
        400..=499 => Failure::Data(text),
        _ => Failure::Unavailable(text),
    }
}
