//! A small real HTTP server that answers like Tidings, and misbehaves on request.

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::http::{self, SmallServer};
use crate::support::let_pass_here;

/// How to treat a request.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// Answer with this status and record nothing.
    Status(u16),
    /// The same, with a `Retry-After` in seconds.
    RetryAfter(u16, u64),
    /// Record the messages, and close the connection without an answer.
    LoseAnswer,
    /// Never answer.
    Hang,
}

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    pub at: Instant,
    pub project: String,
    pub key: String,
    pub token: String,
    pub body: String,
}

impl Request {
    pub fn messages(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["messages"].as_array().unwrap().clone()
    }
}

/// The server's state.
#[derive(Debug, Default)]
pub struct State {
    /// Replies to the next requests; without any, it works normally.
    pub script: VecDeque<Reply>,
    /// Replies to all requests for a project.
    pub projects: HashMap<String, Reply>,
    /// Messages with this `resource_uuid` are refused.
    pub refuse: Option<String>,
    /// All requests.
    pub requests: Vec<Request>,
    /// All recorded messages, with their projects.
    pub recorded: Vec<(String, Value)>,
    keys: HashMap<String, String>,
}

impl State {
    /// Returns the `resource_uuid` of the recorded messages, sorted.
    pub fn resources(&self) -> Vec<String> {
        let resource = |message: &Value| message["resource_uuid"].as_str().unwrap().to_owned();
        let mut resources: Vec<_> = self
            .recorded
            .iter()
            .map(|(_, message)| resource(message))
            .collect();
        resources.sort();
        resources
    }
}

pub struct Server(SmallServer<State>);

impl Server {
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    /// Starts on a free port, after `prepare`.
    pub fn start_with(prepare: impl FnOnce(&mut State)) -> Self {
        let mut state = State::default();
        prepare(&mut state);
        Self(SmallServer::start(state, answer_one))
    }

    pub fn endpoint(&self) -> String {
        self.0.url()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }
}

/// Serves one request; `None` if the connection is to be closed.
fn answer_one(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let request = read(stream)?;
    let mut state = state.lock().unwrap();
    state.requests.push(request.clone());
    let reply = state
        .projects
        .get(&request.project)
        .copied()
        .or_else(|| state.script.pop_front());
    let (status, extra) = match reply {
        None => (record(&mut state, &request), String::new()),
        Some(Reply::Status(status)) => (status, String::new()),
        Some(Reply::RetryAfter(status, seconds)) => (status, format!("Retry-After: {seconds}\r\n")),
        Some(Reply::LoseAnswer) => {
            record(&mut state, &request);
            return None;
        }
        Some(Reply::Hang) => {
            drop(state);
            let_pass_here(Duration::from_secs(60));
            return None;
        }
    };
    drop(state);
    let body = format!("{{\"fault\": {{\"code\": {status}}}}}");
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{extra}\r\n{body}",
        body.len()
    );
    let mut writer = stream;
    writer.write_all(answer.as_bytes()).ok()
}

/// Follows the contract: all or nothing, and once per key.
fn record(state: &mut State, request: &Request) -> u16 {
    if let Some(body) = state.keys.get(&request.key) {
        return if *body == request.body { 201 } else { 422 };
    }
    let messages = request.messages();
    let refuse = state.refuse.as_deref();
    if messages
        .iter()
        .any(|message| refuse.is_some_and(|resource| message["resource_uuid"] == resource))
    {
        return 400;
    }
    state.keys.insert(request.key.clone(), request.body.clone());
    state.recorded.extend(
        messages
            .into_iter()
            .map(|message| (request.project.clone(), message)),
    );
    201
}

fn read(stream: &TcpStream) -> Option<Request> {
    let http::Request {
        line,
        mut headers,
        body,
    } = http::Request::read(stream)?;
    Some(Request {
        at: Instant::now(),
        project: line.strip_prefix("POST /v3/")?.split('/').next()?.to_owned(),
        key: headers.remove("idempotency-key")?,
        token: headers.remove("x-auth-token")?,
        body: String::from_utf8(body).ok()?,
    })
}
