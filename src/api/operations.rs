//! Every operation of the HTTP API, one a row: method, path, handler, policy rule, and what deviates from the defaults.
//!
//! Routing, metrics and the paths of the API document come from this table. Of rows with the
//! same path and method, the first one that fits answers.

use super::browser::{confirm, page, sign_in};
use super::instance_ha::{engine, hosts, notifications, refused, segments, vmoves};
use super::operation::{Operation, any, delete, get, head, page as html, post, put};
use super::ops::{catalog, discovery, healthcheck, metrics, openapi};
use super::share;
use super::volume::{events, listeners, messages, no_operation, resource_filters};
use crate::identity::Rule::{
    EventCreate, EventGetAll, HostCreate, HostDelete, HostGet, HostGetAll, HostUpdate, ListenerClaim,
    ListenerCreate, ListenerDelete, ListenerGet, ListenerGetAll, ListenerRedeliver, ListenerUpdate,
    MessageCreate, MessageDelete, MessageGet, MessageGetAll, MessageOverview, NotificationCreate,
    NotificationGet, NotificationGetAll, NotificationRecover, SegmentCreate, SegmentDelete, SegmentGet,
    SegmentGetAll, SegmentUpdate, VMoveGet, VMoveGetAll,
};

const LIST: &str = "/v3/{project_id}/messages";
const MESSAGE: &str = "/v3/{project_id}/messages/{id}";
const READ: &str = "/v3/{project_id}/messages/-/read";
const DONE: &str = "/v3/{project_id}/messages/-/done";
const DONE_JSON: &str = "/v3/{project_id}/messages/-/done.json";
const READ_JSON: &str = "/v3/{project_id}/messages/-/read.json";
const CONFIRM: &str = "/v3/{project_id}/messages/-/confirm";
const FILTERS: &str = "/v3/{project_id}/resource_filters";
const EVENTS: &str = "/v3/{project_id}/events";
const EVENTS_JSON: &str = "/v3/{project_id}/events.json";
const LISTENERS: &str = "/v3/{project_id}/listeners";
const LISTENER: &str = "/v3/{project_id}/listeners/{id}";
const DELIVERIES: &str = "/v3/{project_id}/listeners/{id}/deliveries";
const CLAIM: &str = "/v3/{project_id}/listeners/{id}/claim";
const SHARE_LIST: &str = "/v2/{project_id}/messages";
const SHARE_MESSAGE: &str = "/v2/{project_id}/messages/{id}";
const NOTIFICATIONS: &str = "/v1/notifications";
const NOTIFICATION: &str = "/v1/notifications/{id}";
/// The label of what engines report about a notification.
const RECOVERY: &str = "/v1/notifications/{id}/{action}";
const SEGMENTS: &str = "/v1/segments";
const SEGMENT: &str = "/v1/segments/{id}";
const HOSTS: &str = "/v1/segments/{id}/hosts";
const HOST: &str = "/v1/segments/{id}/hosts/{host_id}";

/// The label of listeners and their deliveries, except for claims, which wait for deliveries.
const OF_LISTENERS: &str = "/v3/{project_id}/listeners/{path}";

/// The label of segments and their hosts, which seldom change.
const OF_SEGMENTS: &str = "/v1/segments/{path}";

/// The label of what only browsers and operators ask for.
const PAGE: &str = "/v3/{project_id}/messages/-/{page}";

