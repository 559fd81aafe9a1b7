//! Nothing that was stored or sent is interpreted by a page.

use super::{Browser, about, between};
use crate::support::TestApp;
use tidings::message::Message;

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='a'>&amp;</title>{{7*7}}\u{202e}";

/// Checks that the text stayed text: no tag, and no way out of an attribute.
fn check(html: &str, path: &str) {
    for part in [
        "<script>",
        "<img",
        "alert(1)</script>",
        "onerror='",
        "&amp;</title>",
    ] {
        assert!(!html.contains(part), "{path}: {part}");
    }
    assert!(
        html.contains("&#60;script&#62;"),
        "{path} shows it, escaped: {html}"
    );
}

#[tokio::test]
async fn stored_texts_are_escaped() {
    let app = TestApp::with_options(&[(
        "OS_PAGE__RESOURCE_LINKS",
        "VOLUME:https://h.example/{project}/{id}",
    )]);
    let linked = Message {
        request_id: HOSTILE.to_owned(),
        ..about(HOSTILE, 0)
    };
    // Rows of another program may contain anything.
    let odd = Message {
        event_id: format!("VOLUME_{HOSTILE}"),
        message_level: HOSTILE.to_owned(),
        resource_type: Some(HOSTILE.to_owned()),
        parameters: Some(HOSTILE.to_owned()),
        ..linked.clone()
    };
    let odd = Message {
        id: uuid::Uuid::now_v7(),
        ..odd
    };
    app.import(&[linked.clone(), odd.clone()]).await;
    let browser = Browser(app.anonymous());
    for path in [
        "/v3/p1/messages".to_owned(),
        "/v3/p1/messages?language=zh_CN".to_owned(),
        format!("/v3/p1/messages/{}", linked.id),
        format!("/v3/p1/messages/{}", odd.id),
        format!("/v3/p1/messages/-/delete?id={}&id={}", linked.id, odd.id),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        check(&answer.text, &path);
        assert!(!answer.text.contains('\u{202e}'), "{path} is turned around");
        assert!(answer.text.contains(r"\u{202e}"), "{path} hides a control");
    }
    let html = browser.get(&format!("/v3/p1/messages/{}", linked.id)).await.text;
    insta::assert_snapshot!(
        between(&html, "<a href=\"https://h.example/", "\">"),
        @r#"<a href="https://h.example/p1/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3D%27a%27%3E%26amp%3B%3C%2Ftitle%3E%7B%7B7%2A7%7D%7D%E2%80%AE">"#
    );
    assert!(html.contains("An unknown error occurred."), "{html}");
}

#[tokio::test]
async fn parameters_of_texts_are_escaped() {
    let app = TestApp::start();
    let long: String = HOSTILE.repeat(50);
    for given in [HOSTILE, &long] {
        let value = form_urlencoded::Serializer::new(String::new())
            .append_pair("", given)
            .finish();
        for path in [
            format!("/v3/p1/messages?text{value}"),
            format!("/v3/p1/messages?message_level{value}"),
            format!("/v3/p1/messages?resource_type{value}"),
            format!("/v3/p1/messages?resource_uuid{value}&request_id{value}&event_id{value}"),
            format!("/v3/p1/messages?since{value}&before{value}"),
            format!("/catalog?text{value}"),
            format!("/?project{value}"),
        ] {
            let answer = Browser(app.anonymous()).get(&path).await;
            let html = answer.text.replace("&#60;SCRIPT&#62;", "&#60;script&#62;");
            check(&html, &path);
        }
    }
}

#[tokio::test]
async fn addresses_without_a_page_are_not_repeated() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for path in [
        "/v3/p1/messages/%3Cscript%3E",
        "/%3Cscript%3E",
        "/v3/p1/messages/-/%22%3E%3Cscript%3E",
        "/v3/p1/messages/%ff",
    ] {
        let answer = browser.get(path).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text.contains("<script>"), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn questions_of_any_kind_are_answered() {
    let app = TestApp::start();
    app.import(&[about("r", 0)]).await;
    let browser = Browser(app.anonymous());
    for query in [
        "text=%00",
        "text=%ff",
        "text=_%5C'%22--",
        "resource_uuid=%00",
        "text=&text=&text=b",
        "deleted=-1",
        "deleted=99999999999999999999",
        "deleted=%3Cb%3E",
        "language=xx",
        "language=en%0d%0aSet-Cookie:a",
        "since=0000-00-00T00:00",
        "since=9999-12-31T23:59&before=0001-01-01",
        "&&&=&=x",
    ] {
        let answer = browser.list(query).await;
        assert!(matches!(answer.status, 200 | 400), "{query}: {}", answer.status);
        assert!(
            answer.text.ends_with("</html>\n") || answer.text.ends_with("</html>"),
            "{query}"
        );
    }
}
