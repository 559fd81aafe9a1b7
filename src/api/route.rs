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
    Filters,
    Other,
}

const METHODS: [Method; 6] = [
    Method::GET,
    Method::POST,
    Method::DELETE,
    Method::PUT,
    Method::PATCH,
    Method::HEAD,
];

const PATHS: [(Path, &str); 9] = [
    (Path::Discovery, "/"),
    (Path::Health, "/healthcheck"),
    (Path::Metrics, "/metrics"),
    (Path::Catalog, "/catalog"),
    (Path::OpenApi, "/openapi.json"),
    (Path::Messages, "/v3/{project_id}/messages"),
    (Path::Message, "/v3/{project_id}/messages/{id}"),
    (Path::Filters, "/v3/{project_id}/resource_filters"),
    (Path::Other, "other"),
];

/// The figures of every route, looked up once.
pub struct Routes {
    known: HashMap<(Path, Method), RouteMetrics>,
    other: RouteMetrics,
}

impl Routes {
    /// The routes' figures among these.
    pub fn new(metrics: &Metrics) -> Self {
        let mut known = HashMap::new();
        for (path, pattern) in PATHS {
            for method in METHODS {
                let figures = metrics.route(&format!("{method} {pattern}"));
                known.insert((path, method), figures);
            }
        }
        Self {
            known,
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
    let Some(rest) = path.strip_prefix("/v3") else {
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
    let (first, second, third) = (segments.next(), segments.next(), segments.next());
    match (first, second, third) {
        (None | Some(""), None, _) => Path::Discovery,
        (Some("messages" | "messages.json"), None, _)
        | (Some(_), Some("messages" | "messages.json"), None) => Path::Messages,
        (Some("messages"), Some(_), None) | (Some(_), Some("messages"), Some(_)) => Path::Message,
        (Some("resource_filters"), None, _) | (Some(_), Some("resource_filters"), None) => Path::Filters,
        _ => Path::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_pattern() {
        let name = |path| {
            PATHS
                .iter()
                .find(|(known, _)| *known == kind(path))
                .map(|(_, name)| *name)
                .unwrap()
        };
        assert_eq!(name("/v3/"), "/");
        assert_eq!(name("/v3/p1/messages"), "/v3/{project_id}/messages");
        assert_eq!(name("/v3/messages"), "/v3/{project_id}/messages");
        assert_eq!(name("/v3/p1/messages/x.json"), "/v3/{project_id}/messages/{id}");
        assert_eq!(name("/v3/messages/x"), "/v3/{project_id}/messages/{id}");
        assert_eq!(name("/v3/p1/volumes"), "other");
        assert_eq!(name("/etc/passwd"), "other");
    }
}
