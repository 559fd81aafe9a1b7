//! Every operation of the `OpenAPI` document, with every kind of caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tidings::config::Config;
use tidings::delivery::Registrar;
use tidings::event::{Origin, Reporter};
use tidings::failure::{HostFields, Report, SegmentFields, VMove, VMoveStatus};
use tidings::listener::{ListenerSeal, Reach};
use tidings::store::{delivery, failure};
use uuid::Uuid;

use super::failures::show::vmove;
use super::share::share_message;
use crate::support::keystone::{FakeKeystone, token};
use crate::support::{Actor, Answer, Database, NOW, TestApp, message};

/// The callers. All paths name the project p1, and messages are p1's.
#[rustfmt::skip]
const CALLERS: [&str; 8] =
    [             "none", "reader", "member", "service", "admin", "other", "system", "domain"];

/// The expected status for each caller, by `operationId`.
#[rustfmt::skip]
const ANSWERS: [(&str, [u16; 8]); 65] = [
    ("listVersions",           [300, 300, 300, 300, 300, 300, 300, 300]),
    // The client follows the redirect.
    ("showVersion",            [200, 200, 200, 200, 200, 200, 200, 200]),
    ("checkHealth",            [200, 200, 200, 200, 200, 200, 200, 200]),
    ("checkHealthHead",        [204, 204, 204, 204, 204, 204, 204, 204]),
    ("readMetrics",            [200, 200, 200, 200, 200, 200, 200, 200]),
    ("exportCatalog",          [200, 200, 200, 200, 200, 200, 200, 200]),
    ("readOpenApi",            [200, 200, 200, 200, 200, 200, 200, 200]),
    // URL and token must name the same project, except when recording and reporting.
    ("listMessages",           [401, 200, 200, 400, 200, 400, 400, 400]),
    ("recordMessages",         [401, 403, 403, 201, 201, 403, 201, 201]),
    ("showMessage",            [401, 200, 200, 400, 200, 400, 400, 400]),
    ("deleteMessage",          [401, 403, 204, 400, 204, 400, 400, 400]),
    ("showReadState",          [401, 200, 200, 400, 200, 400, 400, 400]),
    ("changeReadState",        [401, 200, 200, 400, 200, 400, 400, 400]),
    ("changeDoneState",        [401, 200, 200, 400, 200, 400, 400, 400]),
    ("listResourceFilters",    [401, 200, 200, 400, 200, 400, 400, 400]),
    ("listEvents",             [401, 403, 403, 400, 200, 400, 400, 400]),
    ("reportEvents",           [401, 403, 403, 202, 202, 403, 202, 202]),
    // A message of another project does not exist. Read state needs a project.
    ("listOwnMessages",        [401, 200, 200, 403, 200, 200, 200, 200]),
    ("showOwnMessage",         [401, 200, 200, 404, 200, 404, 200, 200]),
    ("deleteOwnMessage",       [401, 403, 204, 404, 204, 404, 204, 204]),
    ("showOwnReadState",       [401, 200, 200, 403, 200, 200, 400, 400]),
    ("changeOwnReadState",     [401, 200, 200, 403, 200, 200, 400, 400]),
    ("changeOwnDoneState",     [401, 200, 200, 403, 200, 200, 400, 400]),
    // It is about all projects.
    ("showSummary",            [401, 403, 403, 403, 200, 403, 200, 403]),
    // What a member may do with the listeners of its project.
    ("listListeners",          [401, 200, 200, 400, 200, 400, 400, 400]),
    ("createListener",         [401, 403, 201, 400, 201, 400, 400, 400]),
    ("showListener",           [401, 200, 200, 400, 200, 400, 400, 400]),
    ("updateListener",         [401, 403, 200, 400, 200, 400, 400, 400]),
    ("deleteListener",         [401, 403, 204, 400, 204, 400, 400, 400]),
    ("listDeliveries",         [401, 200, 200, 400, 200, 400, 400, 400]),
    ("showDelivery",           [401, 200, 200, 400, 200, 400, 400, 400]),
    ("redeliverOne",           [401, 403, 202, 400, 202, 400, 400, 400]),
    ("dismissDelivery",        [401, 403, 200, 400, 200, 400, 400, 400]),
    ("redeliverMany",          [401, 403, 202, 400, 202, 400, 400, 400]),
    ("testListener",           [401, 403, 202, 400, 202, 400, 400, 400]),
    // The listener has no secret.
    ("rotateSecret",           [401, 403, 400, 400, 400, 400, 400, 400]),
    ("claimDeliveries",        [401, 403, 200, 400, 200, 400, 400, 400]),
    ("settleDeliveries",       [401, 403, 200, 400, 200, 400, 400, 400]),
    // Manila's rules are checked before the message is looked up.
    ("showSharedFileSystem",   [200, 200, 200, 200, 200, 200, 200, 200]),
    ("listShareMessages",      [401, 200, 200, 400, 200, 400, 400, 400]),
    ("showShareMessage",       [401, 200, 200, 400, 200, 400, 400, 400]),
    ("deleteShareMessage",     [401, 403, 204, 400, 204, 400, 400, 400]),
    ("listOwnShareMessages",   [401, 200, 200, 403, 200, 200, 200, 200]),
    ("showOwnShareMessage",    [401, 200, 200, 403, 200, 404, 200, 200]),
    ("deleteOwnShareMessage",  [401, 403, 204, 403, 204, 404, 204, 204]),
    // Failures belong to no project.
    ("showInstanceHa",         [200, 200, 200, 200, 200, 200, 200, 200]),
    ("listNotifications",      [401, 403, 403, 403, 200, 403, 200, 200]),
    ("reportFailure",          [401, 403, 403, 403, 202, 403, 202, 202]),
    ("showNotification",       [401, 403, 403, 403, 200, 403, 200, 200]),
    // Nothing is ready, and nothing is leased.
    ("claimNotification",      [401, 403, 403, 200, 200, 403, 200, 200]),
    ("reportProgress",         [401, 403, 403, 409, 409, 403, 409, 409]),
    ("proveFencing",           [401, 403, 403, 409, 409, 403, 409, 409]),
    ("finishNotification",     [401, 403, 403, 409, 409, 403, 409, 409]),
    ("listMoves",              [401, 403, 403, 403, 200, 403, 200, 200]),
    ("showMove",               [401, 403, 403, 403, 200, 403, 200, 200]),
    ("listSegments",           [401, 403, 403, 403, 200, 403, 200, 200]),
    ("createSegment",          [401, 403, 403, 403, 201, 403, 201, 201]),
    ("showSegment",            [401, 403, 403, 403, 200, 403, 200, 200]),
    ("updateSegment",          [401, 403, 403, 403, 200, 403, 200, 200]),
    ("deleteSegment",          [401, 403, 403, 403, 204, 403, 204, 204]),
    ("listHosts",              [401, 403, 403, 403, 200, 403, 200, 200]),
    ("createHost",             [401, 403, 403, 403, 201, 403, 201, 201]),
    ("showHost",               [401, 403, 403, 403, 200, 403, 200, 200]),
    ("updateHost",             [401, 403, 403, 403, 200, 403, 200, 200]),
    ("deleteHost",             [401, 403, 403, 403, 204, 403, 204, 204]),
];

