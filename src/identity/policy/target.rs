//! The object of an operation.

/// The attributes of an operation's object by name, such as `project_id`. One without a value counts as missing: it
/// equals nothing.
pub type Target<'a> = &'a [(&'a str, Option<&'a str>)];
