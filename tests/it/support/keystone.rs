//! A fake Keystone with failures that the real one cannot be made to show: slow for one token, forgetful of ours,
//! silent. The real one's behaviour is tested with the real one (tests/steps/*-keystone).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::TestApp;
use super::http::{Request, SmallServer};

/// How it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// Normally.
    #[default]
    Works,
    /// With this status to every request.
    Status(u16),
    /// Not at all: it closes connections.
    Closes,
}

/// A request for a token's validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub subject: String,
    pub allow_expired: bool,
    pub heeds_access_rules: bool,
}

/// Its data, and what it has seen.
#[derive(Debug, Default)]
pub struct State {
    pub mood: Mood,
    pub requests: usize,
    /// Descriptions of valid tokens.
    pub tokens: BTreeMap<String, Value>,
    /// Tokens that are valid only if expired ones are allowed.
    pub expired: HashSet<String>,
    /// Delays of answers, by token.
    pub slow: HashMap<String, Duration>,
    /// Ends all delays.
    pub hurries: bool,
    /// Whether logins are refused.
    pub refuses_login: bool,
    pub logins: usize,
    /// The delay of a login.
    pub slow_login: Duration,
    /// When the tokens of logins expire, unless after an hour.
    pub logins_expire_at: Option<&'static str>,
    pub questions: Vec<Question>,
    /// The users who may sign in.
    pub users: Vec<User>,
    /// The number of attempts to sign in, successful or not.
    pub sign_ins: usize,
    /// Tokens that were revoked.
    pub revoked: Vec<String>,
    /// The projects of each domain; a missing domain is hidden from all callers.
    pub domains: HashMap<String, Vec<String>>,
    /// The number of requests for the projects of a domain.
    pub domain_questions: usize,
    /// Whether a token is revoked between its validation and the request for its domain's projects.
    pub revokes_before_domains: bool,
    own: HashSet<String>,
}

/// A user who may sign in, with a password or, without a domain, an application credential.
#[derive(Debug, Clone)]
pub struct User {
    pub name: String,
    pub domain: Option<String>,
    pub secret: String,
    /// Ids and names.
    pub projects: Vec<(String, String)>,
}

impl State {
    /// Invalidates every token that a login returned.
    pub fn forget_logins(&mut self) {
        self.own.clear();
    }
}

pub struct FakeKeystone(SmallServer<State>);

/// Returns the description of a token that is valid for an hour, overridden by `more`.
pub fn token(user: &str, project: &str, roles: &[&str], more: &Value) -> Value {
    let roles: Vec<Value> = roles
        .iter()
        .map(|role| json!({ "id": role, "name": role }))
        .collect();
    let domain = json!({ "id": "default", "name": "Default" });
    let mut token = json!({
        "expires_at": "2026-11-21T04:20:24.000000Z",
        "user": { "id": format!("{user}-id"), "name": user, "domain": domain },
        "project": { "id": project, "name": project, "domain": domain },
        "roles": roles,
    });
    for (key, value) in more.as_object().unwrap() {
        token[key] = value.clone();
    }
    token
}

impl FakeKeystone {
    pub fn start() -> Self {
        Self(SmallServer::start(State::default(), answer))
    }

    pub fn url(&self) -> String {
        self.0.url()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }

    /// Makes a token valid.
    pub fn give(&self, name: &str, token: Value) {
        self.state().tokens.insert(name.to_owned(), token);
    }

    /// Adds a user with the password `secret` and a role in these projects. The name of p1 is "name of p1".
    pub fn add_user(&self, name: &str, projects: &[&str]) {
        self.state().users.push(User {
            name: name.to_owned(),
            domain: Some("Default".to_owned()),
            secret: "secret".to_owned(),
            projects: projects
                .iter()
                .map(|id| ((*id).to_owned(), format!("name of {id}")))
                .collect(),
        });
    }

    /// Starts a server that uses this Keystone.
    pub fn app(&self) -> TestApp {
        self.app_with(&[])
    }

