//! The options of the mail server.

use tidings::config::Encryption;

use super::load;

#[test]
fn sending_needs_a_sender_and_a_whole_encrypted_login() {
    let text = "[email]\nenabled = true\nhost = mx.example.org\ntls = none\nusername = tidings\n";
    let faults = load(text).unwrap_err();
    let keys: Vec<_> = faults.iter().filter_map(|fault| fault.key()).collect();
    assert_eq!(keys, [("email", "from"), ("email", "username"), ("email", "tls")]);
    let text =
        "[email]\nenabled = true\nfrom = Cloud <no-reply@example.org>\nusername = u\npassword = hunter2\n";
    let config = load(text).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn only_a_server_on_this_machine_is_talked_to_in_plain_text_by_default() {
    for (host, encryption) in [
        ("localhost", Encryption::None),
        ("127.0.0.2", Encryption::None),
        ("::1", Encryption::None),
        ("10.0.0.1", Encryption::Starttls),
        ("mx.example.org", Encryption::Starttls),
    ] {
        let email = load(&format!("[email]\nhost = {host}\n")).unwrap().email;
        assert_eq!(email.encryption(), encryption, "{host}");
        let email = load(&format!("[email]\nhost = {host}\ntls = tls\n"))
            .unwrap()
            .email;
        assert_eq!(email.encryption(), Encryption::Tls, "{host}");
    }
}

#[test]
fn faults_say_what_is_allowed() {
    for (option, value, reason) in [
        ("host", "a b", "\"a b\" is not a host name or an IP address"),
        ("host", "", "\"\" is not a host name or an IP address"),
        ("port", "0", "\"0\" is not a port from 1 to 65535"),
        ("port", "smtp", "\"smtp\" is not a port from 1 to 65535"),
        (
            "from",
            "nobody",
            "\"nobody\" is not an ASCII address such as no-reply@example.org",
        ),
        ("from", "j\u{f6}rg@example.org", "is not an ASCII address"),
        ("tls", "ssl", "\"ssl\" must be none, starttls or tls"),
        ("timeout", "0", "0 is not between 1 and 45"),
        ("max_connections", "0", "0 is not between 1 and 100"),
    ] {
        let faults = load(&format!("[email]\n{option} = {value}\n"))
            .unwrap_err()
            .to_string();
        assert!(
            faults.contains(&format!("[email] {option}: ")) && faults.contains(reason),
            "{faults}"
        );
    }
}
