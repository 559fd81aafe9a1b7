//! Follow: reads the messages that Cinder and Manila write into their own databases, continuously.
//!
//! New rows are found by `expires_at`, which grows with the time of creation ([`window`]); a slow walk through all rows by
//! their ids finds everything else. Of several processes one follows a service, under a lease.

mod failure;
mod follower;
mod foreign;
mod pace;
mod rows;
mod status;
mod tenure;
mod window;

pub use follower::Follower;
