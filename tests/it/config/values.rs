//! Values and their types.

use std::net::IpAddr;
use std::time::Duration;

use tidings::config::{Backend, Config, Connection, LogFormat};

use super::{env, load};

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

#[test]
fn a_value_can_refer_to_other_options() {
    let text = "[DEFAULT]\nmy_base = /srv\nlog_file = $my_base/tidings.log\n\
                [database]\nconnection = sqlite:///$state_path/a$$b.db\n\
                [api]\nmax_limit = 7\nmax_batch_size = ${max_limit}0\n\
                [keystone_authtoken]\nauth_url = http://keystone:5000\n\
                www_authenticate_uri = $auth_url\nnegative_cache_time = ${api.max_limit}\n";
    let config = load(text).unwrap();
    assert_eq!(
        config.general.log_file.as_deref(),
        Some("/srv/tidings.log".as_ref())
    );
    assert_eq!(
        *config.database.connection.backend(),
        Backend::Sqlite("/var/lib/tidings/a$b.db".into())
    );
    let keystone = &config.keystone_authtoken;
    assert_eq!(
        (config.api.max_batch_size, keystone.negative_cache_time.as_secs()),
        (70, 7)
    );
    assert_eq!(keystone.challenge_uri(), keystone.login.auth_url.as_ref());
    assert_eq!(config.warnings, [""; 0]);
}

#[test]
fn what_is_referred_to_may_come_from_the_environment_and_refer_itself() {
    let variables = [
        ("OS_DEFAULT__STATE_PATH", "$home/state"),
        ("OS_DEFAULT__HOME", "/home/t"),
        ("OS_DATABASE__CONNECTION", "sqlite:///${state_path}/t.db"),
    ];
    let config = Config::load(None, env(&variables)).unwrap();
    assert_eq!(
        *config.database.connection.backend(),
        Backend::Sqlite("/home/t/state/t.db".into())
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_a_fault_that_tells_no_password() {
    let faults =
        load("[keystone_authtoken]\npassword = pa$hunter2\n[api]\nworkers = $workers\n").unwrap_err();
    let text = faults.to_string();
    assert!(
        text.contains("[keystone_authtoken] password: refers with $ to an option that is not set"),
        "{text}"
    );
    assert!(text.contains("[api] workers: refers to itself"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
