//! A token and the server that takes it.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, Url};
use serde::Deserialize;
use tidings_client::keystone::{Answer, Http};

use super::credentials::Credentials;
use crate::cli::failure::Failure;
use crate::outbound::{self, Settings};

/// The time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The catalog's names for this service, the most specific first.
const SERVICE_TYPES: [&str; 4] = ["user-message", "block-storage", "volumev3", "block-store"];

/// How to call a server.
#[derive(Debug)]
pub struct Session {
    /// Calls it.
    pub client: Client,
    /// Its address up to and including `/v3`, without a trailing slash.
    pub base: String,
    /// The caller's project.
    pub project: String,
    /// The value of `X-Auth-Token`.
    pub token: HeaderValue,
}

#[derive(Deserialize)]
struct Envelope {
    token: Token,
}

#[derive(Deserialize, Default)]
struct Token {
    project: Option<Project>,
    #[serde(default)]
    catalog: Vec<Service>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

#[derive(Deserialize)]
struct Service {
    #[serde(rename = "type", default)]
    service_type: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    interface: String,
    #[serde(alias = "region", default)]
    region_id: Option<String>,
    url: String,
}

impl Session {
    /// Logs in, and finds the server at `endpoint` or in Keystone's catalog. `wanted` is the project that the command names.
    ///
    /// # Errors
    /// [`Failure`] with what is missing, or Keystone's refusal.
    pub async fn open(
        credentials: &Credentials,
        endpoint: Option<&str>,
        wanted: Option<&str>,
    ) -> Result<Self, Failure> {
        let endpoint = endpoint.or_else(|| credentials.endpoint());
        let ca_file = credentials.ca_file();
        let client = outbound::client(&Settings {
            is_https: [endpoint, credentials.auth_url()]
                .into_iter()
                .any(|url| url.is_none_or(|url| url.starts_with("https:"))),
            ca_file: ca_file.as_deref(),
            ca: None,
            identity: None,
            is_insecure: credentials.is_insecure(),
            timeout: TIMEOUT,
        })
        .map_err(|error| Failure::Data(error.to_string()))?;
        let (header, token) = match credentials.auth_url() {
            Some(auth_url) => log_in(credentials, Http::new(client.clone(), auth_url, 1)).await?,
            None => (sensitive(&given_token(credentials, wanted))?, Token::default()),
        };
        let is_noauth = credentials.auth_url().is_none() && credentials.token().is_none();
        let project = match &token.project {
            Some(own) => Some(own.id.as_str()),
            None => wanted.or_else(|| credentials.project()),
        };
        let project = project.or(is_noauth.then_some(ADMIN));
        let project = project.ok_or_else(|| Failure::Data(NO_PROJECT.to_owned()))?;
        let base = match endpoint {
            Some(endpoint) => endpoint.to_owned(),
            None => find(&token.catalog, credentials)?,
        };
        Ok(Self {
            client,
            base: base_of(&base)?,
            project: project.to_owned(),
            token: header,
        })
    }
}

/// The user, and the project of one that names none, of servers without Keystone.
const ADMIN: &str = "admin";

const NO_PROJECT: &str = "the token has no project: set OS_PROJECT_NAME or OS_PROJECT_ID";

/// The token that is there, or the one that servers without Keystone take.
fn given_token(credentials: &Credentials, wanted: Option<&str>) -> String {
    let name = || {
        let user = credentials.get("username").unwrap_or(ADMIN);
        let project = wanted.or_else(|| credentials.project());
        format!("{user}:{}", project.unwrap_or(ADMIN))
    };
    credentials.token().map_or_else(name, str::to_owned)
}

async fn log_in(credentials: &Credentials, http: Http) -> Result<(HeaderValue, Token), Failure> {
    let answer = if let Some(token) = credentials.token() {
        let token = sensitive(token)?;
        let shown = [("x-auth-token", token.clone()), ("x-subject-token", token)];
        let shown = shown.map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value));
        let headers = HeaderMap::from_iter(shown);
        http.send(&Method::GET, "/auth/tokens", &headers, &[]).await
    } else {
        let login = credentials.login();
        if !login.is_complete() {
            return Err(Failure::Data(INCOMPLETE.to_owned()));
        }
        let body = login.body();
        http.send(&Method::POST, "/auth/tokens", &HeaderMap::new(), &body)
            .await
    };
    let answer =
        answer.map_err(|reason| Failure::Unavailable(format!("Keystone does not answer: {reason}")))?;
    read(&answer)
}