/// The table. `/metrics` is part of it unless the metrics are switched off or have an address of their own.
#[rustfmt::skip]
pub fn operations(has_metrics: bool) -> Vec<Operation> {
    let mut table = vec![
        // Messages.
        html(LIST, page::list::list).rule(MessageGetAll),
        get(LIST, messages::list::list).or("/v3/{project_id}/messages.json").rule(MessageGetAll).document("listMessages"),
        post(LIST, messages::create::create).or("/v3/{project_id}/messages.json").rule(MessageCreate).document("recordMessages"),
        html(MESSAGE, page::detail::show).rule(MessageGet),
        get(MESSAGE, messages::show::show).rule(MessageGet).document("showMessage"),
        delete(MESSAGE, messages::delete::delete).rule(MessageDelete).document("deleteMessage"),
        put(MESSAGE, no_operation::refuse).unlabelled(),
        get("/v3/{project_id}/messages/{id}/edit", no_operation::refuse).unlabelled().signs_in(),
        get(READ, messages::read::show).or(READ_JSON).rule(MessageGetAll).document("showReadState").signs_in(),
        put(READ, messages::read::change).or(READ_JSON).rule(MessageGetAll).document("changeReadState"),
        put(DONE, messages::read::change_done).or(DONE_JSON).rule(MessageGetAll).document("changeDoneState"),
        get(FILTERS, resource_filters::list).or("/v3/{project_id}/resource_filters.json").document("listResourceFilters").signs_in(),

        // The same of the caller's own project.
        html("/v3/messages", page::overview::show::show).rule(MessageOverview).label(LIST),
        get("/v3/messages", messages::list::list).or("/v3/messages.json").rule(MessageGetAll).document("listOwnMessages").label(LIST).signs_in(),
        get("/v3/messages/{id}", messages::show::show).rule(MessageGet).document("showOwnMessage").label(MESSAGE).signs_in(),
        delete("/v3/messages/{id}", messages::delete::delete).rule(MessageDelete).document("deleteOwnMessage").label(MESSAGE),
        put("/v3/messages/{id}", no_operation::refuse).unlabelled(),
        get("/v3/messages/{id}/edit", no_operation::refuse).unlabelled().signs_in(),
        get("/v3/messages/-/read", messages::read::show).or("/v3/messages/-/read.json").rule(MessageGetAll).document("showOwnReadState").label(READ),
        put("/v3/messages/-/read", messages::read::change).or("/v3/messages/-/read.json").rule(MessageGetAll).document("changeOwnReadState").label(READ),
        put("/v3/messages/-/done", messages::read::change_done).or("/v3/messages/-/done.json").rule(MessageGetAll).document("changeOwnDoneState").label(DONE),
        get("/v3/messages/-/summary", messages::summary::show).or("/v3/messages/-/summary.json").rule(MessageOverview).document("showSummary").label(PAGE),
        get("/v3/resource_filters", resource_filters::list).or("/v3/resource_filters.json").document("listOwnResourceFilters").label(FILTERS).signs_in(),

        // Events.
        get(EVENTS, events::list::list).or(EVENTS_JSON).rule(EventGetAll).document("listEvents").signs_in(),
        post(EVENTS, events::create::create).or(EVENTS_JSON).rule(EventCreate).document("reportEvents"),

        // Listeners.
        get(LISTENERS, listeners::list::list).or("/v3/{project_id}/listeners.json").rule(ListenerGetAll).document("listListeners").label(OF_LISTENERS),
        post(LISTENERS, listeners::create::create).or("/v3/{project_id}/listeners.json").rule(ListenerCreate).document("createListener").label(OF_LISTENERS),
        get(LISTENER, listeners::show::show).rule(ListenerGet).document("showListener").label(OF_LISTENERS),
        put(LISTENER, listeners::update::update).rule(ListenerUpdate).document("updateListener").label(OF_LISTENERS),
        delete(LISTENER, listeners::delete::delete).rule(ListenerDelete).document("deleteListener").label(OF_LISTENERS),
        get(DELIVERIES, listeners::deliveries::list).or("/v3/{project_id}/listeners/{id}/deliveries.json").rule(ListenerGet).document("listDeliveries").label(OF_LISTENERS),
        get("/v3/{project_id}/listeners/{id}/deliveries/{event_id}", listeners::deliveries::show).rule(ListenerGet).document("showDelivery").label(OF_LISTENERS),
        post("/v3/{project_id}/listeners/{id}/deliveries/{event_id}/redeliver", listeners::redeliver::one).or("/v3/{project_id}/listeners/{id}/deliveries/{event_id}/redeliver.json").rule(ListenerRedeliver).document("redeliverOne").label(OF_LISTENERS),
        post("/v3/{project_id}/listeners/{id}/deliveries/{event_id}/dismiss", listeners::dismiss::dismiss).or("/v3/{project_id}/listeners/{id}/deliveries/{event_id}/dismiss.json").rule(ListenerRedeliver).document("dismissDelivery").label(OF_LISTENERS),
        post("/v3/{project_id}/listeners/{id}/redeliver", listeners::redeliver::many).or("/v3/{project_id}/listeners/{id}/redeliver.json").rule(ListenerRedeliver).document("redeliverMany").label(OF_LISTENERS),
        post("/v3/{project_id}/listeners/{id}/test", listeners::test::test).or("/v3/{project_id}/listeners/{id}/test.json").rule(ListenerRedeliver).document("testListener").label(OF_LISTENERS),
        post("/v3/{project_id}/listeners/{id}/secret", listeners::secret::rotate).or("/v3/{project_id}/listeners/{id}/secret.json").rule(ListenerUpdate).document("rotateSecret").label(OF_LISTENERS),
        post(CLAIM, listeners::claim::claim).or("/v3/{project_id}/listeners/{id}/claim.json").rule(ListenerClaim).document("claimDeliveries"),
        post("/v3/{project_id}/listeners/{id}/settle", listeners::settle::settle).or("/v3/{project_id}/listeners/{id}/settle.json").rule(ListenerClaim).document("settleDeliveries").label(OF_LISTENERS),

        // Messages of shares.
        get(SHARE_LIST, share::messages::list::list).rule(MessageGetAll).document("listShareMessages"),
        get(SHARE_MESSAGE, share::messages::show::show).rule(MessageGet).document("showShareMessage"),
        delete(SHARE_MESSAGE, share::messages::delete::delete).rule(MessageDelete).document("deleteShareMessage"),
        get("/v2/messages", share::messages::list::list).rule(MessageGetAll).document("listOwnShareMessages").label(SHARE_LIST),
        get("/v2/messages/{id}", share::messages::show::show).rule(MessageGet).document("showOwnShareMessage").label(SHARE_MESSAGE),
        delete("/v2/messages/{id}", share::messages::delete::delete).rule(MessageDelete).document("deleteOwnShareMessage").label(SHARE_MESSAGE),

        // Failure notifications, and the segments and hosts that they are about.
        get(NOTIFICATIONS, notifications::list::list).or("/v1/{project_id}/notifications").rule(NotificationGetAll).document("listNotifications"),
        post(NOTIFICATIONS, notifications::create::create).or("/v1/{project_id}/notifications").rule(NotificationCreate).document("reportFailure"),
        post("/v1/notifications/claim", engine::claim::claim).or("/v1/{project_id}/notifications/claim").rule(NotificationRecover).document("claimNotification"),
        put("/v1/notifications/{id}/progress", engine::report::progress).or("/v1/{project_id}/notifications/{id}/progress").rule(NotificationRecover).document("reportProgress").label(RECOVERY),
        put("/v1/notifications/{id}/fenced", engine::report::fenced).or("/v1/{project_id}/notifications/{id}/fenced").rule(NotificationRecover).document("proveFencing").label(RECOVERY),
        post("/v1/notifications/{id}/finish", engine::report::finish).or("/v1/{project_id}/notifications/{id}/finish").rule(NotificationRecover).document("finishNotification").label(RECOVERY),
        get("/v1/notifications/new", refused::new).or("/v1/{project_id}/notifications/new").unlabelled(),
        get(NOTIFICATION, notifications::show::show).or("/v1/{project_id}/notifications/{id}").rule(NotificationGet).document("showNotification"),
        put(NOTIFICATION, refused::update).or("/v1/{project_id}/notifications/{id}").unlabelled(),
        delete(NOTIFICATION, refused::delete).or("/v1/{project_id}/notifications/{id}").unlabelled(),
        post("/v1/notifications/{id}/action", refused::action).or("/v1/{project_id}/notifications/{id}/action").unlabelled(),
        get("/v1/notifications/{id}/edit", refused::edit).or("/v1/{project_id}/notifications/{id}/edit").unlabelled(),
        get("/v1/notifications/{id}/vmoves", vmoves::read::list).or("/v1/{project_id}/notifications/{id}/vmoves").rule(VMoveGetAll).document("listMoves").label(NOTIFICATION),
        get("/v1/notifications/{id}/vmoves/{vmove_id}", vmoves::read::show).or("/v1/{project_id}/notifications/{id}/vmoves/{vmove_id}").rule(VMoveGet).document("showMove").label(NOTIFICATION),
        get(SEGMENTS, segments::read::list).or("/v1/{project_id}/segments").rule(SegmentGetAll).document("listSegments").label(OF_SEGMENTS),
        post(SEGMENTS, segments::change::create).or("/v1/{project_id}/segments").rule(SegmentCreate).document("createSegment").label(OF_SEGMENTS),
        get(SEGMENT, segments::read::show).or("/v1/{project_id}/segments/{id}").rule(SegmentGet).document("showSegment").label(OF_SEGMENTS),
        put(SEGMENT, segments::change::update).or("/v1/{project_id}/segments/{id}").rule(SegmentUpdate).document("updateSegment").label(OF_SEGMENTS),
        delete(SEGMENT, segments::change::delete).or("/v1/{project_id}/segments/{id}").rule(SegmentDelete).document("deleteSegment").label(OF_SEGMENTS),
        get(HOSTS, hosts::read::list).or("/v1/{project_id}/segments/{id}/hosts").rule(HostGetAll).document("listHosts").label(OF_SEGMENTS),
        post(HOSTS, hosts::change::create).or("/v1/{project_id}/segments/{id}/hosts").rule(HostCreate).document("createHost").label(OF_SEGMENTS),
        get(HOST, hosts::read::show).or("/v1/{project_id}/segments/{id}/hosts/{host_id}").rule(HostGet).document("showHost").label(OF_SEGMENTS),
        put(HOST, hosts::change::update).or("/v1/{project_id}/segments/{id}/hosts/{host_id}").rule(HostUpdate).document("updateHost").label(OF_SEGMENTS),
        delete(HOST, hosts::change::delete).or("/v1/{project_id}/segments/{id}/hosts/{host_id}").rule(HostDelete).document("deleteHost").label(OF_SEGMENTS),

        // What the server is, and how it fares.
        html("/", page::home::show).open(),
        any("/", discovery::root).document("listVersions").open(),
        any("/v3", discovery::add_slash).document("showVersion").label("/").open(),
        any("/v3/", discovery::of_service).label("/").open(),
        any("/v2", discovery::of_service_alone).or("/v2/").document("showSharedFileSystem").label("/").open(),
        any("/v1", discovery::version).or("/v1/").document("showInstanceHa").label("/").open(),
        get("/healthcheck", healthcheck::check::check).document("checkHealth").open(),
        head("/healthcheck", healthcheck::check::check_head).document("checkHealthHead").open(),
        html("/catalog", page::catalog::public).open(),
        html("/catalog/{code}", page::catalog::entry).label("/catalog").open(),
        get("/catalog", catalog::export).document("exportCatalog").open(),
        get("/openapi.json", openapi::document::document).document("readOpenApi").open(),
    ];
    table.extend(for_browsers());
    if has_metrics {
        table.push(get("/metrics", metrics::show).document("readMetrics").open());
    }
    #[cfg(feature = "floor")]
    table.extend([
        get("/v3/{project_id}/floor/{bytes}", super::ops::baseline::get).rule(MessageGetAll).unlabelled(),
        post("/v3/{project_id}/floor/{bytes}", super::ops::baseline::post).unlabelled(),
    ]);
    table
}

