//! What an operation is about.

/// The attributes of an operation's object by name, such as `project_id`. One without a value counts as missing: nothing
/// compares equal to it.
pub type Target<'a> = &'a [(&'a str, Option<&'a str>)];
