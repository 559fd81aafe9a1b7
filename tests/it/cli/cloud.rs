//! How commands find a server: `--endpoint`, `OS_*` and clouds.yaml. The server is a small one that keeps what it is asked.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Ran, Shell};
use crate::support::http::{Request, SmallServer};

/// What it is asked, and what it answers to requests for listeners.
struct State {
    requests: Vec<Asked>,
    answer: (u16, Value),
}

#[derive(Debug, Clone, PartialEq)]
struct Asked {
    line: String,
    token: String,
    body: Value,
}

/// Keystone and a server in one.
struct Cloud(SmallServer<State>);

const LISTENER: &str = "01a22b3c-4760-717d-af38-3c8a3584d9fb";

impl Cloud {
    fn start() -> Self {
        Self::answering(
            200,
            json!({ "listeners": [{ "id": LISTENER, "event_types": ["*"] }] }),
        )
    }

    fn answering(status: u16, body: Value) -> Self {
        let state = State {
            requests: Vec::new(),
            answer: (status, body),
        };
        Self(SmallServer::start(state, answer))
    }

    fn requests(&self) -> Vec<Asked> {
        self.0.state().requests.clone()
    }

    /// The last request, if it has this line.
    #[track_caller]
    fn last(&self, line: &str) -> Asked {
        let last = self.requests().pop().unwrap();
        assert_eq!(last.line, line);
        last
    }
}

fn answer(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let request = Request::read(stream)?;
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut state = state.lock().unwrap();
    let line = request.line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let is_login = line.ends_with("/v3/auth/tokens");
    let (status, body) = if !is_login {
        state.answer.clone()
    } else if request.json().to_string().contains("wrong") {
        (401, json!({}))
    } else {
        let url = format!("http://{}/v3/p1", header("host"));
        let endpoint =
            |interface: &str, url: &str| json!({"interface": interface, "region_id": "one", "url": url});
        let endpoints = [
            endpoint("internal", "http://127.0.0.1:1/v3/p1"),
            endpoint("public", &url),
        ];
        let service = json!({"type": "block-storage", "endpoints": endpoints});
        let token =
            json!({"project": {"id": "p1"}, "catalog": [{"type": "image", "endpoints": []}, service]});
        (201, json!({ "token": token }))
    };
    let (token, body) = (header("x-auth-token"), body.to_string());
    let asked = request.json();
    state.requests.push(Asked {
        line,
        token,
        body: asked,
    });
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nX-Subject-Token: fresh\r\n\r\n",
        body.len()
    );
    let mut writer = stream;
    writer.write_all((head + &body).as_bytes()).ok()
}

