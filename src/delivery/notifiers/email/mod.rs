//! E-mail.

mod compose;
mod json;
mod message_id;
mod notifier;
mod pool;
mod question;
mod recipients;
mod reply;
mod sent;
mod server;
#[cfg(test)]
mod tests;
mod text;
mod transfer;
mod user_message;
mod wire;
mod words;

pub use notifier::EmailNotifier;
pub use question::Question;
pub use recipients::Recipients;
