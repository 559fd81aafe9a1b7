//! Finds the operation that a request asks for, in the table of operations.

use std::sync::Arc;

use actix_web::dev::{ResourceDef, ServiceRequest};
use actix_web::http::Method;

use super::accept;
use super::operation::Operation;
use super::path;
use super::service::Service;
use super::target::{Route, Target};
use crate::config::Pattern;
use crate::telemetry::{Metrics, RouteMetrics};

/// The table, ready to be searched.
pub struct Router {
    services: &'static [&'static Service],
    project_ids: Pattern,
    paths: Vec<Path>,
    other: RouteMetrics,
}

/// The operations of one path.
struct Path {
    pattern: ResourceDef,
    has_project: bool,
    routes: Vec<Arc<Route>>,
}

/// The parts of a path.
pub struct Parts<'a> {
    /// The service it belongs to.
    pub service: Option<&'static Service>,
    /// The project it names.
    pub project: Option<&'a str>,
    /// What follows the project or, where there is none, the service's prefix.
    pub rest: &'a str,
}

impl Router {
    /// Routes to these operations. Each has its metrics from the start.
    pub fn new(
        operations: Vec<Operation>,
        services: &'static [&'static Service],
        project_ids: &Pattern,
        metrics: &Metrics,
    ) -> Self {
        let other = metrics.route("OTHER other");
        let mut router = Self {
            services,
            project_ids: project_ids.clone(),
            paths: Vec::new(),
            other,
        };
        for operation in operations {
            let method = operation.method.clone().unwrap_or(Method::GET);
            let label = operation.label.map(|label| format!("{method} {label}"));
            let route = Arc::new(Route {
                metrics: label.map_or_else(|| router.other.clone(), |label| metrics.route(&label)),
                operation,
            });
            router.add(route.operation.path, &route);
            for alias in &route.operation.aliases {
                router.add(alias, &route);
            }
        }
        router
    }

    fn add(&mut self, path: &'static str, route: &Arc<Route>) {
        let known = self
            .paths
            .iter_mut()
            .find(|known| known.pattern.pattern() == Some(path));
        match known {
            Some(known) => known.routes.push(Arc::clone(route)),
            None => self.paths.push(Path {
                pattern: ResourceDef::new(path),
                has_project: path.contains("/{project_id}"),
                routes: vec![Arc::clone(route)],
            }),
        }
    }

    /// The services, the one that clients look for first at the front.
    pub fn services(&self) -> &'static [&'static Service] {
        self.services
    }

    /// The operations, in the order of the table.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.paths.iter().flat_map(|path| {
            let routes = path.routes.iter().map(|route| &route.operation);
            routes.filter(|operation| path.pattern.pattern() == Some(operation.path))
        })
    }

    /// What a request asks for. Notes the path's variables with the request.
    pub fn find(&self, request: &mut ServiceRequest) -> Target {
        let form = accept::form(request, self.services);
        let mounted = self.simplify(request);
        let parts = self.parts(request.match_info().as_str());
        let mut target = Target {
            service: parts.service.or(mounted),
            is_mounted: mounted.is_some(),
            project: parts.project.map(str::to_owned),
            is_reserved: parts.service.is_some() && parts.rest.starts_with("messages/-/"),
            is_open: parts.service.is_none(),
            form,
            rule: None,
            route: None,
        };
        let has_project = target.project.is_some();
        let mut paths = self.paths.iter().filter(|path| path.has_project == has_project);
        let Some(path) = paths.find(|path| path.pattern.capture_match_info(request.match_info_mut())) else {
            return target;
        };
        let method = request.method();
        let route = path
            .routes
            .iter()
            .find(|route| route.operation.fits(method, form));
        target.is_open = path.routes.iter().all(|route| route.operation.is_open);
        target.rule = route.and_then(|route| route.operation.rule);
        target.route = route.cloned();
        target
    }

    /// Removes what may surround a service's path. Returns the service whose mount was removed.
    fn simplify(&self, request: &mut ServiceRequest) -> Option<&'static Service> {
        let path = request.path();
        let mounted = self.services.iter().find_map(|service| {
            let rest = path.strip_prefix(service.mount?)?;
            (matches!(rest, "" | "/") || service.below(rest).is_some()).then_some((*service, rest))
        });
        let rest = match mounted {
            Some((_, "")) => "/",
            Some((_, rest)) => rest,
            None => path,
        };
        let service = self.services.iter().find(|service| service.below(rest).is_some());
        let suffixes = service.map_or(&[][..], |service| service.suffixes);
        let bare = suffixes.iter().find_map(|suffix| rest.strip_suffix(suffix));
        let simple = bare.unwrap_or(rest);
        let mounted = mounted.map(|(service, _)| service);
        let changed = (simple != path).then(|| simple.to_owned());
        if let Some(changed) = changed {
            path::replace(request, &changed);
        }
        mounted
    }

    /// Takes a path apart.
    pub fn parts<'a>(&self, path: &'a str) -> Parts<'a> {
        let found = self
            .services
            .iter()
            .find_map(|service| Some((*service, service.below(path)?)));
        let Some((service, below)) = found else {
            return Parts {
                service: None,
                project: None,
                rest: path,
            };
        };
        let below = below.strip_prefix('/').unwrap_or(below);
        let (first, rest) = below.split_once('/').unwrap_or((below, ""));
        // A literal segment wins over an id.
        let name = first.strip_suffix(".json").unwrap_or(first);
        let is_literal = service.collections.contains(&name)
            || matches!(below, "resource_filters" | "resource_filters.json");
        // What browsers need without a project stands below `-`, whatever project ids look like.
        let is_dash = first == "-" && rest.starts_with("messages/-/");
        let is_project = !is_literal && !first.is_empty() && (is_dash || self.project_ids.matches(first));
        Parts {
            service: Some(service),
            project: is_project.then_some(first),
            rest: if is_project { rest } else { below },
        }
    }

    /// The metrics that a request is counted in.
    pub fn metrics<'a>(&'a self, target: &'a Target, method: &Method) -> &'a RouteMetrics {
        match &target.route {
            Some(route) if route.operation.method.is_some() || *method == Method::GET => &route.metrics,
            _ => &self.other,
        }
    }
}