    /// The same, with further options.
    pub fn app_with(&self, more: &[(&str, &str)]) -> TestApp {
        let options = self.options(more);
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        TestApp::with_options(&options)
    }

    /// Starts another server that uses this Keystone, with the first one's database.
    pub fn app_beside(&self, app: &TestApp, more: &[(&str, &str)]) -> TestApp {
        let options = self.options(more);
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        app.beside(&options)
    }

    fn options<'a>(&self, more: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
        let url = self.url();
        let mut options = vec![
            ("OS_DEFAULT__AUTH_STRATEGY", "keystone"),
            ("OS_KEYSTONE_AUTHTOKEN__AUTH_URL", url.as_str()),
            ("OS_KEYSTONE_AUTHTOKEN__USERNAME", "tidings"),
            ("OS_KEYSTONE_AUTHTOKEN__PASSWORD", "secret"),
            ("OS_KEYSTONE_AUTHTOKEN__PROJECT_NAME", "service"),
        ];
        options.extend(more);
        options
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }
}

/// Serves one request; `None` when the connection is to be closed.
fn answer(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let request = Request::read(stream)?;
    let (status, headers, body, rest) = decide(&request, &mut state.lock().unwrap())?;
    let asked = Instant::now();
    while asked.elapsed() < rest && !state.lock().unwrap().hurries {
        super::let_pass_here(Duration::from_millis(5));
    }
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let mut writer = stream;
    writer.write_all(head.as_bytes()).ok()
}

/// Returns the projects of a domain, for the domain's own token.
fn projects_of(domain: &str, token: &str, state: &mut State) -> Option<(u16, String, String, Duration)> {
    let short = |status: u16| Some((status, String::new(), "{}".to_owned(), Duration::ZERO));
    state.domain_questions += 1;
    if state.revokes_before_domains {
        return short(401);
    }
    let token = state.tokens.get(token)?;
    let projects = state
        .domains
        .get(domain)
        .filter(|_| token["domain"]["id"] == domain);
    let Some(projects) = projects else {
        return short(403);
    };
    let projects: Vec<Value> = projects
        .iter()
        .map(|id| json!({ "id": id, "domain_id": domain }))
        .collect();
    let body = json!({ "projects": projects, "links": {} }).to_string();
    Some((200, String::new(), body, Duration::ZERO))
}

