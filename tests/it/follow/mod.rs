//! Follow: rows that Cinder and Manila write become messages, once each, and are deleted where users deleted them.

mod cloud;
mod outages;
mod pairing;
mod rows;
mod servers;
mod stream;