/// Every caller may list the filters.
const FILTERS: (&str, [u16; 8]) = ("listOwnResourceFilters", [401, 200, 200, 200, 200, 200, 200, 200]);

#[tokio::test]
async fn each_caller_is_answered_as_the_table_says() {
    let keystone = FakeKeystone::start();
    let app = keystone.app();
    app.leave_events();
    let callers = CALLERS.map(|name| caller(name, &keystone, &app));
    let document = callers[0].get("/openapi.json").await.json();
    let described = operations(&document);
    let expected: Vec<_> = ANSWERS.into_iter().chain([FILTERS]).collect();
    let names = |all: &mut dyn Iterator<Item = String>| all.collect::<BTreeSet<_>>();
    assert_eq!(
        names(&mut described.iter().map(|operation| operation.name.clone())),
        names(&mut expected.iter().map(|(name, _)| (*name).to_owned())),
    );
    let mut wrong = Vec::new();
    for operation in &described {
        let (_, statuses) = expected.iter().find(|(name, _)| *name == operation.name).unwrap();
        for (actor, (caller, status)) in callers.iter().zip(CALLERS.iter().zip(statuses)) {
            let answer = operation.ask(actor, &app).await;
            if answer.status != *status {
                wrong.push(format!(
                    "{} {caller}: {} {}",
                    operation.name, answer.status, answer.text
                ));
            }
            assert_has_its_form(&answer);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_path_below_v3_may_end_in_json() {
    let app = TestApp::with(|config| config.events.keep = tidings::config::Days(1));
    app.leave_events();
    let admin = app.admin("p1");
    let mut below = operations(&admin.get("/openapi.json").await.json());
    // The listener of this test has no secret.
    below.retain(|operation| operation.path.starts_with("/v3/") && operation.name != "rotateSecret");
    assert!(below.len() > 10);
    for operation in &below {
        let plain = operation.ask(&admin, &app).await;
        let named = Operation {
            path: format!("{}.json", operation.path),
            ..operation.clone()
        };
        let named = named.ask(&admin, &app).await;
        assert!(plain.status < 300, "{}: {}", operation.name, plain.text);
        assert_eq!(named.status, plain.status, "{}: {}", operation.name, named.text);
    }
}

/// An operation of the `OpenAPI` document.
#[derive(Clone)]
struct Operation {
    name: String,
    method: Method,
    path: String,
}

fn operations(document: &Value) -> Vec<Operation> {
    let items = document["paths"].as_object().unwrap().iter();
    let operations = items.flat_map(|(path, item)| {
        let methods = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| *key != "parameters");
        methods.map(move |(method, operation)| Operation {
            name: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.clone(),
        })
    });
    operations.collect()
}

impl Operation {
    /// Requests a message or a listener that was not requested before.
    async fn ask(&self, actor: &Actor, app: &TestApp) -> Answer {
        if self.path.contains("/listeners/{id}") {
            return self.ask_about_listener(actor, app).await;
        }
        if self.path.starts_with("/v1/") {
            return self.ask_about_failure(actor, app).await;
        }
        let message = if self.path.starts_with("/v2/") {
            share_message("p1", 0)
        } else {
            message("p1", 0)
        };
        let id = message.id.to_string();
        app.import(&[message]).await;
        let path = self.path.replace("{project_id}", "p1").replace("{id}", &id);
        let request = actor
            .request(self.method.clone(), &path)
            .header("OpenStack-API-Version", "volume 3.71");
        let body = match self.name.as_str() {
            "recordMessages" => json!({ "message": { "event_id": "VOLUME_000002" } }),
            "reportEvents" => json!({ "event": {
                "event_type": "repo.sync.start", "priority": "INFO", "payload": { "repo_id": "r" },
            }}),
            "changeReadState" | "changeOwnReadState" => json!({ "read": { "messages": [id] } }),
            "changeDoneState" | "changeOwnDoneState" => json!({ "done": { "messages": [id] } }),
            "createListener" => {
                json!({ "listener": { "notifier_type": "pull", "event_types": ["message.*"] } })
            }
            _ => return actor.send(request).await,
        };
        let request = request
            .header("Content-Type", "application/json")
            .body(body.to_string());
        actor.send(request).await
    }

    /// Requests a segment with a host, whose notification is final and has a move.
    async fn ask_about_failure(&self, actor: &Actor, app: &TestApp) -> Answer {
        let (id, mut path) = (Uuid::new_v4(), self.path.clone());
        let name = id.to_string();
        let new = json!({ "segment": { "name": name, "recovery_method": "auto", "service_type": "x" } });
        let segment = SegmentFields::check(&new, true, false)
            .unwrap()
            .into_segment(id, NOW);
        let new = json!({ "host": { "name": name, "type": "x", "control_attributes": "x" } });
        let host = HostFields::check(&new, true).unwrap().into_host(id, id, NOW);
        let report = json!({ "notification": { "type": "COMPUTE_HOST", "hostname": name, "generated_time": "2026",
            "payload": { "event": "STARTED" } } });
        let checked = Report::check(&report).unwrap();
        let moved = vmove(id, 1, VMoveStatus::Ongoing);
        let stored = app.store.write(move |tx| {
            failure::insert_segment(tx, &segment)?;
            failure::insert_host(tx, &host)?;
            failure::receive(tx, &checked, id, NOW, 0)?;
            failure::save_vmove(
                tx,
                &VMove {
                    uuid: id,
                    ..moved.clone()
                },
            )?;
            let mut notification = failure::notification(tx.conn(), id)?;
            notification.turn = None;
            failure::save(tx, &notification)
        });
        stored.await.unwrap();
        for variable in ["{id}", "{host_id}", "{vmove_id}"] {
            path = path.replace(variable, &name);
        }
        let other = format!("{name}-2");
        let body = match self.name.as_str() {
            "reportFailure" => json!({ "notification": { "type": "PROCESS", "hostname": name,
                "generated_time": "2026", "payload": { "event": "STARTED", "process_name": "x" } } }),
            "claimNotification" => json!({}),
            "reportProgress" => json!({ "lease": 1 }),
            "proveFencing" => json!({ "lease": 1, "method": "ipmi", "evidence": "off" }),
            "finishNotification" => json!({ "lease": 1, "status": "finished", "message": "done" }),
            "createSegment" => {
                json!({ "segment": { "name": other, "recovery_method": "auto", "service_type": "x" } })
            }
            "createHost" => json!({ "host": { "name": other, "type": "x", "control_attributes": "x" } }),
            "updateSegment" => json!({ "segment": { "name": other } }),
            "updateHost" => json!({ "host": { "name": other } }),
            _ => return actor.send(actor.request(self.method.clone(), &path)).await,
        };
        let request = actor.request(self.method.clone(), &path);
        let request = request.header("Content-Type", "application/json");
        actor.send(request.body(body.to_string())).await
    }

    /// Requests a listener, or its delivery of an event, which is a dead letter.
    async fn ask_about_listener(&self, actor: &Actor, app: &TestApp) -> Answer {
        let (clock, seal) = (app.clock.clock(), Arc::new(ListenerSeal::temporary().unwrap()));
        let registrar = Registrar::new(&Config::default(), app.store.clone(), clock, seal);
        let listener = json!({ "notifier_type": "pull", "event_types": ["message.*"] });
        let reach = Reach::Project("p1".to_owned());
        let (listener, _) = registrar
            .create(reach, listener.as_object().unwrap())
            .await
            .unwrap();
        let event = Reporter::new(&Config::default()).listener_test(listener.id, Origin::default(), NOW);
        let id = event.message_id.to_string();
        let queued = app
            .store
            .write(move |tx| delivery::add_for(tx, &event, listener.id));
        queued.await.unwrap();
        Database::open(app.database.url())
            .execute("UPDATE deliveries SET state = 2, due = 9223372036854775807");
        let path = self.path.replace("{project_id}", "p1").replace("{event_id}", &id);
        let path = path.replace("{id}", &listener.id.to_string());
        let request = actor.request(self.method.clone(), &path);
        let body = match self.name.as_str() {
            "updateListener" => json!({ "listener": { "description": "changed" } }),
            "dismissDelivery" => json!({ "reason": "no longer needed" }),
            "redeliverMany" => json!({ "since": "2026-11-21" }),
            "settleDeliveries" => json!({ "ids": [id] }),
            _ => json!({}),
        };
        let has_body = matches!(self.method, Method::POST | Method::PUT) && self.name != "testListener";
        let request = if has_body {
            request
                .header("Content-Type", "application/json")
                .body(body.to_string())
        } else {
            request
        };
        let answer = actor.send(request).await;
        // The project has a quota.
        let _ = registrar.delete(listener.id).await;
        answer
    }
}

fn caller(name: &str, keystone: &FakeKeystone, app: &TestApp) -> Actor {
    let all = json!({});
    let system = json!({ "project": null, "system": { "all": true } });
    let domain = json!({ "project": null, "domain": { "id": "d", "name": "d" } });
    keystone
        .state()
        .domains
        .insert("d".to_owned(), vec!["p1".to_owned()]);
    let (project, roles, scope): (_, &[&str], _) = match name {
        "none" => return app.anonymous(),
        "reader" => ("p1", &["reader"], all),
        "member" => ("p1", &["member", "reader"], all),
        "service" => ("services", &["service"], all),
        "admin" => ("p1", &["admin", "member", "reader"], all),
        "other" => ("p2", &["member", "reader"], all),
        "system" => ("-", &["admin", "member", "reader"], system),
        "domain" => ("-", &["admin", "member", "reader"], domain),
        other => panic!("{other} is no caller"),
    };
    keystone.give(name, token(name, project, roles, &scope));
    Actor::new(&app.base, project, Some(name.to_owned()))
}

/// All errors have the same form, except for keystonemiddleware's 401.
#[track_caller]
fn assert_has_its_form(answer: &Answer) {
    let name = match answer.status {
        ..400 => return,
        400 => "badRequest",
        401 => "error",
        403 => "forbidden",
        404 => "itemNotFound",
        409 => "conflictingRequest",
        other => panic!("{other}: {}", answer.text),
    };
    let body = answer.json();
    let fields = body.as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), [name]);
    let known: &[&str] = if answer.status == 401 {
        &["code", "title", "message"]
    } else {
        &["code", "message"]
    };
    assert_eq!(body[name].as_object().unwrap().keys().collect::<Vec<_>>(), known);
    assert_eq!(body[name]["code"], answer.status);
}
