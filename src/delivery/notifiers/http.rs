//! Webhooks.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use ipnet::IpNet;
use lru::LruCache;
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Request};
use tidings_client::http::chain;

use super::body::EventBody;
use super::masking::masked;
use super::outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
use super::signature::signature_headers;
use crate::config::{AuthStrategy, Config};
use crate::listener::{Authority, Http, Reach};
use crate::message::time;
use crate::outbound::{Answer, CallError, Guard, GuardedClient, Settings, on_behalf_of};

/// The longest wait that a receiver may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// The most bytes of a file of certificates.
const LONGEST_FILE: u64 = 1 << 20;

/// Clients kept for listeners with certificates of their own.
const MOST_CLIENTS: usize = 256;

/// Sends events to URLs.
pub struct HttpNotifier {
    guards: Guards,
    timeout: Duration,
    /// For the system's certificates, which are read when they are first needed.
    cloud: OnceCell<GuardedClient>,
    members: OnceCell<GuardedClient>,
    own: Mutex<LruCache<(Authority, bool), GuardedClient>>,
}

/// The addresses that listeners may call.
#[derive(Debug, Clone)]
pub struct Guards {
    cloud: Guard,
    members: Guard,
}

impl Guards {
    /// Creates the guards. A server on trial, without a configuration file and in noauth, may call this host.
    pub fn new(config: &Config) -> Self {
        let is_trial = config.files.is_empty() && config.general.auth_strategy == AuthStrategy::Noauth;
        let of = |networks: &[IpNet]| {
            let mut allowed = networks.to_vec();
            if is_trial {
                allowed.extend(
                    ["127.0.0.0/8", "::1/128"]
                        .iter()
                        .filter_map(|net| net.parse::<IpNet>().ok()),
                );
            }
            Guard::new(allowed)
        };
        Self {
            cloud: of(&config.listeners.allowed_networks),
            members: of(&config.listeners.member_networks).discreet(),
        }
    }

    /// Returns the guard of a listener with this reach.
    pub fn of(&self, reach: &Reach) -> &Guard {
        match reach {
            Reach::Cloud => &self.cloud,
            Reach::Project(_) => &self.members,
        }
    }
}

impl HttpNotifier {
    /// Creates the notifier from the configuration.
    pub fn new(config: &Config) -> Self {
        let most = NonZeroUsize::new(MOST_CLIENTS).unwrap_or(NonZeroUsize::MIN);
        Self {
            guards: Guards::new(config),
            timeout: config.listeners.timeout,
            cloud: OnceCell::new(),
            members: OnceCell::new(),
            own: Mutex::new(LruCache::new(most)),
        }
    }

    /// Sends an event.
    pub async fn notify(&self, http: &Http, notice: &Notice<'_>) -> Outcome {
        let sent = match (self.client(http, &notice.listener.reach), request(http, notice)) {
            (Ok(client), Ok(request)) => {
                let call = client.send(request, LONGEST_ANSWER);
                match notice.listener.reach.project() {
                    Some(project) => on_behalf_of(project, call).await,
                    None => call.await,
                }
            }
            (Err(error), _) | (_, Err(error)) => Err(CallError::Failed(error)),
        };
        match sent {
            Ok(answer) => outcome(&answer, http, notice.now),
            Err(error) => Outcome {
                verdict: Verdict::Failed(None),
                status: None,
                answer: error.to_string(),
            },
        }
    }

    /// Returns the client that trusts the listener's certificates.
    fn client(&self, http: &Http, reach: &Reach) -> Result<GuardedClient, String> {
        let is_cloud = *reach == Reach::Cloud;
        let Some(authority) = &http.ca else {
            let common = if is_cloud { &self.cloud } else { &self.members };
            let client = common.get_or_try_init(|| self.build(&settings(None, None, self.timeout), reach));
            return client.cloned();
        };
        // A file may be replaced, so it is read for each new client, and none is kept.
        let key = match authority {
            Authority::Pem(_) => Some((authority.clone(), is_cloud)),
            Authority::File(_) => None,
        };
        if let Some(client) = key.as_ref().and_then(|key| self.own.lock().get(key).cloned()) {
            return Ok(client);
        }
        let settings = match authority {
            Authority::Pem(pem) => settings(None, Some(pem), self.timeout),
            Authority::File(path) => {
                check_file(path)?;
                settings(Some(path), None, self.timeout)
            }
        };
        let client = self.build(&settings, reach)?;
        if let Some(key) = key {
            self.own.lock().put(key, client.clone());
        }
        Ok(client)
    }

    fn build(&self, settings: &Settings<'_>, reach: &Reach) -> Result<GuardedClient, String> {
        let client = GuardedClient::new(settings, Some(self.guards.of(reach).clone()));
        client.map_err(|error| chain(&error))
    }
}

