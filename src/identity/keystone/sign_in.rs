//! Signs users in to Keystone on behalf of their browsers.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::token;
use crate::identity::refusal::Refusal;
use crate::identity::session::Tokens;
use crate::identity::sign_in::{Project, SignIn};
use tidings_client::keystone::{Answer, Http};

const TOKENS: &str = "/auth/tokens?nocatalog";

#[derive(Deserialize)]
struct Projects {
    projects: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    #[serde(default = "enabled")]
    enabled: bool,
}

fn enabled() -> bool {
    true
}

/// Gets a token without a project, or with the application credential's own.
pub(super) async fn sign_in(http: &Http, shown: &SignIn) -> Result<Tokens, Refusal> {
    let auth = match shown {
        SignIn::Password {
            user,
            domain,
            password,
        } => json!({
            "identity": { "methods": ["password"], "password": { "user": {
                "name": user, "domain": { "name": domain }, "password": password.expose(),
            } } },
            "scope": "unscoped",
        }),
        SignIn::Credential { id, secret } => json!({
            "identity": {
                "methods": ["application_credential"],
                "application_credential": { "id": id, "secret": secret.expose() },
            },
        }),
    };
    let mut tokens = get(http, &auth).await?;
    tokens.unscoped = matches!(shown, SignIn::Password { .. }).then(|| tokens.current.clone());
    Ok(tokens)
}

/// Gets tokens of the same user, scoped to a project.
pub(super) async fn enter(http: &Http, tokens: &Tokens, project: &str) -> Result<Tokens, Refusal> {
    let from = tokens.unscoped.as_ref().ok_or(Refusal::Unauthorized)?;
    let auth = json!({
        "identity": { "methods": ["token"], "token": { "id": from } },
        "scope": { "project": { "id": project } },
    });
    let entered = get(http, &auth).await?;
    Ok(Tokens {
        unscoped: Some(from.clone()),
        expires_at: entered.expires_at.min(tokens.expires_at),
        ..entered
    })
}

/// Returns the projects that a token's user has a role in, by name.
pub(super) async fn projects(http: &Http, token: &str) -> Result<Vec<Project>, Refusal> {
    let headers = header("x-auth-token", token)?;
    let answer = send(http, &Method::GET, "/auth/projects", &headers, &[]).await?;
    if answer.status != 200 {
        return Err(refusal(answer.status));
    }
    let Projects { projects } = serde_json::from_slice(&answer.body)
        .map_err(|_| Refusal::Unavailable("Keystone's list of projects cannot be read".to_owned()))?;
    let mut projects: Vec<Project> = projects
        .into_iter()
        .filter(|project| project.enabled)
        .map(|project| Project {
            id: project.id,
            name: project.name,
        })
        .collect();
    projects.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(projects)
}

/// Revokes the tokens. If that fails, they expire by themselves.
pub(super) async fn sign_out(http: &Http, tokens: &Tokens) {
    let other = tokens.unscoped.iter().filter(|other| **other != tokens.current);
    for token in [&tokens.current].into_iter().chain(other) {
        let Ok(mut headers) = header("x-auth-token", token) else {
            continue;
        };
        if let Some(subject) = headers.get("x-auth-token").cloned() {
            headers.insert("x-subject-token", subject);
        }
        match http.send(&Method::DELETE, "/auth/tokens", &headers, &[]).await {
            Ok(Answer {
                status: 204 | 401 | 404,
                ..
            }) => {}
            Ok(Answer { status, .. }) => {
                tracing::info!(status, "Keystone did not revoke a token at sign-out");
            }
            Err(reason) => tracing::info!(
                reason,
                "Keystone could not be asked to revoke a token at sign-out"
            ),
        }
    }
}

/// Requests a token.
async fn get(http: &Http, auth: &Value) -> Result<Tokens, Refusal> {
    let body = json!({ "auth": auth }).to_string().into_bytes();
    let answer = send(http, &Method::POST, TOKENS, &HeaderMap::new(), &body).await?;
    if answer.status != 201 {
        return Err(refusal(answer.status));
    }
    let token = answer.headers.get("x-subject-token");
    let token = token.and_then(|token| token.to_str().ok());
    let token = token
        .ok_or_else(|| Refusal::Unavailable("Keystone's answer to a sign-in has no token".to_owned()))?;
    let description = token::parse(&answer.body).map_err(Refusal::Unavailable)?;
    Ok(Tokens {
        current: token.to_owned(),
        unscoped: None,
        expires_at: description.expires_at,
        user: description.caller.name().to_owned(),
        project: description.caller.project.clone(),
    })
}

async fn send(
    http: &Http,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Answer, Refusal> {
    let answer = http.send(method, path, headers, body).await;
    answer.map_err(Refusal::Unavailable)
}

pub(super) fn header(name: &'static str, token: &str) -> Result<HeaderMap, Refusal> {
    let value: HeaderValue = token::header(token).ok_or(Refusal::Unauthorized)?;
    Ok(HeaderMap::from_iter([(
        reqwest::header::HeaderName::from_static(name),
        value,
    )]))
}

/// Turns any rejection into the same refusal: Keystone's answer is not passed on, since it may reveal what was wrong.
fn refusal(status: u16) -> Refusal {
    match status {
        400 | 401 | 403 | 404 | 409 => Refusal::Unauthorized,
        status => Refusal::Unavailable(format!("Keystone answered {status}")),
    }
}
