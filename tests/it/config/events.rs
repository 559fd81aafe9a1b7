//! The options about events and notifications.

use super::load;

#[test]
fn ingest_needs_brokers_and_a_queue_of_its_own() {
    let faults = load("[ingest]\nenabled = true\npool =\ntopics =\n").unwrap_err();
    let faults: Vec<_> = faults.iter().filter_map(|fault| fault.key()).collect();
    assert_eq!(
        faults,
        [
            ("ingest", "transport_url"),
            ("ingest", "topics"),
            ("ingest", "pool")
        ]
    );
    let config = load("[ingest]\nenabled = true\ntransport_url = rabbit://u:hunter2@h\n").unwrap();
    assert!(config.ingest.enabled && !format!("{config:?}").contains("hunter2"));
}

/// Returns the fault of a file.
fn fault(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn a_publisher_that_no_event_could_have_is_a_fault() {
    for name in ["x".repeat(256), "a\tb".to_owned()] {
        let fault = fault(&format!("[DEFAULT]\ndefault_publisher_id = {name}\n"));
        assert!(
            fault.contains(
                "[DEFAULT] default_publisher_id: must be 1 to 255 characters without control characters"
            ),
            "{fault}"
        );
    }
    let longest = "é".repeat(255);
    let config = load(&format!("[DEFAULT]\ndefault_publisher_id = {longest}\n")).unwrap();
    assert_eq!(config.general.default_publisher_id, Some(longest));
}

/// Without a wait, an absent broker would keep a processor busy.
#[test]
fn options_of_a_url_have_the_bounds_of_the_section() {
    for (option, range) in [
        ("rabbit_retry_interval=0", "0.01 and 3600"),
        ("rabbit_interval_max=0.001", "0.01 and 3600"),
        ("heartbeat_timeout_threshold=3601", "0 and 3600"),
    ] {
        let url = format!("[DEFAULT]\ntransport_url = rabbit://u:hunter2@h/?{option}\n");
        let fault = fault(&url);
        assert!(fault.contains(&format!("is not between {range}")), "{fault}");
        assert!(!fault.contains("hunter2"), "{fault}");
        let (name, value) = option.split_once('=').unwrap();
        let section = self::fault(&format!("[oslo_messaging_rabbit]\n{name} = {value}\n"));
        assert!(section.contains(&format!("is not between {range}")), "{section}");
    }
}

#[test]
fn what_may_be_a_login_is_not_repeated() {
    for line in [
        "[DEFAULT]\ntransport_url = u:hunter2@h://x\n",
        "[cors]\nallowed_origin = https://u:hunter2@h\n",
        "[api]\nbind = u:hunter2@h\n",
    ] {
        let fault = load(line).unwrap_err().to_string();
        assert!(!fault.contains("hunter2"), "{fault}");
    }
}

#[test]
fn amqp_listeners_have_a_broker_of_their_own() {
    let config = load("[messaging]\nurl = ssl://u:hunter2@h/cloud\nca_file = /ca.pem\n").unwrap();
    let messaging = &config.messaging;
    let url = messaging.url.as_ref().unwrap();
    assert_eq!((url.transport.virtual_host(), url.has_user), ("cloud", true));
    let settings = url.transport.settings(&messaging.connection());
    assert!(settings.ssl && settings.ssl_ca_file.is_some(), "{settings:?}");
    assert!(!format!("{config:?}").contains("hunter2"));
    for url in ["tcp://h", "amqp://h:5673//"] {
        let config = load(&format!("[messaging]\nurl = {url}\n")).unwrap();
        assert!(!config.messaging.url.unwrap().has_user, "{url}");
    }
}

#[test]
fn a_broker_that_cannot_be_is_a_fault_that_tells_no_password() {
    for (line, part) in [
        ("url = rabbit://u:hunter2@h", "must be a URL such as amqps://"),
        ("url = hunter2", "must be a URL such as amqps://"),
        ("url = amqp://u:hunter2@h:many/", "port"),
        ("topic_exchange = a b", "must be 1 to 127 of the characters"),
        ("protocol = 2", "must be 0-9-1 or 1.0"),
        ("address = /queues/x", "must contain {exchange}"),
        ("address = {exchange}/{key}", "must contain {exchange}"),
        (
            "url = amqp://h\nca_file = /ca.pem",
            "requires a url with the scheme amqps or ssl",
        ),
    ] {
        let fault = fault(&format!("[messaging]\n{line}\n"));
        assert!(fault.contains(part) && !fault.contains("hunter2"), "{fault}");
    }
    let one = load("[messaging]\nprotocol = 1.0\n").map_err(|fault| fault.to_string());
    let is_refused = one.is_err_and(|fault| fault.contains("cargo feature amqp1"));
    assert_eq!(is_refused, !cfg!(feature = "amqp1"));
}
