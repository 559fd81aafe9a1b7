//! The body of a POST: one object or a batch of them.

use std::fmt::Display;

use crate::api::error::Error;
use crate::config::Api;
use crate::message::Object;

/// Most invalid fields that one answer names.
const MOST_NAMED: usize = 20;

/// The two fields of a body, of which one must be given, with their names.
pub struct Fields<T> {
    /// The field for one object.
    pub one: (&'static str, Option<Object<T>>),
    /// The field for a batch.
    pub many: (&'static str, Option<Vec<Object<T>>>),
}

impl<T> Fields<T> {
    /// Checks every object of a body of `length` bytes. Returns them, and whether it was a single one. `check` also gets
    /// whether an error may take the time to suggest something.
    ///
    /// # Errors
    /// A 400 that names every invalid field; a 413 for an object that is too large.
    pub fn check<C, E: Display>(
        self,
        length: usize,
        limits: &Api,
        check: impl Fn(&T, bool) -> Result<C, Vec<E>>,
    ) -> Result<(Vec<C>, bool), Error> {
        let ((one, object), (many, objects)) = (self.one, self.many);
        let bad_request = |text: String| Err(Error::BadRequest(text));
        let (objects, is_one) = match (object, objects) {
            (Some(_), _) if length > limits.max_request_body_size => {
                return Err(Error::TooLarge(limits.max_request_body_size));
            }
            (Some(object), None) => (vec![object], true),
            (None, Some(objects)) if objects.is_empty() => {
                return bad_request(format!("{many}: must not be empty"));
            }
            (None, Some(objects)) if objects.len() > limits.max_batch_size => {
                return bad_request(format!("{many}: must not be more than {}", limits.max_batch_size));
            }
            (None, Some(objects)) => (objects, false),
            (Some(_), Some(_)) => return bad_request(format!("{one}: cannot be given together with {many}")),
            (None, None) => return bad_request(format!("{one}: is required, or {many}")),
        };
        let (mut checked, mut named, mut unnamed) = (Vec::with_capacity(objects.len()), Vec::new(), 0_usize);
        for (index, Object(object)) in objects.iter().enumerate() {
            match check(object, named.len() < MOST_NAMED) {
                Ok(object) => checked.push(object),
                Err(errors) => {
                    for error in errors {
                        match (named.len() < MOST_NAMED, is_one) {
                            (false, _) => unnamed += 1,
                            (true, true) => named.push(format!("{one}.{error}")),
                            (true, false) => named.push(format!("{many}[{index}].{error}")),
                        }
                    }
                }
            }
        }
        match (named.is_empty(), unnamed) {
            (true, _) => Ok((checked, is_one)),
            (false, 0) => bad_request(named.join("; ")),
            (false, more) => bad_request(format!("{}; and {more} more", named.join("; "))),
        }
    }
}
