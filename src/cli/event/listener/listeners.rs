//! Where the listeners are.

use std::env;

use clap::Args;
use serde_json::Value;

use super::call::Call;
use super::{database, server};
use crate::cli::cloud::{Credentials, Session};
use crate::cli::context::{Context, runtime};
use crate::cli::failure::Failure;

/// Where to find the listeners.
#[derive(Debug, Args)]
pub struct Place {
    /// A server to ask, instead of the configured database or the one in Keystone's catalog.
    #[arg(long, global = true, value_name = "URL")]
    endpoint: Option<String>,
    /// A cloud of clouds.yaml, instead of `OS_CLOUD` or the other `OS_*` variables.
    #[arg(long, global = true, value_name = "NAME")]
    os_cloud: Option<String>,
    /// Use the configured database, even if `OS_*` variables name a cloud.
    #[arg(long, global = true, conflicts_with_all = ["endpoint", "os_cloud"])]
    local: bool,
}

/// The listeners.
pub enum Listeners {
    /// In the configured database.
    Database(Box<Context>),
    /// Behind a server's API.
    Server {
        /// The credentials for it.
        credentials: Credentials,
        /// Its address, unless the credentials or the catalog have it.
        endpoint: Option<String>,
    },
}

impl Place {
    /// Finds them. The configuration is read only for the database.
    pub fn listeners(
        &self,
        context: impl FnOnce() -> Result<Context, Failure>,
    ) -> Result<Listeners, Failure> {
        if !self.local {
            let variable = |name: &str| env::var(name).ok();
            let credentials = Credentials::find(self.os_cloud.as_deref(), &variable)?;
            if self.endpoint.is_some() || self.os_cloud.is_some() || credentials.are_given() {
                let endpoint = self.endpoint.clone();
                return Ok(Listeners::Server {
                    credentials,
                    endpoint,
                });
            }
        }
        Ok(Listeners::Database(Box::new(context()?)))
    }
}

impl Listeners {
    /// Answers a call.
    pub fn answer(&self, call: Call) -> Result<Value, Failure> {
        match self {
            Self::Database(context) => database::answer(context, call),
            Self::Server {
                credentials,
                endpoint,
            } => runtime()?.block_on(async {
                let session = Session::open(credentials, endpoint.as_deref(), call.project()).await?;
                server::answer(&session, call).await
            }),
        }
    }
}
