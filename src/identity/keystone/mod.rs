//! Authenticates callers with Keystone, like keystonemiddleware in Python services.
//!
//! A token is validated once and then cached for some minutes, never past its expiry. Callers with the same token share one
//! request, and no others wait: cached tokens work while Keystone is slow or down. Headers that identify a caller
//! (`X-User-Id`, `X-Roles` and the like) are never read, so they need not be removed.

mod access_rules;
mod cache;
mod domain;
mod names;
mod path_form;
mod sign_in;
mod single_flight;
mod slots;
mod token;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use tidings_client::keystone::{Http, Tokens as OwnTokens};

use cache::{Cache, Key, Validity};
use domain::Domains;
use names::Names;
use single_flight::SingleFlight;
use slots::{Slots, TOO_LATE};
use token::Token;

use super::caller::Caller;
use super::caller::DomainProjects;
use super::credentials::Credentials;
use super::refusal::{Refusal, SetupError};
use super::session::Tokens;
use super::sign_in::{Project, SignIn};
use crate::clock::Clock;
use crate::config::KeystoneAuthtoken;
use crate::outbound::{self, Settings};
use crate::telemetry::TokenMetrics;
use crate::tls::Identity;

/// The most tokens that are validated at once.
const ASKING: usize = 64;
/// The most tokens that wait for validation; a further one is answered with 503.
const WAITING: usize = 1024;
/// The most users who sign in or change their project at once, and the most who wait. They have separate slots: each costs
/// Keystone a password hash, and tokens must not wait behind them.
const SIGNING_IN: (usize, usize) = (16, 128);

/// Returns the caller of a token from Keystone's description.
pub(super) fn describe(description: &[u8]) -> Result<Caller, String> {
    token::parse(description).map(|token| Arc::unwrap_or_clone(token.caller))
}

/// Keystone as the source of identities.
pub struct Keystone {
    validator: Arc<Validator>,
    single_flight: SingleFlight<Key, Validation>,
    sign_ins: Slots,
    challenge: String,
    service_roles: Vec<String>,
    service_roles_required: bool,
    service_type: Option<String>,
}

/// Validates tokens and caches the results.
struct Validator {
    http: Http,
    /// This server's own tokens, which it needs to validate others.
    own: OwnTokens,
    cache: Cache<Arc<Token>>,
    domains: Domains,
    names: Names,
    slots: Slots,
    /// Whether Keystone's last answer denied this server the right to validate.
    is_forbidden: AtomicBool,
    clock: Clock,
    metrics: TokenMetrics,
}

/// The validity of a token, or why it could not be validated.
type Validation = Result<Validity<Arc<Token>>, Arc<str>>;

impl Keystone {
    pub(super) fn new(
        config: &KeystoneAuthtoken,
        clock: Clock,
        metrics: TokenMetrics,
    ) -> Result<Self, SetupError> {
        let login = &config.login;
        let auth_url = login.auth_url.as_ref().map_or("", |url| url.as_str());
        let client = outbound::client(&Settings {
            is_https: auth_url.starts_with("https:"),
            ca_file: config.cafile.as_deref(),
            identity: config.certfile.as_deref().map(|certificate| Identity {
                certificate,
                key: config.keyfile.as_deref().unwrap_or(certificate),
            }),
            ca: None,
            is_insecure: config.insecure,
            timeout: config.http_connect_timeout,
        })?;
        let http = Http::new(client, auth_url, config.http_request_max_retries);
        let now = clock.clone();
        let own = OwnTokens::new(http.clone(), &login.login, move || now.now());
        let uri = config.challenge_uri().map_or("", |uri| uri.as_str());
        Ok(Self {
            validator: Arc::new(Validator {
                http,
                own,
                cache: Cache::new(
                    config.token_cache_size,
                    config.token_cache_time,
                    config.negative_cache_time,
                ),
                domains: Domains::default(),
                names: Names::default(),
                slots: Slots::new(ASKING, WAITING, config.http_connect_timeout),
                is_forbidden: AtomicBool::new(false),
                clock,
                metrics,
            }),
            single_flight: SingleFlight::default(),
            sign_ins: Slots::new(SIGNING_IN.0, SIGNING_IN.1, config.http_connect_timeout),
            challenge: format!("Keystone uri=\"{uri}\""),
            service_roles: config.service_token_roles.clone(),
            service_roles_required: config.service_token_roles_required,
            service_type: config.service_type.clone(),
        })
    }

    /// Returns the value of `WWW-Authenticate`.
    pub(super) fn challenge(&self) -> &str {
        &self.challenge
    }

