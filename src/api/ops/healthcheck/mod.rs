//! `/healthcheck`, as oslo.middleware answers it.

pub mod check;
pub mod checkup;
