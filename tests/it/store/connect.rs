//! Why a database server cannot be used, each with its own message. Only with `TEST_DATABASE_URL`.

use tidings::config::Config;
use tidings::store::{Error, Settings, Store};

use crate::support::Fresh;

/// Returns the error of opening a URL.
fn fault(url: &str) -> String {
    let variable = ("OS_DATABASE__CONNECTION".to_owned(), url.to_owned());
    let config = Config::load(None, std::iter::once(variable)).unwrap();
    match Store::schema(&Settings::from_config(&config.database).backend) {
        Err(Error::Unavailable(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_hindrance_has_words_of_its_own() {
    if !Fresh::is_remote() {
        return;
    }
    let database = Fresh::new();
    let url = database.url();
    let refused = fault(&url.replace(":tidings@", ":hunter2@"));
    assert!(refused.contains("refuses the user or the password"), "{refused}");
    assert!(!refused.contains("hunter2"), "{refused}");
    let (front, _) = url.rsplit_once('/').unwrap();
    let missing = fault(&format!("{front}/nosuch"));
    assert!(missing.contains("no such database"), "{missing}");
    let (front, _) = front.rsplit_once(':').unwrap();
    let closed = fault(&format!("{front}:1/nosuch"));
    // libmariadb returns the same error for a closed port and an unreachable host.
    let want = if url.starts_with("mysql") {
        "cannot be reached"
    } else {
        "refuses the connection"
    };
    assert!(closed.contains(want), "{closed}");
}

/// The test server's directory contains the authority that signed its certificate.
#[test]
fn tls_is_verified_when_it_is_asked_for() {
    let Ok(folder) = std::env::var("TEST_DATABASE_FOLDER") else {
        return;
    };
    let database = Fresh::new();
    let open = |query: &str| {
        let variable = (
            "OS_DATABASE__CONNECTION".to_owned(),
            format!("{}?{query}", database.url()),
        );
        let config = Config::load(None, std::iter::once(variable)).unwrap();
        Store::schema(&Settings::from_config(&config.database).backend).map(drop)
    };
    assert_eq!(open(&format!("ssl_ca={folder}/ca.pem")), Ok(()));
    assert_eq!(
        open(&format!("ssl_ca={folder}/ca.pem&ssl_verify_identity=false")),
        Ok(())
    );
    assert_eq!(open("ssl=true&ssl_verify_cert=false"), Ok(()));
    assert_eq!(open("ssl_mode=DISABLED"), Ok(()));
    for query in [
        "ssl=true".to_owned(),
        "sslmode=require".to_owned(),
        // The system's authorities did not sign the test server's certificate.
        "sslmode=verify-ca".to_owned(),
        "ssl_verify_identity=false&ssl=true".to_owned(),
        format!("ssl_ca={folder}/other.pem"),
        format!("ssl_ca={folder}/other.pem&ssl_verify_identity=false"),
    ] {
        match open(&query) {
            Err(Error::Unavailable(text)) => assert!(text.contains("no trusted TLS connection"), "{text}"),
            other => panic!("{query}: {other:?}"),
        }
    }
    // The certificate is only for 127.0.0.1 and localhost.
    let elsewhere = database.url().replace("127.0.0.1", "127.0.0.2");
    let text = fault(&format!("{elsewhere}?ssl_ca={folder}/ca.pem"));
    assert!(text.contains("no trusted TLS connection"), "{text}");
    let variable = (
        "OS_DATABASE__CONNECTION".to_owned(),
        format!("{elsewhere}?ssl_ca={folder}/ca.pem&sslmode=verify-ca"),
    );
    let config = Config::load(None, std::iter::once(variable)).unwrap();
    assert!(Store::schema(&Settings::from_config(&config.database).backend).is_ok());
}
