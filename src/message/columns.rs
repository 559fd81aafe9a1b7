//! The columns of a row that repeat parts of its code: derived if missing, rejected if they contradict it.

use super::draft::DraftFault;
use super::row::Message;
use crate::catalog::{self, Parts, flat_prefix};

impl Message {
    /// Completes the columns of an external row so that they agree with its code. The code may be unknown to the
    /// catalog: a newer version may have recorded it.
    ///
    /// # Errors
    /// Names the first column that is wrong.
    pub fn complete(&mut self) -> Result<(), DraftFault> {
        let event_id = self.event_id.clone();
        let prefix = if let Some(parts) = Parts::of(&event_id) {
            agree("action_id", &mut self.action_id, parts.action_id, &event_id)?;
            agree("detail_id", &mut self.detail_id, parts.detail_id, &event_id)?;
            let resource_type = parts.resource_type.to_ascii_uppercase();
            agree(
                "resource_type",
                &mut self.resource_type,
                &resource_type,
                &event_id,
            )?;
            parts.prefix
        } else if let Some(prefix) = flat_prefix(&event_id) {
            absent("action_id", &mut self.action_id, &event_id)?;
            absent("detail_id", &mut self.detail_id, &event_id)?;
            prefix
        } else if is_empty(self.action_id.as_deref()) {
            let reason = "must have the form VOLUME_000002 or VOLUME_VOLUME_SNAPSHOT_009_006";
            return Err(fault("event_id", reason));
        } else {
            // The shared file system has codes without a resource, whose parts are in the columns.
            event_id.split_once('_').map_or("", |(prefix, _)| prefix)
        };
        let resource = self.resource_type.as_deref().and_then(catalog::resource);
        match resource {
            Some(resource) if !prefix.is_empty() && resource.service().prefix != prefix => {
                let reason = format!("does not belong to resource_type {}", resource.name);
                Err(fault("event_id", &reason))
            }
            _ => Ok(()),
        }
    }
}

/// Fills a column from the code, unless it says something else.
fn agree(name: &str, column: &mut Option<String>, said: &str, event_id: &str) -> Result<(), DraftFault> {
    match column.as_deref() {
        Some(given) if !given.is_empty() && given != said => {
            let reason = format!("must be {said}, as in event_id {event_id}, or be omitted");
            Err(fault(name, &reason))
        }
        _ => {
            *column = Some(said.to_owned());
            Ok(())
        }
    }
}

/// Rejects a column that a flat code leaves empty.
fn absent(name: &str, column: &mut Option<String>, event_id: &str) -> Result<(), DraftFault> {
    if is_empty(column.as_deref()) {
        *column = None;
        return Ok(());
    }
    let reason = format!("must be omitted, because event_id {event_id} is not composed");
    Err(fault(name, &reason))
}

fn is_empty(column: Option<&str>) -> bool {
    column.is_none_or(str::is_empty)
}

fn fault(field: &str, reason: &str) -> DraftFault {
    DraftFault {
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}
