//! The operators' view with a session.

use tempfile::NamedTempFile;

use super::sign_in::keystone;
use crate::page::overview::count;
use crate::support::{Browser, message};

#[tokio::test]
async fn the_sign_in_leads_back_and_projects_have_names() {
    let file = NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(file.path(), "\"message:overview\": \"role:member\"\n").unwrap();
    let policy = file.path().to_str().unwrap();
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_OSLO_POLICY__POLICY_FILE", policy)]);
    app.import(&[message("p1", -60), message("hidden", -60)]).await;
    count(&app).await;
    let mut browser = Browser::new(&app.base);
    let asked = browser.get("/v3/messages?hours=24").await;
    let form = asked.header("location").to_owned();
    assert_eq!(form, "/v3/-/messages/-/login?next=%2Fv3%2Fmessages%3Fhours%3D24");
    let fields = [("user", "bob"), ("password", "secret"), ("domain", "Default")];
    let entered = browser.submit(&form, "/v3/-/messages/-/login", &fields).await;
    assert_eq!(entered.header("location"), "/v3/messages?hours=24");
    let html = browser.get("/v3/messages?hours=24").await.text;
    assert!(html.contains(">name of p1</a> <code>p1</code>"), "{html}");
    assert!(html.contains(">hidden</a>"), "{html}");
    assert!(html.contains("bob"), "{html}");
}