/// Refuses anything but a regular file: reading others might take long.
fn check_file(path: &Path) -> Result<(), String> {
    let fault = |why: &str| Err(format!("ca_path {}: {why}", path.display()));
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() && found.len() <= LONGEST_FILE => Ok(()),
        Ok(_) => fault("is not a file of at most 1 MiB"),
        Err(error) => fault(&error.to_string()),
    }
}

fn settings<'a>(ca_file: Option<&'a Path>, ca: Option<&'a str>, timeout: Duration) -> Settings<'a> {
    Settings {
        is_https: true,
        ca_file,
        ca,
        identity: None,
        is_insecure: false,
        timeout,
    }
}

fn request(http: &Http, notice: &Notice<'_>) -> Result<Request, String> {
    let event = notice.events.first().ok_or("there is no event")?;
    let body = EventBody::new(event, notice.listener.settings.format);
    let body = body.map_err(|error| format!("the event cannot be encoded: {error}"))?;
    let mut headers = HeaderMap::new();
    let mut set = |name: &str, value: &str, is_secret: bool| {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
        value.set_sensitive(is_secret);
        headers.insert(name, value);
        Ok::<(), String>(())
    };
    for (name, value) in &http.headers {
        set(name, value, true)?;
    }
    set(CONTENT_TYPE.as_str(), body.content_type, false)?;
    for (name, value) in body.headers() {
        set(&name, &value, false)?;
    }
    let id = event.message_id.to_string();
    for (name, value) in signature_headers(&http.signing, &id, notice.now, &body.bytes) {
        set(name, &value, false)?;
    }
    if let Some((user, password)) = &http.login {
        set(AUTHORIZATION.as_str(), &basic(user, password.expose()), true)?;
    }
    let mut request = Request::new(Method::POST, http.url.clone());
    *request.headers_mut() = headers;
    *request.body_mut() = Some(body.bytes.into());
    Ok(request)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn outcome(answer: &Answer, http: &Http, now: i64) -> Outcome {
    let verdict = match answer.status {
        200..=299 => Verdict::Delivered,
        410 => Verdict::Gone,
        429 | 503 => Verdict::Failed(retry_after(&answer.headers, now)),
        _ => Verdict::Failed(None),
    };
    Outcome {
        verdict,
        status: Some(answer.status),
        answer: masked(
            String::from_utf8_lossy(&answer.body).into_owned(),
            http,
            answer.is_cut,
        ),
    }
}

/// Returns the wait that a receiver asks for, as seconds or as a date.
fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = chrono::DateTime::parse_from_rfc2822(value).ok()?.timestamp();
        let seconds = date.saturating_sub(now.div_euclid(time::SECOND));
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    };
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_marked_so_that_no_library_shows_them() {
        let config = serde_json::json!({
            "notifier_type": "http",
            "notifier_config": {
                "url": "https://example.org",
                "username": "u",
                "password": "hunter2",
                "headers": { "x-key": "opensesame" },
            },
            "event_types": ["*"],
        });
        let settings = crate::listener::Settings::check(config.as_object().unwrap(), true).unwrap();
        let listener = crate::listener::Listener {
            id: uuid::Uuid::nil(),
            reach: Reach::Cloud,
            settings,
            created_at: 0,
            updated_at: 0,
            failing_since: None,
            disabled_reason: None,
        };
        let crate::listener::Notifier::Http(http) = &listener.settings.notifier else {
            panic!("{listener:?}")
        };
        let event = crate::event::Envelope {
            message_id: uuid::Uuid::nil(),
            publisher_id: "p".to_owned(),
            event_type: "repo.sync.start".to_owned(),
            priority: crate::event::Priority::Info,
            timestamp: 0,
            payload: "{}".to_owned(),
            request_id: None,
            project_id: None,
            call_report: None,
        };
        let notice = Notice {
            listener: &listener,
            events: &[event],
            now: 0,
        };
        let request = request(http, &notice).unwrap();
        assert_eq!(request.headers()["x-key"], "opensesame");
        for shown in [format!("{:?}", request.headers()), format!("{listener:?}")] {
            for secret in ["opensesame", "dTpodW50ZXIy", "hunter2"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }

    #[test]
    fn both_forms_of_retry_after_are_obeyed_up_to_a_day() {
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
            retry_after(&headers, 784_111_777 * time::SECOND).map(|wait| wait.as_secs())
        };
        assert_eq!(of("120"), Some(120));
        assert_eq!(of("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(of("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(of("99999999"), Some(86_400));
        for wrong in ["", "soon", "-1", "1.5"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
