//! What only the real program can show: crashes, signals, full disks, several processes on one database, and
//! misbehaving clients. Every process that a test starts ends with the test.

mod amqp;
mod backup;
mod confirmations;
mod connections;
mod crash;
mod deliveries;
mod descriptors;
mod email;
mod events;
mod followers;
mod full_disk;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod hung;
mod kills;
mod limits;
mod listeners;
mod load;
mod log;
mod metrics;
mod migrate;
mod modes;
mod outbound;
mod place;
mod policy;
mod purge;
mod refusals;
mod replaced;
mod server;
mod shutdown;
mod size_limit;
mod slow;
mod streams;
mod two_servers;
mod unit;
mod wire;

use followers::Following;
use load::{Ledger, Load};
use place::Place;
use server::Server;
use wire::{Answer, Connection};

use crate::support::{SOON, wait_for};
