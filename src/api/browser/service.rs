//! The service whose paths hold everything for browsers.

use crate::api::service::Service;
use crate::api::volume::service::VOLUME;

/// The service.
pub static PAGES: &Service = &VOLUME;
