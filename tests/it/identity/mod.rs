//! Authentication and policy, from the callers' view.

mod attempts;
mod domains;
mod forms;
mod keystone;
mod noauth;
mod outage;
mod overview;
mod owners;
mod policy;
mod service_tokens;
mod sessions;
mod sign_in;
mod streams;
