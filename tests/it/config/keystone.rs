//! The options for identity and policy.

use std::collections::BTreeMap;
use std::path::Path;

use tidings::config::{Config, ConfigFaults};
use tidings_client::keystone::Login;

use super::{load, plain};

const MANUAL: &str = include_str!("../../../docs/identity.md");
const MANUAL_ZH: &str = include_str!("../../../docs/zh_CN/identity.md");
/// The options as the packages define them; see tests/keystone/options.py.
const OPTIONS: &str = include_str!("../../fixtures/keystone_authtoken_options.txt");

/// Loads these options with `auth_strategy = keystone`.
fn keystone(options: &str) -> Result<Config, ConfigFaults> {
    load(&format!(
        "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\n\
         auth_url = http://keystone:5000\n{options}"
    ))
}

/// The same for a user with a password in a project.
fn login(options: &str) -> Login {
    let user = "username = u\npassword = p\nproject_name = service\n";
    keystone(&format!("{user}{options}"))
        .unwrap()
        .keystone_authtoken
        .login
        .login
}

/// Returns the faults, each as `option: text`.
fn faults(options: &str) -> Vec<String> {
    let found = keystone(options).err();
    let faults = found.iter().flat_map(ConfigFaults::iter).map(|fault| {
        let text = fault.to_string();
        text.trim_start_matches("[keystone_authtoken] ").to_owned()
    });
    faults.collect()
}

#[test]
fn keystone_needs_an_address_and_something_to_show_there() {
    let missing = |text: &str| -> Vec<String> {
        let faults = load(&format!(
            "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\n{text}"
        ));
        faults.err().map_or(Vec::new(), |faults| {
            let key = |fault: &tidings::config::ConfigFault| fault.key().unwrap().1.to_owned();
            faults.iter().map(key).collect()
        })
    };
    assert_eq!(missing(""), ["auth_url", "username", "password", "project_name"]);
    let url = "auth_url = http://keystone:5000\n";
    assert_eq!(
        missing(&format!(
            "{url}username = u\npassword = p\nproject_name = service\n"
        )),
        [""; 0]
    );
    let credential = format!("{url}auth_type = v3applicationcredential\n");
    assert_eq!(
        missing(&credential),
        ["application_credential_id", "application_credential_secret"]
    );
    let named = format!("{credential}application_credential_name = n\napplication_credential_secret = s\n");
    assert_eq!(missing(&named), ["username"]);
    assert_eq!(missing(&format!("{named}username = u\n")), [""; 0]);
}

