//! E-mail.

mod compose;
mod json;
mod message_id;
mod notifier;
mod pool;
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
