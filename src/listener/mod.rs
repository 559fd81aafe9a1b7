//! Listeners: stored subscriptions to events, each with a notifier that delivers them.
//!
//! A listener's configuration is checked when it is written: [`Notifier::check`] turns the JSON object that a client sends into
//! typed settings, and names every key at fault. No databases or connections here.

mod amqp;
mod confirmation;
mod dismissal;
mod email;
mod event_types;
mod fields;
mod format;
mod http;
mod notifier;
mod record;
mod retry;
mod seal;
mod settings;
mod signing;

pub use amqp::Amqp;
pub use confirmation::{Confirmation, ConfirmationState, ConfirmationToken, mailbox};
pub use dismissal::check_reason;
pub use email::Email;
pub use event_types::{expand_all, is_for_members};
pub use fields::{Fields, ListenerFault, whole};
pub use format::Format;
pub use http::{Authority, Http};
pub use notifier::{Kind, Notifier};
pub use record::{Listener, OpenError, Reach, StoredListener};
pub use retry::RetrySchedule;
pub use seal::{ListenerSeal, SealError};
pub use settings::{MASK, Settings};
pub use signing::SigningSecret;
