//! Values and their types.

use std::net::IpAddr;
use std::time::Duration;

use tidings::config::{Backend, Config, Connection, LogFormat};

use super::load;

#[test]
fn values_have_their_types() {
    let config = load(
        "[DEFAULT]\nlog_format = json\n[api]\ntrusted_proxies = 10.0.0.0/8,\n  ::1\n\
         allowed_hosts = A.example.org, [::1]\n\
         public_endpoint = https://a/volume/\n[cors]\nallowed_origin = https://A.example.org\n\
         allowed_origin = http://b:81\n\
         [database]\nconnection = sqlite:////var/lib/t.db\nmax_pool_size = 7\n[purge]\n\
         interval = 3600\npause = 0.25\n",
    )
    .unwrap();
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    assert_eq!(config.general.log_format, LogFormat::Json);
    assert!(
        config
            .api
            .trusted_proxies
            .iter()
            .any(|network| network.contains(ip("10.3.2.1")))
    );
    assert!(
        !config
            .api
            .trusted_proxies
            .iter()
            .any(|network| network.contains(ip("127.0.0.1")))
    );
    assert!(
        config.api.allows_host("a.EXAMPLE.org")
            && config.api.allows_host("[::1]")
            && !config.api.allows_host("b")
    );
    assert_eq!(config.api.public_endpoint.unwrap().as_str(), "https://a/volume");
    let origins: Vec<_> = config
        .cors
        .allowed_origin
        .iter()
        .map(tidings::config::Origin::as_str)
        .collect();
    assert_eq!(origins, ["https://a.example.org", "http://b:81"]);
    assert_eq!(
        *config.database.connection.backend(),
        Backend::Sqlite("/var/lib/t.db".into())
    );
    assert_eq!(
        (config.database.readers(), config.purge.every()),
        (7, Some(Duration::from_secs(3600)))
    );
    assert_eq!(config.purge.pause, Duration::from_millis(250));
    assert!(Config::default().database.readers() >= 2 && Config::default().api.worker_threads() >= 1);
    assert_eq!(Config::default().purge.every(), None);
    assert_eq!(format!("{:?}", Connection::default()), "sqlite:///tidings.db");
}
