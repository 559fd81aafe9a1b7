//! The catalog: its contents, its search, and the address of each entry.

use super::{Browser, between};
use crate::support::TestApp;

#[tokio::test]
async fn the_contents_name_the_services_in_words() {
    let app = TestApp::start();
    let html = Browser(app.anonymous()).get("/catalog").await.text;
    let contents = between(&html, "<nav class=\"contents\"", "</nav>");
    assert!(
        contents.contains("<a href=\"#VOLUME\">Block storage</a>"),
        "{contents}"
    );
    for link in contents.split("href=\"#").skip(1) {
        let place = link.split('"').next().unwrap();
        assert!(html.contains(&format!("<h2 id=\"{place}\">")), "{place}");
    }
    // Addresses of services that were sent around before still lead there.
    assert!(html.contains("<tr id=\"VOLUME_000002\">") && html.contains("<tr id=\"VOLUME_006\">"));
}

#[tokio::test]
async fn each_code_has_an_address() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for (path, rest) in [
        ("/catalog", ""),
        (
            "/v3/p1/messages/-/catalog",
            "event_id=VOLUME_VOLUME_SNAPSHOT_009_006",
        ),
    ] {
        let answer = browser
            .get(&format!("{path}/VOLUME_VOLUME_SNAPSHOT_009_006"))
            .await;
        assert_eq!(answer.status, 200, "{path}");
        let sentence = between(&answer.text, "<h1>", "</h1>");
        assert!(sentence.starts_with("<h1>Create snapshot: "), "{sentence}");
        assert!(answer.text.contains("Block storage"), "{path}");
        assert_eq!(
            answer.text.contains("Show messages with this code"),
            !rest.is_empty(),
            "{path}"
        );
        assert!(answer.text.contains(rest), "{path}");
        assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
        for missing in ["VOLUME_999999", "x", "%3Cscript%3E"] {
            assert_eq!(
                browser.get(&format!("{path}/{missing}")).await.status,
                404,
                "{missing}"
            );
        }
    }
    // The name of a parameter stands for its value.
    let upload = browser.get("/catalog/IMAGE_000003").await.text;
    assert!(between(&upload, "<h1>", "</h1>").contains("{size}"), "{upload}");
    // A program has no use for the page.
    assert_eq!(app.anonymous().get("/catalog/VOLUME_000002").await.status, 404);
}

#[tokio::test]
async fn whole_codes_and_exceptions_are_found() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for code in [
        "VOLUME_000002",
        "volume_volume_snapshot_009_006",
        "%20SHARE_SHARE_001_002%20",
    ] {
        let html = browser.get(&format!("/catalog?text={code}")).await.text;
        assert!(html.contains("<article class=\"detail"), "{code}: {html}");
    }
    let html = browser.get("/catalog?text=novalidhost").await.text;
    assert!(
        html.contains("NoValidHost") && html.contains("id=\"COMPUTE\""),
        "{html}"
    );
    assert!(!html.contains("id=\"REPO\""), "{html}");
    let chinese = browser.get("/catalog?text=novalidhost&language=zh_CN").await.text;
    assert!(chinese.contains(">计算 <code>COMPUTE</code>"), "{chinese}");
}