const INCOMPLETE: &str = "the credentials are not complete: a user, a password and a project, an application credential \
     with its secret, or a token, is needed";

fn read(answer: &Answer) -> Result<(HeaderValue, Token), Failure> {
    match answer.status {
        200 | 201 => {}
        401 | 403 | 404 => {
            return Err(Failure::Denied(format!(
                "Keystone does not accept the credentials ({})",
                answer.status
            )));
        }
        status => return Err(Failure::Unavailable(format!("Keystone answered {status}"))),
    }
    let envelope: Option<Envelope> = serde_json::from_slice(&answer.body).ok();
    let header = answer.headers.get("x-subject-token").cloned();
    let (Some(envelope), Some(mut header)) = (envelope, header) else {
        return Err(Failure::Unavailable("Keystone's answer has no token".to_owned()));
    };
    header.set_sensitive(true);
    Ok((header, envelope.token))
}

fn sensitive(token: &str) -> Result<HeaderValue, Failure> {
    let header = HeaderValue::try_from(token);
    let mut header =
        header.map_err(|_| Failure::Data("the token has characters that no token has".to_owned()))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Finds the server in the catalog.
fn find(catalog: &[Service], credentials: &Credentials) -> Result<String, Failure> {
    let interface = credentials.get("interface").unwrap_or("public");
    let interface = interface.trim_end_matches("URL");
    let fits = |endpoint: &&Endpoint| {
        endpoint.interface == interface
            && credentials
                .get("region_name")
                .is_none_or(|region| endpoint.region_id.as_deref() == Some(region))
    };
    let of_type = |service_type: &str| {
        let services = catalog
            .iter()
            .filter(|service| service.service_type == service_type);
        services.flat_map(|service| &service.endpoints).find(fits)
    };
    let found = SERVICE_TYPES
        .iter()
        .find_map(|service_type| of_type(service_type));
    found.map(|endpoint| endpoint.url.clone()).ok_or_else(|| {
        let types = SERVICE_TYPES.join(", ");
        Failure::Data(format!(
            "the catalog has no {interface} endpoint of the types {types}: give --endpoint"
        ))
    })
}

/// Returns an endpoint up to `/v3`: it may end in the project or name no version.
fn base_of(endpoint: &str) -> Result<String, Failure> {
    let url = Url::parse(endpoint).ok();
    if !url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Err(Failure::Data(
            "--endpoint: must begin with http:// or https:// and name a host".to_owned(),
        ));
    }
    let base = endpoint.trim_end_matches('/');
    Ok(match base.rsplit_once('/') {
        Some((_, "v3")) => base.to_owned(),
        Some((version, _)) if version.ends_with("/v3") => version.to_owned(),
        _ => format!("{base}/v3"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_or_may_not_name_version_and_project() {
        for endpoint in [
            "http://h:1",
            "http://h:1/",
            "http://h:1/v3",
            "http://h:1/v3/p1",
            "http://h:1/v3/p1/",
        ] {
            assert_eq!(
                base_of(endpoint).ok().as_deref(),
                Some("http://h:1/v3"),
                "{endpoint}"
            );
        }
        assert_eq!(
            base_of("https://h/volume/v3/p1").ok().as_deref(),
            Some("https://h/volume/v3")
        );
        assert!(base_of("h:1").is_err());
    }
}
