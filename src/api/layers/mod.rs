//! What every request passes before its operation, in this order.

pub mod authenticate;
pub mod cors;
pub mod gate;
mod held_body;
pub mod observe;
