//! The service under whose paths the browser's resources are.

use crate::api::service::Service;
use crate::api::volume::service::VOLUME;

/// The service.
pub static PAGES: &Service = &VOLUME;
