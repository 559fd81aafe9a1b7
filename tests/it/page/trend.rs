//! The counts of the last days above the list.

use super::overview::count;
use super::{Browser, between, value};
use crate::support::{TestApp, message};

#[tokio::test]
async fn the_last_days_lead_to_the_messages_of_each() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    let none = browser.list("").await.text;
    assert!(!none.contains("class=\"trend\""), "{none}");
    let day = 86_400;
    app.import(&[
        message("p1", -60),
        message("p1", -3 * day),
        message("p1", -20 * day),
        message("p2", 0),
    ])
    .await;
    count(&app).await;
    let html = browser.list("text=allocated").await.text;
    let trend = between(&html, "<div class=\"trend\">", "</div>");
    assert!(trend.contains("<span>Error <b>2</b></span>"), "{trend}");
    assert!(trend.contains("<span>Today (UTC) <b>1</b></span>"), "{trend}");
    assert_eq!(trend.matches("class=\"b-e\"").count(), 2, "{trend}");
    let link = value(between(trend, "<tbody>", "</tbody>"), "<a href=\"").replace("&#38;", "&");
    assert_eq!(
        link,
        "/v3/p1/messages?text=allocated&since=2026-11-21&before=2026-11-22"
    );
    let of_day = browser.get(&link).await.text;
    assert_eq!(super::titles(&of_day).len(), 1, "{of_day}");
}
