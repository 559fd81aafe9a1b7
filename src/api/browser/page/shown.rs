//! The states of messages that a list shows.

use super::filters::ListQuery;
use super::visit::Visit;
use crate::api::browser::sign_in::form::Form;
use crate::api::error::Error;
use crate::api::volume::messages::reader;
use crate::message::{Condition, StateFilter};
use crate::page::Filters;
use crate::store::read_state;

/// The condition on states; none if it would exclude nothing, or for users without states.
pub async fn condition(visit: &Visit, filters: &Filters) -> Result<Option<Condition>, Error> {
    let (Some(filter), Ok(reader)) = (filters.states(), reader::of(&visit.caller)) else {
        return Ok(None);
    };
    let user = reader.user.clone();
    if filter == StateFilter::Inbox {
        let has_done = visit
            .app
            .store
            .read(move |conn| read_state::has_done(conn, &reader));
        if !has_done.await? {
            return Ok(None);
        }
    }
    Ok(Some(Condition::State(user, filter)))
}

/// The conditions of what a form can select: the rows of its list. Beside an open message that is not among them, the filters do
/// not matter.
pub async fn of_rows(visit: &Visit, asked: &ListQuery, form: &Form) -> Result<Vec<Condition>, Error> {
    if !form.get("alone").is_empty() {
        return Ok(Vec::new());
    }
    let mut conditions = asked.conditions(visit.choice.language);
    conditions.extend(condition(visit, &asked.filters.of_rows()).await?);
    Ok(conditions)
}
