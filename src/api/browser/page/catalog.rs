//! `/catalog` in a browser, also below a project: every text of the catalog.

use std::hash::Hasher;

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use twox_hash::XxHash3_64;

use super::answer;
use super::language::Choice;
use super::visit::{Visit, layout};
use crate::api::app::App;
use crate::api::error::Error;
use crate::api::etag::{self, is_known};
use crate::catalog::{Language, Notice, services};
use crate::page::catalog::{Catalog, Entry, Service};
use crate::page::{Layout, Level};

/// Answers the catalog without a caller.
pub async fn public(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let choice = Choice::of(&request);
    let html = page(&request, layout(&request, &app, choice)).html();
    let mut hasher = XxHash3_64::new();
    hasher.write(html.as_bytes());
    let etag = etag::of_hash(hasher.finish());
    let mut response = if is_known(&request, &etag) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().body(html)
    };
    answer::decorate(&mut response, choice);
    // The language depends on a cookie, so shared caches are of no use.
    answer::set(&mut response, header::CACHE_CONTROL, "private, no-cache");
    answer::set(&mut response, header::ETAG, &etag);
    response
}

/// Answers the catalog in a project.
pub async fn in_project(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    let html = page(&request, visit.layout(&request)).html();
    Ok(answer::private(StatusCode::OK, visit.choice, html))
}

fn page(request: &HttpRequest, layout: Layout) -> Catalog {
    let wanted = form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(key, _)| key == "text")
        .map_or_else(String::new, |(_, text)| text.trim().to_owned());
    let search = Search {
        word: wanted.to_lowercase(),
        language: layout.language,
    };
    let services = services().iter().map(|service| search.service(service));
    Catalog {
        services: services.filter(|service| !service.is_empty()).collect(),
        layout,
        wanted,
    }
}

struct Search {
    word: String,
    language: Language,
}

impl Search {
    fn service(&self, service: &'static crate::catalog::Service) -> Service {
        let (actions, resources) = (service.actions.iter(), service.resources.iter());
        Service {
            prefix: service.prefix,
            messages: service
                .messages
                .iter()
                .filter_map(|message| self.entry(message.code, &message.notice))
                .collect(),
            details: service
                .details
                .iter()
                .filter_map(|detail| self.entry(detail.id, &detail.notice))
                .collect(),
            actions: actions
                .map(|action| (action.id, action.text(self.language)))
                .filter(|(id, text)| self.is_in(id) || self.is_in(text))
                .collect(),
            resources: resources
                .map(|resource| (resource.name, resource.text(self.language)))
                .filter(|(name, text)| self.is_in(name) || self.is_in(text))
                .collect(),
        }
    }

    fn entry(&self, id: &'static str, notice: &'static Notice) -> Option<Entry> {
        let is_wanted = self.is_in(id) || notice.mentions(&self.word, self.language);
        is_wanted.then(|| Entry {
            id,
            text: notice.text.template(self.language),
            remedy: notice
                .remedy
                .as_ref()
                .map(|remedy| remedy.template(self.language)),
            level: Level(notice.level.as_str().to_owned()),
            is_retired: notice.retired.is_some(),
        })
    }

    fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.word)
    }
}
