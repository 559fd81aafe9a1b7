//! The bodies of engines' requests, and the limits of their members.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

use crate::api::body;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::brief::{NAME, brief};
use crate::catalog::canonical_uuid;
use crate::failure::{NotificationType, Status, StepState, VMoveStatus};
use crate::legible::is_legible;
use crate::message::Object;
use crate::recovery::{Affected, Line, Move, Outcome};

/// The most entries of a list.
const MOST: usize = 1000;

/// The longest text, in characters.
const LONGEST: usize = 1000;

/// The longest name, in characters.
const LONGEST_NAME: usize = 255;

/// The most characters of the type of a move.
const LONGEST_KIND: usize = 32;

/// Reads a whole number in any of JSON's forms: some writers make `1.0` of 1.
fn whole<'de, D: Deserializer<'de>>(value: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(value)?;
    let whole = number
        .as_f64()
        .filter(|number| number.fract() == 0.0)
        .and_then(|number| format!("{number:.0}").parse().ok());
    number
        .as_i64()
        .or(whole)
        .ok_or_else(|| D::Error::custom("lease: must be a whole number"))
}

/// `POST /v1/notifications/claim`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    pub types: Option<Vec<String>>,
    pub wait: Option<usize>,
    pub engine: Option<String>,
}

/// `PUT /v1/notifications/{id}/progress`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressBody {
    #[serde(deserialize_with = "whole")]
    pub lease: i64,
    #[serde(default)]
    pub steps: Vec<StepBody>,
    #[serde(default)]
    pub vmoves: Vec<MoveBody>,
    #[serde(default)]
    pub tenants: Vec<TenantBody>,
}

/// `PUT /v1/notifications/{id}/fenced`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FencedBody {
    #[serde(deserialize_with = "whole")]
    pub lease: i64,
    pub method: String,
    pub evidence: String,
}

/// `POST /v1/notifications/{id}/finish`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishBody {
    #[serde(deserialize_with = "whole")]
    pub lease: i64,
    pub status: String,
    pub message: String,
    #[serde(default)]
    pub tenants: Vec<TenantBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    name: String,
    state: String,
    progress: f64,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    instance_uuid: String,
    instance_name: Option<String>,
    dest_host: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: String,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantBody {
    instance_uuid: String,
    project_id: String,
    outcome: Option<String>,
}

/// Reads a body.
///
/// # Errors
/// 400, 408, 413 or 415.
pub async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    call: &Call,
) -> Result<T, Error> {
    body::require_json(request.headers(), call.service)?;
    // A report is about as many instances as a host has.
    let limit = call.app.config.api.max_batch_body_size;
    let body = body::read(payload.into_inner(), &call.app, limit).await?;
    let Object(body) = body::json::<Object<T>>(&body)?;
    Ok(body)
}

/// Returns the types of a claim: by default all.
pub fn types(names: Option<&[String]>) -> Result<Vec<NotificationType>, Error> {
    let Some(names) = names else {
        return Ok(NotificationType::ALL.to_vec());
    };
    at_most("types", names.len())?;
    let mut types = Vec::new();
    for name in names {
        let known = one_of("types", name, &NotificationType::ALL, NotificationType::name)?;
        if !types.contains(&known) {
            types.push(known);
        }
    }
    if types.is_empty() {
        return Err(Error::bad_request("types: must name at least one"));
    }
    Ok(types)
}

/// The lines about steps.
pub fn lines(steps: Vec<StepBody>) -> Result<Vec<Line>, Error> {
    at_most("steps", steps.len())?;
    let lines = steps.into_iter().map(|step| {
        if !(0.0..=1.0).contains(&step.progress) {
            return Err(Error::bad_request("steps.progress: must be 0 to 1"));
        }
        name("steps.name", &step.name)?;
        text("steps.message", &step.message)?;
        Ok(Line {
            state: one_of("steps.state", &step.state, &StepState::ALL, StepState::name)?,
            step: step.name,
            progress: step.progress,
            message: step.message,
        })
    });
    lines.collect()
}