/// What only browsers ask for.
#[rustfmt::skip]
fn for_browsers() -> Vec<Operation> {
    vec![
        post(READ, page::mark::submit).rule(MessageGetAll).label(PAGE).signs_in(),
        get("/v3/{project_id}/messages/-/delete", page::delete::ask).rule(MessageDelete).label(PAGE).signs_in(),
        post("/v3/{project_id}/messages/-/delete", page::delete::delete).rule(MessageDelete).label(PAGE).signs_in(),
        get("/v3/{project_id}/messages/-/news", page::news::show).rule(MessageGetAll).label(PAGE),
        get("/v3/{project_id}/messages/-/catalog", page::catalog::in_project).label(PAGE).signs_in(),
        get("/v3/{project_id}/messages/-/catalog/{code}", page::catalog::entry).label(PAGE).signs_in(),
        get("/v3/{project_id}/messages/-/static/{name}", page::assets::show).label(PAGE).open(),
        get("/v3/{project_id}/messages/-/login", sign_in::login::show).label(PAGE).open(),
        post("/v3/{project_id}/messages/-/login", sign_in::login::enter).label(PAGE).open(),
        post("/v3/{project_id}/messages/-/logout", sign_in::logout::leave).label(PAGE).open(),
        get("/v3/{project_id}/messages/-/project", sign_in::project::show).label(PAGE).open().signs_in(),
        post("/v3/{project_id}/messages/-/project", sign_in::project::switch).label(PAGE).open().signs_in(),
        post("/v3/messages/-/listeners/{id}/{action}", page::overview::act::press).rule(MessageOverview).label(PAGE).signs_in(),
        get(CONFIRM, confirm::show).label(PAGE).open(),
        post(CONFIRM, confirm::decide).label(PAGE).open(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::identity::policy::DEFAULTS;

    #[test]
    fn every_operation_of_programs_is_described_and_every_description_is_used() {
        let table = operations(true);
        let for_programs = table
            .iter()
            .filter(|operation| !operation.is_page && operation.label.is_some_and(|label| label != PAGE));
        for operation in for_programs.filter(|operation| operation.path != "/v3/") {
            assert!(operation.document.is_some(), "{}", operation.path);
        }
        let used: BTreeSet<_> = table.iter().filter_map(|operation| operation.document).collect();
        let described = openapi::document::described();
        assert_eq!(used, described.iter().map(String::as_str).collect());
    }
    #[test]
    fn the_policy_knows_which_operations_ask_for_its_rules() {
        let table = operations(true);
        let rules = DEFAULTS
            .iter()
            .filter_map(|default| Some((default.name, default.operation?)));
        for (rule, named) in rules {
            let is_known = table.iter().any(|operation| {
                let method = operation.method.as_ref().map_or("", |method| method.as_str());
                operation.rule.is_some_and(|own| own.name() == rule)
                    && named == format!("{method} {}", operation.path)
            });
            assert!(is_known, "{rule}: {named}");
        }
    }
}
