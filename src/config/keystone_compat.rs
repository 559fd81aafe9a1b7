//! Options of keystonemiddleware without an equivalent here, which other services' templates may contain.

use super::reader::Section;

/// Options without effect, and why: setting one causes a warning.
const WITHOUT_EFFECT: [(&[&str], &str); 3] = [
    (
        &[
            "memcached_servers",
            "memcache_servers",
            "memcache_security_strategy",
            "memcache_secret_key",
            "memcache_tls_enabled",
            "memcache_tls_cafile",
            "memcache_tls_certfile",
            "memcache_tls_keyfile",
            "memcache_tls_allowed_ciphers",
            "memcache_pool_dead_retry",
            "memcache_pool_maxsize",
            "memcache_pool_socket_timeout",
            "memcache_pool_unused_timeout",
            "memcache_pool_conn_get_timeout",
            "memcache_use_advanced_pool",
            "memcache_sasl_enabled",
            "memcache_username",
            "memcache_password",
            "cache",
        ],
        "the server caches tokens itself",
    ),
    (
        &["interface", "region_name"],
        "Keystone is asked at auth_url, not at an endpoint from its catalog",
    ),
    (
        &["include_service_catalog"],
        "the server never requests a token's catalog",
    ),
];

/// Whether a value is harmless.
type Allows = fn(&str) -> bool;

/// Options with unsupported values, and the error for these.
const LIMITED: [(&str, Allows, &str); 3] = [
    (
        "auth_version",
        is_version_3,
        "only version 3 of the Identity API is supported: remove it, or set it to 3",
    ),
    (
        "delay_auth_decision",
        is_false,
        "only false is supported: a request without a valid token is always answered with 401",
    ),
    (
        "enforce_token_bind",
        is_lenient,
        "only disabled and permissive are supported: bound tokens are not checked",
    ),
];

/// Warns about these options and rejects unsupported values.
pub(super) fn read(section: &mut Section<'_>) {
    for (options, why) in WITHOUT_EFFECT {
        for option in options {
            section.ignore(option, why);
        }
    }
    for (option, allows, why) in LIMITED {
        section.limit(option, allows, why);
    }
}

/// Parses versions as keystoneauth writes them: `3`, `v3`, `3.0`, `v3.14`.
fn is_version_3(text: &str) -> bool {
    let number = text.strip_prefix(['v', 'V']).unwrap_or(text);
    text.is_empty() || number == "3" || number.starts_with("3.")
}

fn is_false(text: &str) -> bool {
    text.is_empty()
        || ["false", "0", "no", "off"]
            .iter()
            .any(|no| text.eq_ignore_ascii_case(no))
}

fn is_lenient(text: &str) -> bool {
    matches!(text, "" | "disabled" | "permissive")
}