    /// Gets this server's own token, so that a wrong password shows at startup and not at the first request.
    pub(super) async fn warm_up(&self) -> Result<(), String> {
        self.validator.own.get(None).await.map(drop).map_err(String::from)
    }

    /// Checks that Keystone answers and has issued a token to this server.
    pub(super) async fn check(&self) -> Result<String, String> {
        self.validator.own.get(None).await?;
        // This request needs no token and changes nothing.
        let answer = self
            .validator
            .http
            .send(&Method::GET, "", &HeaderMap::new(), &[])
            .await?;
        match answer.status {
            500.. => Err(format!("Keystone answered {}", answer.status)),
            _ => Ok("Keystone answers, and knows this server".to_owned()),
        }
    }

    /// Returns the caller with these credentials. Results up to the time limit are cached, so the next request continues from
    /// there.
    pub(super) async fn identify(&self, shown: &Credentials<'_>) -> Result<Arc<Caller>, Refusal> {
        tokio::time::timeout(self.validator.slots.limit(), self.find_caller(shown))
            .await
            .unwrap_or_else(|_| Err(Refusal::Unavailable(TOO_LATE.to_owned())))
    }

    async fn find_caller(&self, shown: &Credentials<'_>) -> Result<Arc<Caller>, Refusal> {
        let service = match shown.service_token {
            Some(token) => Some(self.service(token).await?),
            None => None,
        };
        let token = shown.token.unwrap_or_default();
        // A request forwarded by a service may arrive after its user's token has expired.
        let is_passed_on = service.as_ref().is_some_and(|(_, is_trusted)| *is_trusted);
        let token = self.validate(token, is_passed_on).await?;
        if let Some(rules) = token.access_rules.as_ref().filter(|_| !is_passed_on)
            && !access_rules::allow(rules, self.service_type_of(shown), shown.method, shown.path)
        {
            return Err(Refusal::Unauthorized);
        }
        Ok(match service {
            None => Arc::clone(&token.caller),
            Some((service, _)) => Arc::new(Caller {
                service: Some(service),
                ..Caller::clone(&token.caller)
            }),
        })
    }

    /// The type of the service that is asked, in access rules; none if rules are not supported.
    fn service_type_of<'a>(&'a self, shown: &Credentials<'a>) -> Option<&'a str> {
        shown.service_type.or(self.service_type.as_deref())
    }

    /// Returns the tokens of a user who signs in.
    pub(super) async fn sign_in(&self, shown: &SignIn) -> Result<Tokens, Refusal> {
        self.in_turn(sign_in::sign_in(&self.validator.http, shown)).await
    }

    /// Returns the same user's tokens for a project.
    pub(super) async fn enter(&self, tokens: &Tokens, project: &str) -> Result<Tokens, Refusal> {
        self.in_turn(sign_in::enter(&self.validator.http, tokens, project))
            .await
    }

    /// Returns the projects where the user of a token has a role.
    pub(super) async fn projects(&self, token: &str) -> Result<Vec<Project>, Refusal> {
        self.in_turn(sign_in::projects(&self.validator.http, token)).await
    }

    /// Returns the names of projects by id, as far as the user of a token may see them.
    pub(super) async fn names(&self, token: &str, ids: &[String]) -> HashMap<String, String> {
        let Validator { http, names, .. } = &*self.validator;
        match sign_in::header("x-auth-token", token) {
            Ok(headers) => names.of(http, &headers, ids).await,
            Err(_) => HashMap::new(),
        }
    }

    /// Revokes tokens.
    pub(super) async fn sign_out(&self, tokens: &Tokens) {
        sign_in::sign_out(&self.validator.http, tokens).await;
    }

    async fn in_turn<T>(&self, ask: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let asked = self.sign_ins.take(ask).await;
        asked.unwrap_or_else(|reason| Err(Refusal::Unavailable(reason.to_owned())))
    }

    /// Returns the service with this token, and whether a role makes its requests trusted.
    async fn service(&self, token: &str) -> Result<(Arc<Caller>, bool), Refusal> {
        let caller = Arc::clone(&self.validate(token, false).await?.caller);
        // Roles are compared exactly here, as in keystonemiddleware.
        let is_trusted = caller.roles.iter().any(|role| self.service_roles.contains(role));
        if !is_trusted && self.service_roles_required {
            tracing::info!("a service token has none of [keystone_authtoken] service_token_roles");
            return Err(Refusal::Unauthorized);
        }
        Ok((caller, is_trusted))
    }

