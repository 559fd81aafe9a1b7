//! Listeners: stored subscriptions to events, each with a notifier that delivers them.
//!
//! A listener's configuration is checked when it is written: [`Notifier::check`] turns the JSON object that a client sends into
//! typed settings, and names every key at fault. No databases or connections here.

mod amqp;
mod email;
mod fields;
mod format;
mod http;
mod notifier;
mod record;
mod retry;
mod signing;

pub use amqp::Amqp;
pub use email::Email;
pub use fields::{Fields, ListenerFault};
pub use format::Format;
pub use http::{Authority, Http};
pub use notifier::{Kind, Notifier};
pub use record::{Listener, Reach};
pub use retry::RetrySchedule;
pub use signing::SigningSecret;
