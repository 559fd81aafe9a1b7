//! Decides what a server's answer means for the batch that was sent.

use std::time::Duration;

use chrono::DateTime;
use reqwest::StatusCode;

use super::health::Wait;
use crate::clock::now;

/// What to do with a batch after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Recorded.
    Delivered,
    /// A message in it is invalid.
    Refused(u16),
    /// Only this project's messages have to wait.
    Hold {
        /// The status, for logs.
        status: u16,
        /// How long.
        wait: Wait,
    },
    /// The server is unavailable for all projects.
    Down {
        /// The status, if there was an answer.
        status: Option<u16>,
        /// How long to wait.
        wait: Wait,
        /// Whether the batch may be the cause (the server failed while handling it), so that another one is tried
        /// first.
        suspect: bool,
    },
}

impl Disposition {
    /// The attempt itself failed because of a bug in this crate.
    pub const BROKEN: Self = Self::Down {
        status: None,
        wait: Wait::Backoff,
        suspect: true,
    };

    /// There is no token: Keystone refuses the login.
    pub const LOGIN_REFUSED: Self = Self::Down {
        status: Some(401),
        wait: Wait::Slow,
        suspect: false,
    };

    /// There is no token: Keystone is down.
    pub const NO_TOKEN: Self = Self::Down {
        status: None,
        wait: Wait::Backoff,
        suspect: false,
    };

    /// Interprets the status of an answer and its `Retry-After`; `is_ours` says whether its body is a Tidings error.
    pub fn of(status: StatusCode, retry_after: Option<&str>, is_ours: bool) -> Self {
        let wait = retry_after
            .and_then(|text| parse_retry_after(text, now()))
            .map_or(Wait::Backoff, Wait::Asked);
        let code = status.as_u16();
        match code {
            201 => Self::Delivered,
            400 | 413 | 422 if is_ours => Self::Refused(code),
            // The token is shared, so no other project would fare better.
            401 => Self::Down {
                status: Some(code),
                wait: Wait::Slow,
                suspect: false,
            },
            408 => Self::Down {
                status: Some(code),
                wait,
                suspect: true,
            },
            502..=504 => Self::Down {
                status: Some(code),
                wait,
                suspect: false,
            },
            429 | 500..=599 => Self::Hold { status: code, wait },
            // This includes every 2xx except 201: such an answer is not from a Tidings server, and nothing was
            // recorded.
            _ => Self::Hold {
                status: code,
                wait: Wait::Slow,
            },
        }
    }

    /// Interprets an attempt without an answer.
    pub fn unanswered(error: &reqwest::Error) -> Self {
        Self::Down {
            status: None,
            wait: Wait::Backoff,
            suspect: !error.is_connect(),
        }
    }

    /// Returns the status if only a configuration change can help.
    pub fn misconfigured(self) -> Option<u16> {
        match self {
            Self::Hold {
                status,
                wait: Wait::Slow,
            } => Some(status),
            Self::Down {
                status,
                wait: Wait::Slow,
                ..
            } => status,
            _ => None,
        }
    }
}

/// Parses both forms of `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn parse_retry_after(text: &str, now: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    let wait = u64::try_from(date.timestamp_micros() - now).unwrap_or(0);
    Some(Duration::from_micros(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disposition(status: u16) -> Disposition {
        Disposition::of(StatusCode::from_u16(status).unwrap(), None, true)
    }

    #[test]
    fn each_status_has_its_meaning() {
        assert_eq!(disposition(201), Disposition::Delivered);
        for status in [400, 413, 422] {
            assert_eq!(disposition(status), Disposition::Refused(status));
        }
        for status in [408, 502, 503, 504] {
            assert!(
                matches!(
                    disposition(status),
                    Disposition::Down {
                        wait: Wait::Backoff,
                        ..
                    }
                ),
                "{status}"
            );
        }
        for status in [429, 500, 507] {
            assert_eq!(
                disposition(status),
                Disposition::Hold {
                    status,
                    wait: Wait::Backoff
                }
            );
        }
        assert_eq!(Disposition::LOGIN_REFUSED.misconfigured(), Some(401));
        assert_eq!(Disposition::NO_TOKEN.misconfigured(), None);
        for status in [200, 302, 401, 403, 404, 405, 415] {
            assert_eq!(disposition(status).misconfigured(), Some(status));
        }
    }

    #[test]
    fn the_error_of_a_proxy_refuses_no_message() {
        for status in [400, 413, 422] {
            let disposition = Disposition::of(StatusCode::from_u16(status).unwrap(), None, false);
            assert_eq!(disposition.misconfigured(), Some(status));
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T10:00:00Z")
            .unwrap()
            .timestamp_micros();
        let parse = |text| parse_retry_after(text, now);
        assert_eq!(parse("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            parse("Sat, 21 Nov 2026 10:01:00 GMT"),
            Some(Duration::from_secs(60))
        );
        assert_eq!(parse("Sat, 21 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("soon"), None);
        let disposition = Disposition::of(StatusCode::SERVICE_UNAVAILABLE, Some("3"), true);
        assert!(
            matches!(disposition, Disposition::Down { wait: Wait::Asked(asked), .. } if asked.as_secs() == 3)
        );
    }
}
