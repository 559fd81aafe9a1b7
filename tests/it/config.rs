//! The configuration from an operator's view: files, the environment, faults; and a comparison of the manuals with the
//! code.

mod email;
mod events;
mod keystone;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tidings::config::{Config, ConfigFaults, DEFAULT_FILE, Flag};

const MANUAL: &str = include_str!("../../docs/configuration.md");
const MANUAL_ZH: &str = include_str!("../../docs/zh_CN/configuration.md");

type Options = BTreeMap<(String, String), String>;

fn env(pairs: &[(&str, &str)]) -> std::vec::IntoIter<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect::<Vec<_>>().into_iter()
}

fn home(folder: &TempDir) -> (&'static str, &str) {
    ("HOME", folder.path().to_str().unwrap())
}

/// Loads a file with this text.
fn load(text: &str) -> Result<Config, ConfigFaults> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("some.conf");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file), env(&[]))
}

fn plain(config: Config) -> Config {
    Config {
        warnings: Vec::new(),
        files: Vec::new(),
        ..config
    }
}

/// Returns a default file with its options uncommented.
fn commented(file: &str) -> Options {
    let mut section = String::new();
    let mut options = Options::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some((option, value)) = line.strip_prefix('#').and_then(|rest| rest.split_once('='))
            && option
                .trim_end()
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '_')
        {
            options.insert(
                (section.clone(), option.trim().to_owned()),
                value.trim().to_owned(),
            );
        }
    }
    options
}

