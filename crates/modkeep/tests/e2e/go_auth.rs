//! `modkeep auth` under the real `go`: who calls is told to the server that asks, once for each answer 4xx, without network.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::go::{Go, Project};
use testkit::guarded_server::GuardedServer;
use testkit::oidc_server::{CLIENT, OidcServer};
use testkit::process;

use crate::site::BINARY;

const ABSENT: usize = 300;

/// A client whose GOAUTH is our command, behind a script that notes each call and how long it took.
struct Client {
    server: GuardedServer,
    directory: tempfile::TempDir,
    go: Go,
}

impl Client {
    fn new(options: &[&str]) -> Self {
        let server = GuardedServer::start();
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        let script = format!(
            "#!/bin/sh\nbegun=$(date +%s%N)\n{BINARY} auth --server {} --cache {} {} \"$@\"\nstatus=$?\n\
             echo \"$(( ($(date +%s%N) - begun) / 1000 ))\" >> {}\nexit $status\n",
            server.url(),
            at("cache"),
            options.join(" "),
            at("calls"),
        );
        fs::write(at("auth"), script).unwrap();
        fs::set_permissions(at("auth"), fs::Permissions::from_mode(0o755)).unwrap();
        let go = Go::new(&server.url())
            .env("SSL_CERT_FILE", &server.root().display().to_string())
            .env("GOAUTH", &at("auth"));
        Self {
            server,
            directory,
            go,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Microseconds of each call.
    fn calls(&self) -> Vec<u64> {
        let text = fs::read_to_string(self.path("calls")).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    fn list(&self, module: &str) -> process::Output {
        let project = Project::new("module example.com/main\n\ngo 1.20\n", &[]);
        self.go
            .run(&["list", "-m", "-versions", module], project.path())
    }
}

#[test]
fn each_absent_path_is_one_call_and_costs_no_network() {
    let Some(issuer) = OidcServer::start() else {
        return;
    };
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), CLIENT.1).unwrap();
    let issuer_url = issuer.issuer();
    let mut client = Client::new(&[
        "--issuer",
        &issuer_url,
        "--client-id",
        CLIENT.0,
        "--client-secret-file",
        secret.path().to_str().unwrap(),
        "--audience",
        "https://modkeep.example/jwt",
        "--scopes",
        "modkeep.read",
    ]);
    // The first call has a token from the issuer; the server is told to know it.
    let first = run_alone(&client);
    client.server.know(&first);
    drop(issuer);
    fs::remove_file(client.path("calls")).unwrap();
    client.go = client.go.env("GOFLAGS", "-modcacherw -mod=mod");
    let mut arguments = vec![
        "list".to_owned(),
        "-m".to_owned(),
        "-e".to_owned(),
        "-versions".to_owned(),
    ];
    arguments.extend((0..ABSENT).map(|number| format!("corp.example/absent{number}")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let project = Project::new("module example.com/main\n\ngo 1.20\n", &[]);
    client.go.run(&arguments, project.path());
    let (asked, mut calls) = (client.server.asked(), client.calls());
    let paths: std::collections::BTreeSet<&str> =
        asked.iter().map(|one| one.path.as_str()).collect();
    assert!(paths.len() >= ABSENT, "{}", paths.len());
    assert!(
        asked
            .iter()
            .all(|one| one.authorization.as_deref() == Some(first.as_str()) && one.status == 404)
    );
    // One before the first fetch, and one for each path that is not there.
    assert_eq!(calls.len(), paths.len() + 1);
    calls.sort_unstable();
    let mut shown = String::new();
    for (name, at) in [
        ("median", calls.len() / 2),
        ("90th", calls.len() * 9 / 10),
        ("slowest", calls.len() - 1),
    ] {
        let _ = write!(shown, "{name} {} us  ", calls[at]);
    }
    println!(
        "{} processes for {} paths, the issuer dead: {shown}",
        calls.len(),
        paths.len()
    );
}

/// The `Authorization` that the command prints when it is started alone.
fn run_alone(client: &Client) -> String {
    let mut command = Command::new(client.path("auth"));
    client.go.prepare(&mut command);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let header = text
        .lines()
        .find_map(|line| line.strip_prefix("Authorization: "));
    assert!(
        text.starts_with(&client.server.url()),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    header.unwrap().to_owned()
}

#[test]
fn a_token_that_the_server_refuses_is_had_anew_and_kept_for_its_user_alone() {
    let Some(issuer) = OidcServer::start() else {
        return;
    };
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), CLIENT.1).unwrap();
    let issuer_url = issuer.issuer();
    let client = Client::new(&[
        "--issuer",
        &issuer_url,
        "--client-id",
        CLIENT.0,
        "--client-secret-file",
        secret.path().to_str().unwrap(),
        "--audience",
        "https://modkeep.example/jwt",
    ]);
    let first = run_alone(&client);
    assert_eq!(run_alone(&client), first, "it is kept");
    let cache = client.path("cache");
    assert_eq!(
        fs::metadata(&cache).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let kept: Vec<PathBuf> = fs::read_dir(&cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for file in &kept {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
    // Half a minute later; until then a 401 asks nobody again.
    assert_eq!(refused(&client, 401), first);
    age(&kept);
    assert_eq!(refused(&client, 404), first);
    let second = refused(&client, 401);
    assert_ne!(second, first);
    client.server.know(&second);
    for (name, text) in [
        ("list", "v1.0.0\n"),
        (
            "v1.0.0.info",
            r#"{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}"#,
        ),
        ("v1.0.0.mod", "module corp.example/m\n"),
    ] {
        client
            .server
            .page(&format!("/corp.example/m/@v/{name}"), text);
    }
    let listed = client.list("corp.example/m");
    assert_eq!(
        listed.stdout.trim(),
        "corp.example/m v1.0.0",
        "{}",
        listed.stderr
    );
}

/// What the command says after an answer of the server.
fn refused(client: &Client, status: u16) -> String {
    use std::io::Write as _;
    let mut command = Command::new(client.path("auth"));
    client.go.prepare(&mut command);
    let url = format!("{}/corp.example/m/@v/list", client.server.url());
    let child = command
        .arg(url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    write!(
        child.stdin.take().unwrap(),
        "HTTP/1.1 {status} Text\nA: b\n\n"
    )
    .unwrap();
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    text.lines()
        .find_map(|line| line.strip_prefix("Authorization: "))
        .unwrap()
        .to_owned()
}

/// Makes it a minute since the issuer was asked.
fn age(kept: &[PathBuf]) {
    for file in kept
        .iter()
        .filter(|file| file.extension().is_some_and(|name| name == "json"))
    {
        let text = fs::read_to_string(file).unwrap();
        let mut login: serde_json::Value = serde_json::from_str(&text).unwrap();
        login["asked"] = (login["asked"].as_i64().unwrap() - 60).into();
        fs::write(file, login.to_string()).unwrap();
    }
}

#[test]
fn a_token_from_a_file_netrc_or_a_variable_is_told_to_its_server_alone() {
    let server = GuardedServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let token = file("token", "from-a-file\n");
    let netrc = file(
        "netrc",
        &format!(
            "machine {} login ci password from-netrc\n",
            &server.url()[8..]
        ),
    );
    let run = |options: &[&str], variables: &[(&str, &str)]| {
        let mut command = Command::new(BINARY);
        command
            .env_clear()
            .envs(variables.iter().copied())
            .env("HOME", directory.path());
        command
            .args(["auth", "--server", &server.url()])
            .args(options)
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let answer =
        |authorization: &str| format!("{}\n\nAuthorization: {authorization}\n\n", server.url());
    assert_eq!(
        run(&["--token-file", &token], &[]).1,
        answer("Bearer from-a-file")
    );
    assert_eq!(
        run(&[], &[("MODKEEP_TOKEN", "abc")]).1,
        answer("Bearer abc")
    );
    assert_eq!(
        run(&["--netrc", &netrc], &[]).1,
        answer("Basic Y2k6ZnJvbS1uZXRyYw==")
    );
    assert_eq!(
        run(&["--ci-variable", "JOB"], &[("JOB", "eyJ.x.y")]).1,
        answer("Bearer eyJ.x.y")
    );
    for other in [
        "https://localhost/x",
        "https://evil.example/",
        "http://localhost/",
    ] {
        assert_eq!(run(&["--token-file", &token, other], &[]).1, "", "{other}");
    }
    let (status, _, why) = run(&[], &[]);
    assert_eq!(status, Some(2));
    assert!(why.starts_with("modkeep MK5028"), "{why}");
    let (status, told, why) = run(&[], &[("MODKEEP_TOKEN", "a\nX-Evil: b")]);
    assert_eq!((status, told.as_str()), (Some(2), ""), "{why}");
    assert!(!why.contains("Evil"), "{why}");
    assert!(Path::new(&token).is_file());
}
