//! Sends one batch over HTTP and says what came of it.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect, retry};

use super::batch::Batch;
use super::verdict::Verdict;
use super::{Auth, Error};
use crate::tls;

/// Connections are closed after so long without use: before servers and proxies do, of which some wait no longer
/// than 5 s, so that a request is not sent into a closing one.
const IDLE: Duration = Duration::from_secs(3);
/// Reading an answer to its end lets the connection be used again; a longer one than this is not worth it.
const MAX_ANSWER: usize = 4 << 20;

/// The way to the server.
pub(super) struct Transport {
    client: Client,
    /// Without a slash at the end.
    endpoint: String,
    auth: Auth,
}

impl Transport {
    /// Checks what it is given; connects to nothing yet.
    pub fn new(endpoint: &str, auth: Auth, ca_file: Option<&Path>, timeout: Duration) -> Result<Self, Error> {
        let endpoint = parse_endpoint(endpoint)?;
        auth.check()?;
        let tls = if endpoint.scheme() == "https" {
            tls::verified(ca_file, None)?
        } else {
            tls::unused()?
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("tidings-client/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the token elsewhere, and the messages may not be recorded there.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .pool_idle_timeout(IDLE)
            .timeout(timeout)
            .build()?;
        Ok(Self {
            client,
            endpoint: endpoint.as_str().trim_end_matches('/').to_owned(),
            auth,
        })
    }

    /// Posts `batch` once.
    pub async fn post(&self, batch: &Batch) -> Verdict {
        let mut request = self
            .client
            .post(format!("{}/v3/{}/messages", self.endpoint, batch.project))
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", &batch.key)
            .body(batch.body());
        if let Some(token) = self.auth.header(&batch.project) {
            request = request.header("X-Auth-Token", token);
        }
        match request.send().await {
            Ok(response) => {
                let retry_after = response
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|value| value.to_str().ok());
                let verdict = Verdict::of(response.status(), retry_after);
                drain(response).await;
                verdict
            }
            Err(error) => {
                let verdict = Verdict::unanswered(&error);
                tracing::debug!(error = %error.without_url(), "a batch was not answered");
                verdict
            }
        }
    }
}

/// Reads the rest of an answer. Its status has been seen: an error here changes nothing.
async fn drain(mut response: Response) {
    let mut read = 0;
    while read < MAX_ANSWER {
        match response.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) | Err(_) => return,
        }
    }
}

fn parse_endpoint(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|_| Error::Endpoint("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Error::Endpoint(
            "must begin with http:// or https:// and name a host",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::Endpoint("must not hold a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::Endpoint("must end with its path"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_checked_and_may_have_a_prefix() {
        let transport = |endpoint: &str| {
            let auth = Auth::Token("t".into());
            Transport::new(endpoint, auth, None, IDLE).map(|transport| transport.endpoint)
        };
        assert_eq!(transport("http://[::1]:8790").unwrap(), "http://[::1]:8790");
        assert_eq!(
            transport("http://cloud.test/tidings/").unwrap(),
            "http://cloud.test/tidings"
        );
        for bad in [
            "",
            "cloud.test:80",
            "ftp://h",
            "http://",
            "http://u:secret@h",
            "http://h/?a=b",
            "http://h/#x",
        ] {
            let error = transport(bad).unwrap_err();
            assert!(
                matches!(error, Error::Endpoint(_)) && !error.to_string().contains("secret"),
                "{bad}"
            );
        }
    }
}
