//! Tokens that are scoped to a domain: whose messages they show.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::keystone::holder;
use crate::support::keystone::{FakeKeystone, token};

#[tokio::test]
async fn an_admin_of_a_domain_sees_the_projects_of_that_domain_only() {
    let keystone = FakeKeystone::start();
    let of = |domain: &str| json!({ "project": null, "domain": { "id": domain, "name": domain } });
    let admin = ["admin", "member", "reader"];
    for (name, domain) in [
        ("east", "d-east"),
        ("again", "d-east"),
        ("empty", "d-empty"),
        ("hidden", "d-hidden"),
        ("huge", "d-huge"),
    ] {
        keystone.give(name, token("dora", "-", &admin, &of(domain)));
    }
    keystone.give("service", token("cinder", "service", &["service"], &json!({})));
    keystone.give("project-admin", token("root", "east1", &admin, &json!({})));
    {
        let mut state = keystone.state();
        let mut has = |domain: &str, projects: Vec<String>| state.domains.insert(domain.to_owned(), projects);
        has("d-east", vec!["east2".to_owned(), "east1".to_owned()]);
        has("d-empty", Vec::new());
        has("d-huge", (0..1001).map(|number| format!("p{number}")).collect());
    }
    let app = keystone.app();
    let service = holder(&app, "service");
    let mut made = Vec::new();
    for project in ["east1", "west1", "east2", "west1", "east1"] {
        let body = json!({ "message": { "event_id": "VOLUME_000002" } });
        let id = service.post(project, &body).await.json()["message"]["id"].clone();
        made.push((project, id.as_str().unwrap().to_owned()));
        app.clock.advance(Duration::from_secs(1));
    }
    let east: Vec<String> = made
        .iter()
        .rev()
        .filter(|(project, _)| *project != "west1")
        .map(|(_, id)| id.clone())
        .collect();
    let (west, gone) = (&made[1].1, &made[0].1);

    let dora = holder(&app, "east");
    assert_eq!(dora.get("/v3/messages").await.ids(), east);
    // Pages, other orders and filters stay in the domain, too.
    let next = dora
        .get_in("3.5", &format!("/v3/messages?limit=1&marker={}", east[0]))
        .await;
    assert_eq!(next.ids(), [east[1].clone()]);
    let sorted = dora
        .get_in("3.5", "/v3/messages?sort=project_id:asc,created_at:asc")
        .await;
    assert_eq!(sorted.ids().len(), 3);
    assert_eq!(
        dora.get_in("3.5", "/v3/messages?project_id=west1").await.ids(),
        Vec::<String>::new()
    );
    let behind = dora.get_in("3.5", &format!("/v3/messages?marker={west}")).await;
    assert_eq!(behind.status, 404);
    for (id, status) in [(west, 404), (gone, 200)] {
        assert_eq!(dora.get(&format!("/v3/messages/{id}")).await.status, status);
    }
    let delete = |id: &str| dora.request(Method::DELETE, &format!("/v3/messages/{id}"));
    assert_eq!(dora.send(delete(west)).await.status, 404);
    assert_eq!(dora.send(delete(gone)).await.status, 204);
    assert_eq!(dora.get("/v3/messages").await.ids(), east[..2]);

    assert_eq!(keystone.state().domain_questions, 1, "asked once for each token");
    assert_eq!(holder(&app, "again").get("/v3/messages").await.ids(), east[..2]);
    assert_eq!(
        holder(&app, "empty").get("/v3/messages").await.ids(),
        Vec::<String>::new()
    );
    for (name, reason) in [
        (
            "hidden",
            "Keystone does not tell this token the projects of its domain.",
        ),
        ("huge", "The domain of the token has too many projects."),
    ] {
        for path in ["/v3/messages".to_owned(), format!("/v3/messages/{west}")] {
            assert_eq!(
                holder(&app, name).get(&path).await.fault(),
                format!("403 forbidden: {reason} Use a token that is scoped to a project or to the system.")
            );
        }
    }
    assert_eq!(
        holder(&app, "project-admin")
            .get("/v3/messages")
            .await
            .ids()
            .len(),
        4
    );
}

#[tokio::test]
async fn a_token_that_is_revoked_before_its_domain_is_asked_for_is_invalid() {
    let keystone = FakeKeystone::start();
    let of_domain = json!({ "project": null, "domain": { "id": "d-east", "name": "east" } });
    keystone.give(
        "east",
        token("dora", "-", &["admin", "member", "reader"], &of_domain),
    );
    keystone.state().revokes_before_domains = true;
    let app = keystone.app();
    let dora = holder(&app, "east");
    for _ in 0..2 {
        assert_eq!(dora.get("/v3/messages").await.status, 401);
    }
    assert_eq!(keystone.state().domain_questions, 1, "the refusal is remembered");
}
