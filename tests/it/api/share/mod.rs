//! `/v2`: messages about shares, as Manila's clients see them.

mod change;
mod list;
mod paths;
mod show;

use reqwest::Method;
use serde_json::Value;
use tidings::message::Message;

use crate::support::{Actor, Answer, message};

/// Returns a message about a share of the project, recorded `seconds` after [`NOW`](crate::support::NOW).
pub fn share_message(project: &str, seconds: i64) -> Message {
    Message {
        event_id: "SHARE_SHARE_001_002".to_owned(),
        action_id: Some("001".to_owned()),
        detail_id: Some("002".to_owned()),
        resource_type: Some("SHARE".to_owned()),
        resource_uuid: Some("0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21".to_owned()),
        ..message(project, seconds)
    }
}

/// Sends a request below `/v2` as Manila's newest clients do, with both headers.
async fn ask(actor: &Actor, method: Method, version: &str, path: &str) -> Answer {
    let request = actor
        .request(method, &format!("/v2{path}"))
        .header("X-OpenStack-Manila-API-Version", version)
        .header("OpenStack-API-Version", format!("shared-file-system {version}"));
    actor.send(request).await
}

async fn get(actor: &Actor, path: &str) -> Answer {
    ask(actor, Method::GET, "2.52", path).await
}

/// Returns the values of a member of the listed messages.
#[track_caller]
fn all(answer: &Answer, member: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let list = answer.json();
    let messages = list["messages"].as_array().unwrap().iter();
    let text = |message: &Value| message[member].as_str().unwrap().to_owned();
    messages.map(text).collect()
}
