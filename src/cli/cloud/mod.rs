//! A cloud, as OpenStack's clients find it: `OS_*` in the environment or clouds.yaml lead to a token and to the server.

mod clouds;
mod credentials;
mod session;
mod yaml;

pub use credentials::Credentials;
pub use session::Session;