fn finished(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(shell: &Shell, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = shell.command(&[&["event", "listener"], arguments].concat());
    command.envs(variables.iter().copied());
    finished(command)
}

const LISTED: &str = "Event Types:  *\nId:           01a22b3c-4760-717d-af38-3c8a3584d9fb\n\n\n";

#[test]
fn the_environment_leads_to_keystone_and_its_catalog() {
    let (shell, cloud) = (Shell::empty(), Cloud::start());
    let url = cloud.0.url();
    let variables = [
        ("OS_AUTH_URL", url.as_str()),
        ("OS_USERNAME", "alice"),
        ("OS_PASSWORD", "hunter2"),
        ("OS_PROJECT_NAME", "demo"),
        ("OS_USER_DOMAIN_NAME", "Users"),
        ("OS_PROJECT_DOMAIN_ID", "default"),
        ("OS_REGION_NAME", "one"),
    ];
    let ran = run(&shell, &["list"], &variables);
    assert_eq!((ran.code, ran.out.as_str()), (0, LISTED), "{}", ran.err);
    let requests = cloud.requests();
    let auth = &requests[0].body["auth"];
    assert_eq!(requests[0].line, "POST /v3/auth/tokens");
    assert_eq!(
        auth["identity"]["password"]["user"],
        json!({"name": "alice", "domain": {"name": "Users"}, "password": "hunter2"})
    );
    assert_eq!(
        auth["scope"]["project"],
        json!({"name": "demo", "domain": {"id": "default"}})
    );
    assert_eq!(
        (requests[1].line.as_str(), requests[1].token.as_str()),
        ("GET /v3/p1/listeners", "fresh")
    );
    let elsewhere = [&variables[..6], &[("OS_REGION_NAME", "two")]].concat();
    let ran = run(&shell, &["list"], &elsewhere);
    assert_eq!(ran.code, 65);
    assert!(
        ran.err.contains("the catalog has no public endpoint") && ran.err.contains("--endpoint"),
        "{}",
        ran.err
    );
}

#[test]
fn an_application_credential_and_a_token_are_enough() {
    let (shell, cloud) = (Shell::empty(), Cloud::start());
    let url = cloud.0.url() + "/v3/";
    let credential = [
        ("OS_AUTH_URL", url.as_str()),
        ("OS_AUTH_TYPE", "v3applicationcredential"),
        ("OS_APPLICATION_CREDENTIAL_ID", "c"),
        ("OS_APPLICATION_CREDENTIAL_SECRET", "s"),
    ];
    assert_eq!(run(&shell, &["list"], &credential).out, LISTED);
    let identity = &cloud.requests()[0].body["auth"]["identity"];
    assert_eq!(
        identity["application_credential"],
        json!({"id": "c", "secret": "s"})
    );
    assert_eq!(
        run(&shell, &["list"], &[("OS_AUTH_URL", &url), ("OS_TOKEN", "t")]).out,
        LISTED
    );
    let requests = cloud.requests();
    assert_eq!(
        (requests[2].line.as_str(), requests[2].token.as_str()),
        ("GET /v3/auth/tokens", "t")
    );
}

#[test]
fn clouds_are_found_with_their_secrets() {
    let (shell, cloud) = (Shell::empty(), Cloud::start());
    let folder = shell.path().join(".config/openstack");
    fs::create_dir_all(&folder).unwrap();
    let clouds = format!(
        "clouds:\n  mine:\n    auth: {{auth_url: '{}', username: alice, project_name: demo}}\n    region_name: one\n",
        cloud.0.url()
    );
    fs::write(folder.join("clouds.yaml"), clouds).unwrap();
    fs::write(
        folder.join("secure.yaml"),
        "clouds: {mine: {auth: {password: hunter2}}}\n",
    )
    .unwrap();
    for ran in [
        run(&shell, &["list", "--os-cloud", "mine"], &[]),
        run(&shell, &["list"], &[("OS_CLOUD", "mine")]),
    ] {
        assert_eq!((ran.code, ran.out.as_str()), (0, LISTED), "{}", ran.err);
    }
    assert_eq!(
        cloud.requests()[0].body["auth"]["identity"]["password"]["user"]["password"],
        "hunter2"
    );
    let other = run(&shell, &["list", "--os-cloud", "mien"], &[]);
    assert_eq!(
        (other.code, other.err.as_str()),
        (65, "tidings: no cloud is named mien, did you mean mine?\n")
    );
    fs::write(folder.join("clouds.yaml"), "clouds: [").unwrap();
    let ran = run(&shell, &["list", "--os-cloud", "mine"], &[]);
    assert!(
        ran.code == 65 && ran.err.contains("clouds.yaml: line "),
        "{}",
        ran.err
    );
}

#[test]
fn a_server_without_keystone_is_given_by_its_address() {
    let (shell, cloud) = (Shell::empty(), Cloud::start());
    let url = cloud.0.url();
    assert_eq!(run(&shell, &["list", "--endpoint", &url], &[]).out, LISTED);
    assert_eq!(cloud.last("GET /v3/admin/listeners").token, "admin:admin");
    let variables = [("OS_USERNAME", "bob"), ("OS_PROJECT_NAME", "p2")];
    assert_eq!(run(&shell, &["list", "--endpoint", &url], &variables).out, LISTED);
    assert_eq!(cloud.last("GET /v3/p2/listeners").token, "bob:p2");
    let endpoint = [("OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE", url.as_str())];
    // The server's listener is of no project.
    assert_eq!(run(&shell, &["list", "--project", "p3"], &endpoint).out, "");
    cloud.last("GET /v3/p3/listeners");
}

#[test]
fn commands_become_requests() {
    let (shell, cloud) = (Shell::empty(), Cloud::answering(200, json!({ "listener": {} })));
    let url = cloud.0.url();
    let ran = |arguments: &[&str]| {
        let ran = run(&shell, &[arguments, &["--endpoint", &url]].concat(), &[]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    let http = ["http", "create", "--event-type", "*", "--url", "https://h/x"];
    assert_eq!(ran(&http), "Event listener successfully created\n\n");
    let mut listener = json!({
        "notifier_type": "http", "event_types": ["*"], "notifier_config": {"url": "https://h/x"}, "scope": "cloud",
    });
    assert_eq!(
        cloud.last("POST /v3/admin/listeners").body,
        json!({ "listener": listener })
    );
    ran(&[&http[..], &["--project", "p1"]].concat());
    listener["scope"] = "project".into();
    assert_eq!(
        cloud.last("POST /v3/p1/listeners").body,
        json!({ "listener": listener })
    );
    ran(&["amqp", "update", "--listener-id", LISTENER, "--exchange", ""]);
    let put = cloud.last(&format!("PUT /v3/admin/listeners/{LISTENER}"));
    assert_eq!(
        put.body,
        json!({ "listener": { "notifier_config": { "exchange": null } } })
    );
    assert_eq!(
        ran(&["delete", "--listener-id", LISTENER]),
        "Event listener successfully deleted\n\n"
    );
    cloud.last(&format!("DELETE /v3/admin/listeners/{LISTENER}"));
}

#[test]
fn a_refusal_says_what_the_server_says() {
    let shell = Shell::empty();
    let delete = ["delete", "--listener-id", LISTENER];
    let said = json!({ "fault": { "message": "no\u{1b}[2J" } });
    for (status, code, error) in [
        (400, 65, "tidings: no\\u{1b}[2J\n"),
        (403, 77, "tidings: no\\u{1b}[2J\n"),
        (404, 66, "tidings: no\\u{1b}[2J\n"),
        (409, 65, "tidings: no\\u{1b}[2J\n"),
        (503, 69, "tidings: no\\u{1b}[2J\n"),
    ] {
        let cloud = Cloud::answering(status, said.clone());
        let ran = run(
            &shell,
            &[&delete[..], &["--endpoint", &cloud.0.url()]].concat(),
            &[],
        );
        assert_eq!((ran.code, ran.err.as_str()), (code, error), "{status}");
    }
    let gone = json!({ "itemNotFound": { "message": format!("Listener {LISTENER} could not be found.") } });
    let cloud = Cloud::answering(404, gone);
    let ran = run(
        &shell,
        &[&delete[..], &["--endpoint", &cloud.0.url()]].concat(),
        &[],
    );
    let not_found =
        format!("tidings: The following resource(s) could not be found:\n\n  {LISTENER} (event_listener)\n");
    assert_eq!((ran.code, ran.err), (66, not_found));
    let ran = run(&shell, &["list", "--endpoint", "http://127.0.0.1:1"], &[]);
    assert_eq!(ran.code, 69);
    assert!(
        ran.err.starts_with("tidings: the server does not answer: "),
        "{}",
        ran.err
    );
}

#[test]
fn credentials_that_do_not_work_are_told_apart_and_never_shown() {
    let (shell, cloud) = (Shell::empty(), Cloud::start());
    let url = cloud.0.url();
    let user = [
        ("OS_AUTH_URL", url.as_str()),
        ("OS_USERNAME", "alice"),
        ("OS_PROJECT_NAME", "demo"),
    ];
    let missing = run(&shell, &["list"], &user);
    assert_eq!(missing.code, 65);
    assert!(
        missing.err.contains("the credentials are not complete"),
        "{}",
        missing.err
    );
    let wrong = run(
        &shell,
        &["list"],
        &[&user[..], &[("OS_PASSWORD", "wrong")]].concat(),
    );
    assert_eq!(
        (wrong.code, wrong.err.as_str()),
        (77, "tidings: Keystone does not accept the credentials (401)\n")
    );
    let nowhere = [("OS_AUTH_URL", "http://127.0.0.1:1"), ("OS_TOKEN", "hunter2")];
    let ran = run(&shell, &["list"], &nowhere);
    assert!(
        ran.code == 69 && ran.err.starts_with("tidings: Keystone does not answer: "),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("hunter2"));
    let shell = Shell::new();
    assert_eq!(
        run(&shell, &["list", "--local"], &nowhere).code,
        0,
        "the database does not need them"
    );
}