fn decide(request: &Request, state: &mut State) -> Option<(u16, String, String, Duration)> {
    let short = |status: u16| Some((status, String::new(), "{}".to_owned(), Duration::ZERO));
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    state.requests += 1;
    match state.mood {
        Mood::Works => {}
        Mood::Status(status) => return short(status),
        Mood::Closes => return None,
    }
    let body = request.json();
    let is_own = body["auth"]["identity"]["password"]["user"]["name"] == "tidings";
    if request.line.starts_with("POST /v3/auth/tokens") && !is_own {
        state.sign_ins += 1;
        return Some(match sign_in(&body["auth"], state) {
            Some((name, token)) => {
                let headers = format!("X-Subject-Token: {name}\r\n");
                (
                    201,
                    headers,
                    json!({ "token": token }).to_string(),
                    Duration::ZERO,
                )
            }
            // A talkative answer, which must not be passed on.
            None => (
                401,
                String::new(),
                r#"{"error": {"message": "no user of that name"}}"#.to_owned(),
                Duration::ZERO,
            ),
        });
    }
    if request.line.starts_with("GET /v3/auth/projects") {
        let token = state.tokens.get(&header("x-auth-token"))?;
        let user = state
            .users
            .iter()
            .find(|user| token["user"]["name"] == user.name.as_str())?;
        let projects = user
            .projects
            .iter()
            .map(|(id, name)| json!({ "id": id, "name": name, "enabled": true }));
        let body = json!({ "projects": projects.collect::<Vec<_>>() });
        return Some((200, String::new(), body.to_string(), Duration::ZERO));
    }
    if let Some(rest) = request.line.strip_prefix("GET /v3/projects?domain_id=") {
        return projects_of(rest.split(' ').next()?, &header("x-auth-token"), state);
    }
    if let Some(rest) = request.line.strip_prefix("GET /v3/projects/") {
        let id = rest.split(' ').next()?;
        state.tokens.get(&header("x-auth-token"))?;
        let body = json!({ "project": { "id": id, "name": format!("name of {id}") } });
        let answer = (200, String::new(), body.to_string(), Duration::ZERO);
        return if id == "hidden" { short(403) } else { Some(answer) };
    }
    if request.line.starts_with("DELETE /v3/auth/tokens") {
        state.revoked.push(header("x-subject-token"));
        state.tokens.remove(&header("x-subject-token"));
        return short(204);
    }
    if request.line.starts_with("POST /v3/auth/tokens?nocatalog") {
        state.logins += 1;
        if state.refuses_login {
            return short(401);
        }
        let name = format!("own-{}", state.logins);
        state.own.insert(name.clone());
        let more = match state.logins_expire_at {
            Some(time) => json!({ "expires_at": time }),
            None => json!({}),
        };
        let body = json!({ "token": token("tidings", "service", &["service"], &more) });
        let headers = format!("X-Subject-Token: {name}\r\n");
        return Some((201, headers, body.to_string(), state.slow_login));
    }
    if request.line.starts_with("GET /v3 ") {
        return short(200);
    }
    assert!(
        request.line.starts_with("GET /v3/auth/tokens?nocatalog"),
        "{}",
        request.line
    );
    if !state.own.contains(&header("x-auth-token")) {
        return short(401);
    }
    let question = Question {
        subject: header("x-subject-token"),
        allow_expired: request.line.contains("&allow_expired=1"),
        heeds_access_rules: header("openstack-identity-access-rules") == "1",
    };
    state.questions.push(question.clone());
    let rest = state.slow.get(&question.subject).copied().unwrap_or_default();
    let is_expired = state.expired.contains(&question.subject) && !question.allow_expired;
    match state.tokens.get(&question.subject).filter(|_| !is_expired) {
        Some(token) => Some((200, String::new(), json!({ "token": token }).to_string(), rest)),
        None => Some((404, String::new(), "{}".to_owned(), rest)),
    }
}

/// Returns a new token with its description if the credentials are right.
fn sign_in(auth: &Value, state: &mut State) -> Option<(String, Value)> {
    let identity = &auth["identity"];
    let shown = &identity["password"]["user"];
    let credential = &identity["application_credential"];
    let known = identity["token"]["id"].as_str();
    let user = match known {
        Some(known) => {
            let name = state.tokens.get(known)?["user"]["name"].clone();
            state.users.iter().find(|user| name == user.name.as_str())
        }
        None => state.users.iter().find(|user| match &user.domain {
            Some(domain) => {
                shown["name"] == user.name.as_str()
                    && shown["domain"]["name"] == domain.as_str()
                    && shown["password"] == user.secret.as_str()
            }
            None => credential["id"] == user.name.as_str() && credential["secret"] == user.secret.as_str(),
        }),
    }?;
    let wanted = auth["scope"]["project"]["id"].as_str();
    let scope = match (wanted, &user.domain) {
        (Some(wanted), _) => Some(user.projects.iter().find(|(id, _)| id == wanted)?),
        (None, Some(_)) => None,
        (None, None) => user.projects.first(),
    };
    let mut token = token(&user.name, "", &["member", "reader"], &json!({}));
    match scope {
        Some((id, name)) => {
            token["project"] =
                json!({ "id": id, "name": name, "domain": { "id": "default", "name": "Default" } });
        }
        None => {
            token.as_object_mut().unwrap().remove("project");
        }
    }
    let name = format!("gAAAA-{}", uuid::Uuid::new_v4().simple());
    state.tokens.insert(name.clone(), token.clone());
    Some((name, token))
}
