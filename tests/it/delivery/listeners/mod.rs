//! From events to receivers: what arrives, what is tried again, and what becomes of a receiver that fails.

mod attempts;
mod cloud;
mod health;
mod settings;
