//! The language of a page.

use super::{BROWSER, Browser};
use crate::support::{Actor, Answer, TestApp, message};

async fn ask(actor: &Actor, query: &str, accept: &str, cookie: &str) -> Answer {
    let request = actor.request(reqwest::Method::GET, &format!("/v3/p1/messages{query}"));
    let request = request
        .header("Accept", BROWSER)
        .header("Accept-Language", accept);
    actor.send(request.header("Cookie", cookie)).await
}

#[tokio::test]
async fn the_choice_in_the_page_wins_then_the_cookie_then_the_browser() {
    let app = TestApp::start();
    app.import(&[message("p1", 0)]).await;
    let actor = app.anonymous();
    let (en, zh) = ("tidings_language=en", "a=b; tidings_language=zh_CN");
    for (query, accept, cookie, want) in [
        ("", "zh-CN,en;q=0.5", "", "zh-CN"),
        ("", "fr", "", "en"),
        ("", "zh", en, "en"),
        ("", "en", zh, "zh-CN"),
        ("", "zh", "tidings_language=xx", "zh-CN"),
        ("?language=zh_CN", "en", en, "zh-CN"),
        ("?language=rubbish", "en", zh, "zh-CN"),
    ] {
        let answer = ask(&actor, query, accept, cookie).await;
        assert_eq!(
            answer.header("content-language"),
            want,
            "{query} {accept} {cookie}"
        );
        assert!(
            answer.text.contains(&format!("<html lang=\"{want}\">")),
            "{}",
            answer.text
        );
        let is_chosen = query == "?language=zh_CN";
        assert_eq!(!answer.header("set-cookie").is_empty(), is_chosen, "{query}");
    }
    let answer = ask(&actor, "?language=zh_CN", "en", "").await;
    insta::assert_snapshot!(
        answer.header("set-cookie"),
        @"tidings_language=zh_CN; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    );
}

#[tokio::test]
async fn the_switch_keeps_the_address() {
    let app = TestApp::start();
    let html = Browser(app.anonymous()).list("text=a%26b&language=en").await.text;
    assert!(
        html.contains("href=\"/v3/p1/messages?text=a%26b&#38;language=zh_CN\""),
        "{html}"
    );
}

#[tokio::test]
async fn no_english_is_left_in_a_chinese_page() {
    let app = TestApp::start();
    let shown = message("p1", -3600);
    app.import(std::slice::from_ref(&shown)).await;
    let browser = Browser(app.anonymous());
    let one = format!("/v3/p1/messages/{}?language=zh_CN", shown.id);
    let ask = format!("/v3/p1/messages/-/delete?id={}&language=zh_CN", shown.id);
    for path in [
        "/?language=zh_CN",
        "/v3/p1/messages?language=zh_CN",
        "/v3/p1/messages?language=zh_CN&text=x",
        "/v3/p1/messages?language=zh_CN&since=x",
        "/v3/p1/messages?language=zh_CN&marker=x",
        "/v3/p1/messages/x?language=zh_CN",
        "/catalog?language=zh_CN",
        &one,
        &ask,
    ] {
        let html = browser.get(path).await.text;
        let mut words = String::new();
        let mut is_text = false;
        for part in html.split_inclusive(['<', '>']) {
            if is_text {
                words.push_str(part.trim_end_matches('<'));
                words.push(' ');
            }
            is_text = part.ends_with('>');
        }
        let allowed = [
            "English",
            "ID",
            "UTC",
            "req",
            "VOLUME",
            "admin",
            "anonymous",
            "KiB",
            "project",
            "messages",
            "HA",
        ];
        // A word with a digit is an id.
        let english: Vec<&str> = words
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .filter(|word| !word.contains(|c: char| c.is_ascii_digit()))
            .flat_map(|word| word.split('-'))
            .filter(|word| word.len() > 3 && word.chars().any(char::is_lowercase))
            .filter(|word| !allowed.contains(word))
            .collect();
        assert!(
            english.is_empty() || path.starts_with("/catalog"),
            "{path}: {english:?}"
        );
    }
}
