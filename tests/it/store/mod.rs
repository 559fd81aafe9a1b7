//! The store: what a commit shares and what it keeps apart, migrations, and its end.

mod commits;
mod migrations;
