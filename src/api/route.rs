//! The names of routes, for figures: a pattern in place of whatever a client sent.

use std::collections::HashMap;

use actix_web::http::Method;

use crate::telemetry::{Metrics, RouteMetrics};

/// A kind of path, whatever its ids are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Path {
    Discovery,
    Health,
    Metrics,
    Catalog,
    OpenApi,
    Messages,
    Message,
    Read,
    Page,
    Filters,
    Events,
    Other,
}

/// The operations there are. Each has a histogram from the start, so none stands here that no client can use.
const OPERATIONS: [(Method, Path, &str); 18] = [
    (Method::GET, Path::Discovery, "/"),
    (Method::GET, Path::Health, "/healthcheck"),
    (Method::HEAD, Path::Health, "/healthcheck"),
    (Method::GET, Path::Metrics, "/metrics"),
    (Method::GET, Path::Catalog, "/catalog"),
    (Method::GET, Path::OpenApi, "/openapi.json"),
    (Method::GET, Path::Messages, "/v3/{project_id}/messages"),
    (Method::POST, Path::Messages, "/v3/{project_id}/messages"),
    (Method::GET, Path::Message, "/v3/{project_id}/messages/{id}"),
    (Method::DELETE, Path::Message, "/v3/{project_id}/messages/{id}"),
    (Method::GET, Path::Read, "/v3/{project_id}/messages/-/read"),
    (Method::PUT, Path::Read, "/v3/{project_id}/messages/-/read"),
    // The pages' own, and names that none of them has. A form cannot send PUT.
    (Method::POST, Path::Read, "/v3/{project_id}/messages/-/{page}"),
    (Method::GET, Path::Page, "/v3/{project_id}/messages/-/{page}"),
    (Method::POST, Path::Page, "/v3/{project_id}/messages/-/{page}"),
    (Method::GET, Path::Filters, "/v3/{project_id}/resource_filters"),
    (Method::GET, Path::Events, "/v3/{project_id}/events"),
    (Method::POST, Path::Events, "/v3/{project_id}/events"),
];

/// The figures of every route, looked up once.
pub struct Routes {
    known: HashMap<(Path, Method), RouteMetrics>,
    other: RouteMetrics,
}

impl Routes {
    /// The routes' figures among these.
    pub fn new(metrics: &Metrics) -> Self {
        let figures = |(method, path, pattern): (Method, Path, &str)| {
            let figures = metrics.route(&format!("{method} {pattern}"));
            ((path, method), figures)
        };
        Self {
            known: OPERATIONS.into_iter().map(figures).collect(),
            other: metrics.route("OTHER other"),
        }
    }

    /// The figures of the route that a request is for.
    pub fn of(&self, method: &Method, path: &str) -> &RouteMetrics {
        // A method is cloned without allocating unless it is one that nobody knows.
        self.known
            .get(&(kind(path), method.clone()))
            .unwrap_or(&self.other)
    }
}

fn kind(path: &str) -> Path {
    let below = path
        .strip_prefix("/v3")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(rest) = below else {
        return match path {
            "/" => Path::Discovery,
            "/healthcheck" => Path::Health,
            "/metrics" => Path::Metrics,
            "/catalog" => Path::Catalog,
            "/openapi.json" => Path::OpenApi,
            _ => Path::Other,
        };
    };
    let mut segments = rest.split('/').skip(1);
    match [(); 6].map(|()| segments.next()) {
        [Some("messages"), Some("-"), Some("read"), None, ..]
        | [Some(_), Some("messages"), Some("-"), Some("read"), None, _] => Path::Read,
        [Some(_), Some("messages"), Some("-"), Some(_), None, _]
        | [
            Some(_),
            Some("messages"),
            Some("-"),
            Some("static"),
            Some(_),
            None,
        ] => Path::Page,
        [None | Some(""), None, ..] => Path::Discovery,
        [Some("messages" | "messages.json"), None, ..]
        | [Some(_), Some("messages" | "messages.json"), None, ..] => Path::Messages,
        [Some("messages"), Some(_), None, ..] | [Some(_), Some("messages"), Some(_), None, ..] => {
            Path::Message
        }
        [Some("resource_filters"), None, ..] | [Some(_), Some("resource_filters"), None, ..] => Path::Filters,
        [Some(_), Some("events"), None, ..] => Path::Events,
        _ => Path::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_pattern() {
        let name = |path| {
            OPERATIONS
                .iter()
                .find(|(_, known, _)| *known == kind(path))
                .map_or("other", |(_, _, name)| *name)
        };
        assert_eq!(name("/v3"), "/");
        assert_eq!(name("/v3/"), "/");
        assert_eq!(name("/v3/p1/messages"), "/v3/{project_id}/messages");
        assert_eq!(name("/v3/messages"), "/v3/{project_id}/messages");
        assert_eq!(name("/v3/p1/messages/x.json"), "/v3/{project_id}/messages/{id}");
        assert_eq!(name("/v3/p1/messages/-/read"), "/v3/{project_id}/messages/-/read");
        assert_eq!(name("/v3/messages/-/read"), "/v3/{project_id}/messages/-/read");
        assert_eq!(name("/v3/p1/messages/-/read/x"), "other");
        assert_eq!(
            name("/v3/p1/messages/-/login"),
            "/v3/{project_id}/messages/-/{page}"
        );
        assert_eq!(
            name("/v3/p1/messages/-/static/page.css"),
            "/v3/{project_id}/messages/-/{page}"
        );
        assert_eq!(name("/v3/p1/messages/-/static/page.css/x"), "other");
        assert_eq!(name("/v3/messages/x"), "/v3/{project_id}/messages/{id}");
        for path in [
            "/v3x",
            "/v3/p1/volumes",
            "/v3/p1/messages/x/y",
            "/v3/p1/messages/x/y/z",
        ] {
            assert_eq!(name(path), "other", "{path}");
        }
        assert_eq!(name("/etc/passwd"), "other");
    }
}