/// The moves.
pub fn moves(vmoves: Vec<MoveBody>) -> Result<Vec<Move>, Error> {
    at_most("vmoves", vmoves.len())?;
    let moves = vmoves.into_iter().map(|of| {
        let names = [
            ("vmoves.instance_name", &of.instance_name),
            ("vmoves.dest_host", &of.dest_host),
            ("vmoves.type", &of.kind),
        ];
        for (field, value) in names {
            value.as_deref().map_or(Ok(()), |value| name(field, value))?;
        }
        if of
            .kind
            .as_ref()
            .is_some_and(|kind| kind.chars().count() > LONGEST_KIND)
        {
            return Err(Error::BadRequest(format!(
                "vmoves.type: must be at most {LONGEST_KIND} characters"
            )));
        }
        of.message
            .as_deref()
            .map_or(Ok(()), |value| text("vmoves.message", value))?;
        Ok(Move {
            instance: uuid("vmoves.instance_uuid", &of.instance_uuid)?,
            name: of.instance_name,
            dest_host: of.dest_host,
            kind: of.kind,
            status: one_of("vmoves.status", &of.status, &VMoveStatus::ALL, VMoveStatus::name)?,
            message: of.message,
        })
    });
    moves.collect()
}

/// The tenants.
pub fn tenants(call: &Call, tenants: Vec<TenantBody>) -> Result<Vec<Affected>, Error> {
    at_most("tenants", tenants.len())?;
    let projects = &call.app.config.api.project_id_regex;
    let tenants = tenants.into_iter().map(|tenant| {
        if !projects.matches(&tenant.project_id) {
            let text = format!("tenants.project_id: must match {}", projects.as_str());
            return Err(Error::BadRequest(text));
        }
        let outcome = tenant
            .outcome
            .as_deref()
            .map(|name| one_of("tenants.outcome", name, &Outcome::ALL, Outcome::name));
        Ok(Affected {
            instance: uuid("tenants.instance_uuid", &tenant.instance_uuid)?.to_string(),
            project: tenant.project_id,
            outcome: outcome.transpose()?,
            told: None,
        })
    });
    tenants.collect()
}

/// Returns the status with which an engine ends its work.
pub fn end(status: &str) -> Result<Status, Error> {
    let ends = [Status::Finished, Status::Ignored, Status::Error, Status::Failed];
    one_of("status", status, &ends, Status::name)
}

/// Requires a name of 1 to 255 printable characters.
pub fn name(field: &str, text: &str) -> Result<(), Error> {
    if (1..=LONGEST_NAME).contains(&text.chars().count()) && is_legible(text) {
        return Ok(());
    }
    Err(Error::BadRequest(format!(
        "{field}: must be 1 to {LONGEST_NAME} printable characters"
    )))
}

/// Requires a text of 1 to 1000 printable characters.
pub fn text(field: &str, text: &str) -> Result<(), Error> {
    if (1..=LONGEST).contains(&text.chars().count()) && is_legible(text) {
        return Ok(());
    }
    Err(Error::BadRequest(format!(
        "{field}: must be 1 to {LONGEST} printable characters"
    )))
}

fn at_most(field: &str, count: usize) -> Result<(), Error> {
    if count <= MOST {
        return Ok(());
    }
    Err(Error::BadRequest(format!("{field}: must be at most {MOST}")))
}

fn uuid(field: &str, text: &str) -> Result<uuid::Uuid, Error> {
    let unread = || Error::BadRequest(format!("{field}: {:?} is not an id", brief(text, NAME)));
    canonical_uuid(text).ok_or_else(unread)
}

fn one_of<T: Copy>(field: &str, text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, Error> {
    let known = all.iter().copied().find(|known| name(*known) == text);
    known.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|known| name(*known)).collect();
        Error::BadRequest(format!("{field}: must be one of {}", names.join(", ")))
    })
}
