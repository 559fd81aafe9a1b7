//! The options about identity and policy.

use std::path::Path;

use super::load;

#[test]
fn keystone_needs_an_address_and_something_to_show_there() {
    let missing = |text: &str| -> Vec<String> {
        let faults = load(&format!(
            "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\n{text}"
        ));
        faults.err().map_or(Vec::new(), |faults| {
            let key = |fault: &tidings::config::Fault| fault.key().unwrap().1.to_owned();
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
    let keystone = &config.keystone_authtoken;
    assert_eq!(
        keystone.challenge_uri().unwrap().as_str(),
        "http://keystone:5000/v3"
    );
    assert_eq!(keystone.password.as_ref().unwrap().expose(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
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
