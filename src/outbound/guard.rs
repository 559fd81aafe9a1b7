//! Keeps calls to addresses that others supply away from this host, its network and its cloud.
//!
//! The checked address is the one that the client connects to: names are resolved here, once for each connection, and the
//! client gets only allowed addresses. The client does not resolve hosts that are addresses, so [`Guard::check_url`] checks
//! them first.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Name, Resolve, Resolving};

use super::address::{carried, special};
use super::lookups::{Lookups, caller};

/// Decides which addresses may be called: public ones, and any in an allowed network. Clones share their state.
#[derive(Debug, Clone)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
    is_discreet: bool,
    lookups: Arc<Lookups>,
}

/// Why an address may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither http nor https.
    #[error("the URL must begin with http:// or https://")]
    Scheme,
    /// The URL has a user or a password, which would be stored and logged.
    #[error("the URL must not contain a user or a password")]
    UserInfo,
    /// There is no host.
    #[error("the URL has no host")]
    NoHost,
    /// The host is an address of this kind.
    #[error("the host is a {0} address, which must not be called")]
    Address(&'static str),
    /// The host is a name without an allowed address. The text names no address, to reveal no internal names.
    #[error("the host has no address that may be called")]
    Name,
}

impl Guard {
    /// Allows these networks in addition to the internet.
    pub fn new(allowed: impl Into<Arc<[IpNet]>>) -> Self {
        Self {
            allowed: allowed.into(),
            is_discreet: false,
            lookups: Arc::new(Lookups::new()),
        }
    }

    /// Hides whether a name exists: the error is that of a name without an allowed address, so that errors do not reveal names of
    /// the internal network.
    #[must_use]
    pub fn discreet(self) -> Self {
        Self {
            is_discreet: true,
            ..self
        }
    }

    /// Checks a URL before it is called or stored: its form, and its host if that is an address. A name is checked whenever
    /// it is resolved.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        let host = check_form(url)?;
        // The URL parser has normalized every spelling of an address; the client uses the same form.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.parse().map_or(Ok(()), |address| self.check(address))
    }

    /// Checks an address.
    ///
    /// # Errors
    /// [`Refused::Address`].
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        if self.allowed.iter().any(|net| net.contains(&address)) {
            return Ok(());
        }
        if let IpAddr::V6(address) = address {
            let carried = carried(address);
            if !carried.is_empty() {
                return carried.into_iter().try_for_each(|inner| self.check(inner.into()));
            }
        }
        special(address).map_or(Ok(()), |kind| Err(Refused::Address(kind)))
    }

    /// Returns the allowed addresses of a name.
    fn keep(&self, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let kept: Vec<_> = found.filter(|address| self.check(address.ip()).is_ok()).collect();
        if kept.is_empty() {
            return Err(Refused::Name);
        }
        Ok(kept)
    }
}

/// Checks a URL's form and returns its host.
///
/// # Errors
/// [`Refused`].
pub fn check_form(url: &Url) -> Result<&str, Refused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    let host = url.host_str().filter(|host| !host.is_empty());
    host.ok_or(Refused::NoHost)
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, caller) = (self.clone(), caller());
        Box::pin(async move {
            // The client sets the port.
            let lookup = async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.collect::<Vec<SocketAddr>>())
            };
            let found = match guard.lookups.run(caller, lookup).await {
                Ok(found) => found,
                Err(_) if guard.is_discreet => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            if found.is_empty() && !guard.is_discreet {
                let error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
                return Err(error.into());
            }
            let kept = guard.keep(found.into_iter())?;
            Ok(Box::new(kept.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

impl Refused {
    /// Returns the refusal among the causes of a client error.
    pub(super) fn among(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Self>() {
                return Some(refused.clone());
            }
            cause = error.source();
        }
        None
    }
}
