//! Texts in the reader's language.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn the_text_is_rendered_in_the_language_that_is_preferred() {
    let app = TestApp::start();
    let draft = json!({ "message": { "event_id": "VOLUME_000002" } });
    let recorded = app.service().post("p1", &draft).await.json();
    let path = format!("/v3/p1/messages/{}", recorded["message"]["id"].as_str().unwrap());
    let alice = app.member("p1");
    let read = async |accept: &str| {
        let request = alice
            .request(Method::GET, &path)
            .header("Accept-Language", accept);
        let answer = alice.send(request).await;
        assert!(answer.header("vary").contains("Accept-Language"));
        (
            answer.header("content-language").to_owned(),
            answer.json()["message"]["user_message"]
                .as_str()
                .unwrap()
                .to_owned(),
        )
    };
    let english = "No storage could be allocated for this volume request.";
    for accept in ["en", "fr", "", "*", "zh;q=0, en", ";;;q=,,"] {
        assert_eq!(
            read(accept).await,
            ("en".to_owned(), english.to_owned()),
            "{accept}"
        );
    }
    for accept in ["zh-CN", "zh", "zh-Hans-CN, en;q=0.8", "fr, zh;q=0.5, en;q=0.1"] {
        let (language, text) = read(accept).await;
        assert_eq!(language, "zh-CN", "{accept}");
        assert!(text.ends_with('。'), "{text}");
    }
}

#[tokio::test]
async fn parameters_are_shown_in_the_text() {
    let app = TestApp::start();
    let Some((code, parameter)) = tidings::catalog::services().iter().find_map(|service| {
        service
            .messages
            .iter()
            .find_map(|message| Some((message.code, message.notice.parameters.first()?)))
    }) else {
        panic!("no message of the catalog has a parameter");
    };
    let draft = json!({ "message": { "event_id": code, "parameters": { "nosuch": 1 } } });
    let fault = app.service().post("p1", &draft).await.fault();
    assert!(
        fault.starts_with("400 badRequest: message.parameters."),
        "{fault}"
    );
    let wrong = json!({ "message": { "event_id": code, "parameters": { parameter.name: [1] } } });
    let fault = app.service().post("p1", &wrong).await.fault();
    assert!(
        fault.contains(&format!("message.parameters.{}: ", parameter.name)),
        "{fault}"
    );
}