    async fn validate(&self, token: &str, allow_expired: bool) -> Result<Arc<Token>, Refusal> {
        let key = Key::of(token, allow_expired);
        let validator = &self.validator;
        let mut now = validator.clock.now();
        let mut validation = validator.cache.get(&key, now).map(Ok);
        if validation.is_some() {
            validator.metrics.hits.inc();
        } else {
            let Some(header) = token::header(token) else {
                return Err(Refusal::Unauthorized);
            };
            validator.metrics.misses.inc();
            let asking = Arc::clone(validator);
            let known = || validator.cache.get(&key, validator.clock.now()).map(Ok);
            let ask = || async move { asking.find_out(key, header, allow_expired).await };
            validation = self.single_flight.join(key, known, ask).await;
            // The answer may have taken a while.
            now = validator.clock.now();
        }
        match validation {
            // A cached token may have expired since.
            Some(Ok(Validity::Valid(token))) if allow_expired || now < token.expires_at => Ok(token),
            Some(Ok(_)) => Err(Refusal::Unauthorized),
            Some(Err(reason)) => Err(Refusal::Unavailable(reason.to_string())),
            None => Err(Refusal::Unavailable("the server is stopping".to_owned())),
        }
    }
}

impl Validator {
    async fn find_out(&self, key: Key, subject: HeaderValue, allow_expired: bool) -> Validation {
        let began = Instant::now();
        let asked = self.slots.take(self.ask(subject, allow_expired)).await;
        let asked = asked.unwrap_or_else(|reason| Err(reason.into()));
        match &asked {
            Ok(_) => self.metrics.validations.observe_duration(began.elapsed()),
            Err(_) => drop(self.metrics.failures.inc()),
        }
        let validation = asked?;
        self.cache.put(key, validation.clone(), self.clock.now());
        Ok(validation)
    }

    /// Asks Keystone. If it rejects this server's token, retries once with a new one.
    async fn ask(&self, subject: HeaderValue, allow_expired: bool) -> Validation {
        let path = if allow_expired {
            "/auth/tokens?nocatalog&allow_expired=1"
        } else {
            "/auth/tokens?nocatalog"
        };
        let mut own = self.own.get(None).await.map_err(String::from)?;
        let mut is_second = false;
        loop {
            let mut headers = HeaderMap::with_capacity(3);
            headers.insert("x-auth-token", own.header.clone());
            headers.insert("x-subject-token", subject.clone());
            // Required for tokens with access rules: it declares that this server enforces them.
            headers.insert("openstack-identity-access-rules", HeaderValue::from_static("1"));
            let answer = self.http.send(&Method::GET, path, &headers, &[]).await?;
            self.note(answer.status);
            match answer.status {
                200 => {
                    let token = token::parse(&answer.body)?;
                    return Ok(match self.with_domain(token, &subject).await? {
                        Some(token) => Validity::Valid(Arc::new(token)),
                        None => Validity::Invalid,
                    });
                }
                404 => return Ok(Validity::Invalid),
                401 if !is_second => {
                    own = self.own.get(Some(&own)).await.map_err(String::from)?;
                    is_second = true;
                }
                403 => return Err("Keystone does not let this server validate tokens".into()),
                status => return Err(format!("Keystone answered {status}").into()),
            }
        }
    }

    /// Returns the token, with the projects of its domain if it is domain-scoped; `None` if Keystone has found it invalid in the
    /// meantime.
    async fn with_domain(&self, mut token: Token, subject: &HeaderValue) -> Result<Option<Token>, String> {
        if let Some(domain) = token.caller.domain.clone() {
            let projects = match self.domains.projects(&self.http, subject, &domain).await? {
                Some(projects) => projects,
                // An expired token that is still accepted here cannot make requests.
                None if token.expires_at <= self.clock.now() => DomainProjects::Hidden,
                None => return Ok(None),
            };
            Arc::make_mut(&mut token.caller).domain_projects = Some(projects);
        }
        Ok(Some(token))
    }

    /// Logs once when this server loses or regains the right to validate tokens.
    fn note(&self, status: u16) {
        let is_forbidden = status == 403;
        if !is_forbidden && !matches!(status, 200 | 404) {
            return;
        }
        let was_forbidden = self.is_forbidden.swap(is_forbidden, Ordering::Relaxed);
        if is_forbidden && !was_forbidden {
            tracing::error!(
                "Keystone does not let this server's user validate tokens: it needs the role service"
            );
        }
        if was_forbidden && !is_forbidden {
            tracing::info!("Keystone lets this server validate tokens again");
        }
    }
}