#[test]
fn with_keystone_any_address_will_do_and_the_password_stays_hidden() {
    let config = load(
        "[DEFAULT]\nauth_strategy = keystone\n[api]\nbind = 0.0.0.0:8790\n[keystone_authtoken]\n\
         auth_url = http://keystone:5000/v3/\nusername = u\npassword = hunter2\nproject_name = service\n",
    )
    .unwrap();
    let (keystone, login) = (&config.keystone_authtoken, &config.keystone_authtoken.login.login);
    assert_eq!(
        keystone.challenge_uri().unwrap().as_str(),
        "http://keystone:5000/v3"
    );
    assert_eq!(login.password.as_ref().unwrap().expose(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
}

/// Returns how a manual describes the support of each option.
fn treatments<'a>(manual: &'a str, heading: &str) -> BTreeMap<&'a str, &'a str> {
    let (_, table) = manual.split_once(heading).unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows = table.lines().skip(1).filter_map(|row| {
        let (options, treatment) = row.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        let treatment = treatment.split([':', ';', ',', '：', '；', '，']).next()?;
        Some(
            options
                .split('`')
                .skip(1)
                .step_by(2)
                .map(move |option| (option, treatment)),
        )
    });
    rows.flatten().collect()
}

#[test]
fn every_option_of_keystonemiddleware_is_documented_and_does_what_the_document_says() {
    let told = treatments(
        MANUAL,
        "| options of `[keystone_authtoken]` | what Tidings does |\n",
    );
    assert_eq!(
        told.keys().copied().collect::<Vec<_>>(),
        OPTIONS.lines().collect::<Vec<_>>()
    );
    for (option, treatment) in &told {
        let value = match *option {
            "auth_url" | "www_authenticate_uri" => "https://other.example.org",
            "auth_type" | "auth_plugin" => "v3applicationcredential",
            "insecure" => "true",
            "service_token_roles_required" => "false",
            "system_scope" => "all",
            _ => "7",
        };
        let loaded = load(&format!("[keystone_authtoken]\n{option} = {value}\n"));
        match *treatment {
            "supported" => {
                let config = loaded.unwrap();
                assert_eq!(config.warnings, [""; 0], "{option}");
                assert_ne!(plain(config), Config::default(), "{option}");
            }
            "limited" => {
                let faults = loaded.unwrap_err();
                let keys: Vec<_> = faults
                    .iter()
                    .filter_map(tidings::config::ConfigFault::key)
                    .collect();
                assert_eq!(keys, [("keystone_authtoken", *option)], "{faults}");
            }
            "no effect" => {
                let config = loaded.unwrap();
                assert!(
                    config.warnings[0].contains(&format!("{option}: has no effect, as ")),
                    "{:?}",
                    config.warnings
                );
                assert_eq!(plain(config), Config::default(), "{option}");
            }
            other => panic!("{option}: {other}"),
        }
    }
    let translated = treatments(
        MANUAL_ZH,
        "| `[keystone_authtoken]` 的选项 | Tidings 如何处理 |\n",
    );
    let english = |treatment: &str| match treatment {
        "支持" => "supported",
        "受限" => "limited",
        "无作用" => "no effect",
        other => panic!("{other}"),
    };
    let translated: BTreeMap<&str, &str> = translated
        .into_iter()
        .map(|(option, treatment)| (option, english(treatment)))
        .collect();
    assert_eq!(translated, told);
}

#[test]
fn values_that_ask_for_nothing_else_are_taken() {
    let values = [
        "auth_version = v3",
        "auth_version = 3.0",
        "auth_version =",
        "delay_auth_decision = False",
        "enforce_token_bind = permissive",
        "enforce_token_bind = disabled",
        "token_cache_time = -1",
    ];
    for value in values {
        let config = load(&format!("[keystone_authtoken]\n{value}\n")).unwrap();
        assert_eq!(config.warnings, [""; 0], "{value}");
    }
    for value in [
        "auth_version = v2.0",
        "auth_version = 30",
        "delay_auth_decision = true",
        "enforce_token_bind = strict",
    ] {
        let faults = load(&format!("[keystone_authtoken]\n{value}\n"))
            .unwrap_err()
            .to_string();
        assert!(faults.contains("supported"), "{faults}");
    }
}

#[test]
fn the_domain_is_the_one_that_is_named() {
    let domain = |options: &str| {
        let user = login(options).user_domain();
        user.id
            .map_or_else(|| user.name.unwrap(), |id| format!("id {id}"))
    };
    assert_eq!(domain(""), "Default");
    assert_eq!(domain("user_domain_id = d\n"), "id d");
    assert_eq!(domain("user_domain_name = N\n"), "N");
    assert_eq!(domain("default_domain_id = d\n"), "id d");
    assert_eq!(domain("default_domain_name = N\n"), "N");
    assert_eq!(domain("user_domain_id =\nuser_domain_name = N\n"), "N");
    assert_eq!(domain("project_domain_id = d\n"), "Default");
    assert_eq!(
        login("project_domain_id = d\n").project_domain().id.as_deref(),
        Some("d")
    );
}

#[test]
fn a_token_is_for_one_thing_only() {
    let user = "username = u\npassword = p\n";
    for scope in [
        "project_id = x",
        "tenant_name = x",
        "domain_id = x",
        "domain_name = x",
        "trust_id = x",
        "system_scope = all",
    ] {
        assert_eq!(faults(&format!("{user}{scope}\n")), [""; 0], "{scope}");
    }
    assert_eq!(
        faults(&format!(
            "{user}project_id = x\nproject_name = y\nsystem_scope = all\ntrust_id = t\n"
        )),
        [
            "trust_id: cannot be combined with project_id: remove one of them",
            "system_scope: cannot be combined with project_id: remove one of them",
        ]
    );
    let faults = faults(&format!("{user}system_scope = some\n"));
    assert!(
        faults[0].starts_with("system_scope: must be all, not \"some\""),
        "{faults:?}"
    );
}

#[test]
fn a_credential_has_its_project() {
    let credential = "auth_type = v3applicationcredential\napplication_credential_id = i\n\
                      application_credential_secret = s\n";
    assert_eq!(faults(credential), [""; 0]);
    for scope in [
        "project_name = x",
        "domain_id = x",
        "trust_id = x",
        "system_scope = all",
    ] {
        let faults = faults(&format!("{credential}{scope}\n"));
        assert!(
            faults[0].contains("cannot be set with auth_type = v3applicationcredential"),
            "{faults:?}"
        );
    }
}

#[test]
fn the_login_can_stand_in_another_section() {
    let text = "auth_section = Service_User\nusername = wrong\n[service_user]\nauth_plugin = v3password\n\
                auth_url = http://other:5000\nuser_id = u\npassword = p\ntenant_id = t\n";
    let config = keystone(text).unwrap();
    let login = &config.keystone_authtoken.login.login;
    assert_eq!(
        config
            .keystone_authtoken
            .login
            .auth_url
            .as_ref()
            .unwrap()
            .as_str(),
        "http://other:5000"
    );
    assert_eq!(
        (login.user.id.as_deref(), login.user.name.as_deref()),
        (Some("u"), None)
    );
    assert_eq!(login.project.id.as_deref(), Some("t"));
    assert_eq!(config.warnings, [""; 0]);
    let faults = keystone("auth_section = other\n[other]\nauth_type = v2password\n")
        .unwrap_err()
        .to_string();
    assert!(
        faults.contains("[other] auth_type: \"v2password\" must be password, v3password or v3applic"),
        "{faults}"
    );
    assert!(faults.contains("[other] auth_url: is required"), "{faults}");
}

#[test]
fn a_key_needs_its_certificate() {
    let user = "username = u\npassword = p\nproject_name = s\n";
    assert_eq!(faults(&format!("{user}certfile = c.pem\n")), [""; 0]);
    assert_eq!(
        faults(&format!("{user}keyfile = k.pem\n")),
        ["keyfile: requires certfile, the certificate that it belongs to"]
    );
}

#[test]
fn policy_files_lie_beside_the_configuration() {
    let config = load("[oslo_policy]\npolicy_dirs = rules.d,/srv/rules\n").unwrap();
    let folder = config.files[0].parent().unwrap();
    let (file, directories) = config.oslo_policy.places(&config.files);
    assert_eq!(file, folder.join("policy.yaml"));
    assert_eq!(directories, [folder.join("rules.d"), "/srv/rules".into()]);
    assert!(!config.oslo_policy.must_exist());
    let (file, _) = config.oslo_policy.places(&[]);
    assert_eq!(file, Path::new("/etc/tidings/policy.yaml"));
}