/// Returns the tables of a manual: option and default under a heading `### [section]`.
fn tabled(manual: &str, none: &str) -> Options {
    let mut section = String::new();
    let mut options = Options::new();
    for line in manual.lines() {
        if let Some(name) = line.strip_prefix("### [") {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some((option, rest)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | "))
        {
            let cell = rest.split(" | ").next().unwrap();
            let default = if cell == none { "" } else { cell.trim_matches('`') };
            options.insert((section.clone(), option.to_owned()), default.to_owned());
        }
    }
    options
}

#[test]
fn the_default_file_is_the_default() {
    assert_eq!(plain(load(DEFAULT_FILE).unwrap()), Config::default());
    assert_eq!(load(DEFAULT_FILE).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn every_option_of_the_default_file_says_its_default() {
    let mut all = String::new();
    for ((section, option), value) in commented(DEFAULT_FILE) {
        let text = format!("[{section}]\n{option} = {value}\n");
        assert_eq!(
            plain(load(&text).unwrap()),
            Config::default(),
            "[{section}] {option}"
        );
        all.push_str(&text);
    }
    let config = load(&all).unwrap();
    assert_eq!(config.warnings, Vec::<String>::new());
    assert_eq!(plain(config), Config::default());
}

#[test]
fn the_default_file_and_both_manuals_have_every_option() {
    let file = commented(DEFAULT_FILE);
    assert_eq!(file.keys().cloned().collect::<Vec<_>>(), Config::options());
    assert_eq!(tabled(MANUAL, "none"), file);
    assert_eq!(tabled(MANUAL_ZH, "无"), file);
}

#[test]
fn every_option_does_something() {
    let other = |section: &str, option: &str, default: &str| match (section, option) {
        ("DEFAULT", "log_file") => "/var/log/t.log",
        ("DEFAULT", "log_level") => "warn",
        ("DEFAULT", "log_format") => "json",
        ("api", "bind") => "[::1]:80",
        ("metrics", "bind") => "127.0.0.1:81",
        ("api", "public_endpoint") => "https://a.example.org",
        ("api", "trusted_proxies") => "10.0.0.1,fd00::/8",
        ("api", "project_id_regex") => "[0-9a-f]{32}",
        ("api", "allowed_hosts") => "*",
        ("api", "max_request_body_size") => "2048",
        ("cors", "allowed_origin") => "https://portal.example.org",
        ("database", "connection") | ("follow", _) => "sqlite:////tmp/x.db",
        ("keystone_authtoken", "www_authenticate_uri" | "auth_url") => "https://keystone.example.org:5000",
        ("keystone_authtoken", "auth_type") => "v3applicationcredential",
        ("keystone_authtoken", "http_request_max_retries") => "5",
        ("keystone_authtoken", "system_scope") => "all",
        ("healthcheck", "backends") => "database,keystone",
        ("DEFAULT" | "oslo_messaging_notifications", "transport_url") => "rabbit://h/",
        ("oslo_messaging_notifications", "driver") => "log",
        ("oslo_messaging_rabbit", "rabbit_login_method") => "PLAIN",
        ("listeners", "allowed_networks" | "member_networks") => "10.0.0.0/8,192.0.2.1",
        ("messaging", "url") => "amqp://h/",
        ("messaging", "address") => "{exchange}",
        ("messaging", "protocol") => "1.0",
        ("session", "keys") => "0123456789abcdef0123456789abcdef",
        ("session", "idle_timeout" | "lifetime") => "90",
        ("catalog", "owners") => "VOLUME:cinder",
        ("ingest", "transport_url") => "rabbit://mq.example.org",
        ("ingest", "projects") => "REPOSITORY:fedora-*:demo",
        ("email", "host") => "mx.example.org",
        ("email", "from") => "Cloud <no-reply@example.org>",
        ("email", "tls") => "starttls",
        ("page", "resource_links") => "VOLUME:https://cloud.example.org/volumes/{id}/",
        _ if default == "true" => "false",
        _ if default == "false" => "true",
        _ => "1048577",
    };
    for ((section, option), default) in commented(DEFAULT_FILE) {
        if option == "auth_strategy" || matches!((&*section, &*option), ("ingest" | "email", "enabled")) {
            continue; // Alone it is a fault; see below.
        }
        if (section.as_str(), option.as_str()) == ("recovery", "engine") {
            continue; // There is one.
        }
        if (section.as_str(), option.as_str()) == ("messaging", "protocol") && !cfg!(feature = "amqp1") {
            continue; // This build has only one.
        }
        let mut value = other(&section, &option, &default);
        if load(&format!("[{section}]\n{option} = {value}\n")).is_err() {
            value = "3";
        }
        let config = load(&format!("[{section}]\n{option} = {value}\n")).unwrap();
        assert_ne!(plain(config), Config::default(), "[{section}] {option} = {value}");
    }
}

#[test]
fn without_a_file_the_defaults_hold() {
    let empty = TempDir::new().unwrap();
    let config = Config::load(
        None,
        env(&[home(&empty), ("OS_AUTH_URL", "http://x"), ("PATH", "/")]),
    )
    .unwrap();
    if !Path::new("/etc/tidings").exists() {
        assert_eq!(config, Config::default());
    }
}

#[test]
fn sources_beat_each_other_in_order() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join(".tidings");
    fs::create_dir_all(inner.join("tidings.conf.d")).unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    write("tidings.conf", "[api]\nworkers = 99\n");
    write(
        ".tidings/tidings.conf",
        "[api]\nworkers = 1\nmax_limit = 1\nmax_batch_size = 1\nkeep_alive = 1\nmax_streams = 1\n",
    );
    write(
        ".tidings/tidings.conf.d/10-a.conf",
        "[api]\nmax_limit = 2\nmax_batch_size = 2\nkeep_alive = 2\nmax_streams = 2\n",
    );
    write(
        ".tidings/tidings.conf.d/20-b.conf",
        "[api]\nmax_batch_size = 3\nkeep_alive = 3\nmax_streams = 3\n",
    );
    write(".tidings/tidings.conf.d/30-c.conf.bak", "nonsense");
    write(".tidings/tidings.conf.d/.40-d.conf", "nonsense");
    let flag = Flag {
        name: "--max-streams",
        section: "api",
        option: "max_streams",
        value: "5",
    };
    let variables = [
        home(&folder),
        ("OS_API__KEEP_ALIVE", "4"),
        ("OS_API__MAX_STREAMS", "4"),
    ];
    let config = Config::load_with_flags(None, env(&variables), &[flag]).unwrap();
    let api = &config.api;
    assert_eq!((api.workers, api.max_limit, api.max_batch_size), (1, 2, 3));
    assert_eq!((api.keep_alive, api.max_streams), (Duration::from_secs(4), 5));
    assert_eq!(config.files.len(), 3);

    let explicit = folder.path().join("tidings.conf");
    let config = Config::load(Some(&explicit), env(&[home(&folder)])).unwrap();
    assert_eq!((config.api.workers, config.api.max_limit), (99, 1000));
    assert_eq!(config.files, [explicit]);
}

#[test]
fn all_faults_are_told_at_once_with_their_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("t.conf");
    fs::write(
        &file,
        "[api]\nbind = 8790\nworkers = many\nnonsense\n\n[purge]\nbatch_size = 5\n",
    )
    .unwrap();
    let variables = [
        ("OS_PURGE__BATCH_SIZE", "0"),
        ("OS_DATABASE__CONNECTION", "mysql:/u:hunter2@h/d?ca=file:///x"),
    ];
    let flag = Flag {
        name: "--limit",
        section: "api",
        option: "max_limit",
        value: "-1",
    };
    let faults = Config::load_with_flags(Some(&file), env(&variables), &[flag]).unwrap_err();
    let path = file.display();
    assert_eq!(
        faults.to_string(),
        format!(
            "the configuration has 6 faults:\
             \n  {path}, line 4: a line must be key = value, [section], or a comment that starts with # or ;\
             \n  [api] bind: \"8790\" is not HOST:PORT, such as 127.0.0.1:8790 or [::1]:8790 ({path}, line 2)\
             \n  [api] workers: \"many\" is not a whole number ({path}, line 3)\
             \n  [api] max_limit: \"-1\" is not a whole number (set by --limit)\
             \n  [database] connection: must be a database URL, such as sqlite:///tidings.db \
             (set by OS_DATABASE__CONNECTION)\
             \n  [purge] batch_size: 0 is not between 1 and 100000 (set by OS_PURGE__BATCH_SIZE)"
        )
    );
    assert_eq!(
        faults.iter().find_map(tidings::config::ConfigFault::key),
        Some(("api", "bind"))
    );
}

#[test]
fn a_given_file_must_exist_and_be_text() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing.conf");
    let faults = Config::load(Some(&missing), env(&[])).unwrap_err();
    assert!(
        faults.to_string().contains("missing.conf: No such file"),
        "{faults}"
    );
    let binary = folder.path().join("binary.conf");
    fs::write(&binary, b"[api]\nbind = \xff\n").unwrap();
    let faults = Config::load(Some(&binary), env(&[])).unwrap_err();
    assert!(
        faults.to_string().contains("binary.conf: must be UTF-8 text"),
        "{faults}"
    );
}

#[test]
fn noauth_stays_on_this_machine_unless_told_otherwise() {
    let text = load("[api]\nbind = 0.0.0.0:8790\n").unwrap_err().to_string();
    assert!(
        text.contains("[api] bind: 0.0.0.0:8790") && text.contains("[api] allow_remote_noauth = true"),
        "{text}"
    );
    assert!(text.contains("[DEFAULT] auth_strategy"), "{text}");
    load("[api]\nbind = 0.0.0.0:8790\nallow_remote_noauth = yes\n").unwrap();
    assert_eq!(load("[api]\nbind = [::]:1\n").unwrap_err().iter().count(), 1);
}

#[test]
fn what_does_not_go_together_is_a_fault() {
    let text = load("[metrics]\nbind = 127.0.0.1:8790\n[cors]\nallowed_origin = *\nallow_credentials = 1\n")
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("[metrics] bind: ") && text.contains("[cors] allowed_origin: "),
        "{text}"
    );
    load("[metrics]\nbind = 127.0.0.1:0\n[api]\nbind = 127.0.0.1:0\n").unwrap();
    let text = load("[api]\nmax_batch_body_size = 65536\n")
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("[api] max_request_body_size: 114688 exceeds [api] max_batch_body_size = 65536"),
        "{text}"
    );
    load("[api]\nmax_batch_body_size = 65536\nmax_request_body_size = 65536\n").unwrap();
}

