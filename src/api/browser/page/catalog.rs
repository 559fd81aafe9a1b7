//! `/catalog` in a browser, also below a project: every text of the catalog.

use std::fmt::Write;
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
use crate::api::target::Target;
use crate::catalog::{Arguments, Code, Language, Notice, services};
use crate::page::catalog::{Catalog, Entry, EntryPage, Service};
use crate::page::{Layout, Level, words};

/// Answers the catalog without a caller.
pub async fn public(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let choice = Choice::of(&request);
    let html = match Found::of(&request, layout(&request, &app, choice)) {
        Found::Matches(catalog) => catalog.html(),
        found @ Found::Entry(_) => return found.answer(choice),
    };
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
    Ok(Found::of(&request, visit.layout(&request)).answer(visit.choice))
}

/// Answers the entry of one code, in a project or without a caller.
pub async fn entry(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    let choice = Choice::of(&request);
    let layout = match Target::of(&request).project {
        Some(_) => Visit::begin(&request)?.layout(&request),
        None => layout(&request, &app, choice),
    };
    let code = request.match_info().get("code").and_then(Code::parse);
    let code = code.ok_or_else(Error::no_route)?;
    Ok(answer::private(StatusCode::OK, choice, page(code, layout).html()))
}

fn page(code: Code, layout: Layout) -> EntryPage {
    let (language, id) = (layout.language, code.to_string());
    let entry = Entry {
        href: layout.entry(&id),
        anchor: id.clone(),
        is_retired: code.retired().is_some(),
        exceptions: match code {
            Code::Flat(_) => &[],
            Code::Composed { detail, .. } => detail.exceptions,
        },
        ..of_notice(code.notice(), language)
    };
    EntryPage {
        sentence: sentence(code, language),
        service: words(language).service(code.service().prefix),
        code: id,
        entry,
        is_retryable: code.retryable(),
        layout,
    }
}

/// The text of a code: of a flat one as the catalog has it, with the names of its parameters.
pub fn sentence(code: Code, language: Language) -> String {
    let mut sentence = String::new();
    // Writing into memory does not fail.
    let _ = match code {
        Code::Flat(message) => sentence.write_str(message.notice.text.template(language)),
        Code::Composed { .. } => code.write_prose(&mut sentence, language, &Arguments::default()),
    };
    sentence
}

/// The result of a search.
enum Found {
    /// The matches, or everything.
    Matches(Catalog),
    /// The address of the entry whose whole code was searched for.
    Entry(String),
}

impl Found {
    fn of(request: &HttpRequest, layout: Layout) -> Self {
        let wanted = form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(key, _)| key == "text")
            .map_or_else(String::new, |(_, text)| text.trim().to_owned());
        if let Some(code) = Code::parse(&wanted.to_ascii_uppercase()) {
            return Self::Entry(layout.entry(&code.to_string()));
        }
        let search = Search {
            word: wanted.to_lowercase(),
            layout: &layout,
        };
        let services = services().iter().map(|service| search.service(service));
        Self::Matches(Catalog {
            services: services.filter(|service| service.count() > 0).collect(),
            layout,
            wanted,
        })
    }

    fn answer(self, choice: Choice) -> HttpResponse {
        match self {
            Self::Matches(catalog) => answer::private(StatusCode::OK, choice, catalog.html()),
            Self::Entry(address) => answer::go(choice, &address),
        }
    }
}

struct Search<'a> {
    word: String,
    layout: &'a Layout,
}

impl Search<'_> {
    fn service(&self, service: &'static crate::catalog::Service) -> Service {
        let (language, prefix) = (self.layout.language, service.prefix);
        let (actions, resources) = (service.actions.iter(), service.resources.iter());
        Service {
            prefix,
            name: words(language).service(prefix),
            messages: service
                .messages
                .iter()
                .filter(|message| self.wants(&[message.code, message.name], &message.notice))
                .map(|message| Entry {
                    id: message.code,
                    anchor: message.code.to_owned(),
                    href: self.layout.entry(message.code),
                    ..of_notice(&message.notice, language)
                })
                .collect(),
            details: service
                .details
                .iter()
                .filter(|detail| {
                    self.wants(&[detail.id, detail.name], &detail.notice) || self.is_in_any(detail.exceptions)
                })
                .map(|detail| Entry {
                    id: detail.id,
                    anchor: format!("{prefix}_{}", detail.id),
                    href: format!("#{prefix}_{}", detail.id),
                    exceptions: detail.exceptions,
                    ..of_notice(&detail.notice, language)
                })
                .collect(),
            actions: actions
                .map(|action| (action.id, action.text(language)))
                .filter(|(id, text)| self.is_in_any(&[id, text]))
                .collect(),
            resources: resources
                .map(|resource| (resource.name, resource.text(language)))
                .filter(|(name, text)| self.is_in_any(&[name, text]))
                .collect(),
        }
    }

    fn wants(&self, names: &[&str], notice: &Notice) -> bool {
        self.is_in_any(names) || notice.mentions(&self.word, self.layout.language)
    }

    fn is_in_any(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| text.to_lowercase().contains(&self.word))
    }
}

/// What a notice says, without a name.
fn of_notice(notice: &'static Notice, language: Language) -> Entry {
    let remedy = notice.remedy.as_ref();
    Entry {
        id: "",
        anchor: String::new(),
        href: String::new(),
        text: notice.text.template(language),
        remedy: remedy.map(|remedy| remedy.template(language)),
        level: Level(notice.level.as_str().to_owned()),
        is_retired: notice.retired.is_some(),
        exceptions: &[],
    }
}