#[test]
fn a_key_of_sessions_that_can_be_guessed_is_a_fault_that_does_not_show_it() {
    let long = "0123456789abcdef0123456789abcdef";
    let text = load(&format!("[session]\nkeys = {long}, hunter2\n"))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("[session] keys: key 2 is shorter than 32 characters") && !text.contains("hunter2"),
        "{text}"
    );
    let config = load(&format!("[session]\nkeys = {long}\nkeys = {long}x\n")).unwrap();
    assert_eq!(config.session.keys.len(), 2);
    assert!(!format!("{config:?}").contains(long));
}

#[test]
fn unknown_options_are_warned_of_with_what_was_meant() {
    let text = "[DEFAULT]\nrpc_backend = rabbit\n[api]\nbnd = x\n[databse]\nconnection = y\nmore = z\n\
                [nova]\na = 1\n";
    let config = load(text).unwrap();
    let starts = [
        "[DEFAULT] rpc_backend: unknown option (",
        "[api] bnd: unknown option, did you mean bind? (",
        "[databse]: unknown section, did you mean [database]? (",
    ];
    assert_eq!(config.warnings.len(), starts.len(), "{:?}", config.warnings);
    for (warning, start) in config.warnings.iter().zip(starts) {
        assert!(warning.starts_with(start), "{warning}");
    }
}

#[test]
fn what_other_services_call_an_option_is_understood() {
    let config = load("[DEFAULT]\nosapi_max_limit = 50\ndebug = True\n").unwrap();
    assert_eq!(
        (config.api.max_limit, config.general.log_level.as_str()),
        (50, "debug")
    );
    let config =
        load("[DEFAULT]\nosapi_max_limit = 50\nDebug = on\nlog-level = error\n[API]\nmax_limit = 60\n")
            .unwrap();
    assert_eq!(
        (config.api.max_limit, config.general.log_level.as_str()),
        (60, "error")
    );
    assert!(config.warnings.is_empty());
}
