//! Proxies in front of the server, and credentials for those behind it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::process;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, module};

const LIST: &str = "/example.com/a/@v/list";

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&module("a", 1000)))
}

/// Lines of the log that are about requests, once there are `count`.
fn access_lines(server: &Modkeep, count: usize) -> Vec<String> {
    let until = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let log = server.log();
        let lines = log
            .lines()
            .filter(|line| line.contains("example.com/a@list"));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        if lines.len() >= count {
            return lines;
        }
        assert!(tokio::time::Instant::now() < until, "{log}");
        std::thread::yield_now();
    }
}

#[test]
fn a_trusted_proxy_is_believed_for_whom_it_asks_and_nobody_else_is() {
    let upstream = upstream();
    let forwarded = ("X-Forwarded-For", "203.0.113.9, 192.0.2.7");
    for (trusted, client) in [("127.0.0.1", "192.0.2.7"), ("10.0.0.0/8", "127.0.0.1")] {
        let server = Setup::new(BINARY, &upstream.url())
            .option("--trusted-proxies", trusted)
            .start();
        assert_eq!(server.request("GET", LIST, &[forwarded]).status, 200);
        let line = access_lines(&server, 1).remove(0);
        assert!(line.contains(client), "{line}");
        assert!(!line.contains("203.0.113.9"), "{line}");
    }
}

#[test]
fn clients_behind_one_proxy_have_a_budget_each() {
    let server = Setup::new(BINARY, &upstream().url())
        .option("--trusted-proxies", "127.0.0.1")
        .start();
    // Beyond a burst of refusals each further one of the same caller waits.
    let asked = |client: &str| {
        let name = [("X-Forwarded-For", client)];
        server.request("GET", "/nothing-here", &name).status
    };
    for _ in 0..50 {
        assert_eq!(asked("192.0.2.7"), 404);
    }
    assert_eq!(asked("192.0.2.8"), 404);
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains("modkeep_http_refusals_delayed"),
        "{metrics}"
    );
}

/// The page at `/` for these header lines, the host's among them.
fn start_page(server: &Modkeep, headers: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET / HTTP/1.0\r\n{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_start_page_prints_what_clients_type() {
    let upstream = upstream();
    let host = "Host: goproxy.example.com\r\n";
    let server = Setup::new(BINARY, &upstream.url())
        .option("--trusted-proxies", "127.0.0.1")
        .option("--public-host", "goproxy.example.com")
        .start();
    let https = format!("{host}X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n");
    let page = start_page(&server, &https);
    assert!(
        page.contains("export GOPROXY=https://goproxy.example.com\n"),
        "{page}"
    );
    let server = Setup::new(BINARY, &upstream.url())
        .option("--public-url", "https://goproxy.example.com/go")
        .start();
    let page = start_page(&server, host);
    assert!(
        page.contains("export GOPROXY=https://goproxy.example.com/go\n"),
        "{page}"
    );
}

#[test]
fn an_upstream_is_shown_what_the_file_has_for_it() {
    let upstream = upstream();
    let port = upstream.address().port();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("modkeep.netrc");
    for (entry, header) in [
        ("login robot password word", "Basic cm9ib3Q6d29yZA=="),
        ("password the-token", "Bearer the-token"),
    ] {
        upstream.forget();
        fs::write(
            &file,
            format!("machine 127.0.0.1:{port} {entry}\nmachine 127.0.0.1 password other\n"),
        )
        .unwrap();
        let by_option =
            Setup::new(BINARY, &upstream.url()).option("--credentials", file.to_str().unwrap());
        let by_manager = Setup::new(BINARY, &upstream.url())
            .env("CREDENTIALS_DIRECTORY", directory.path().to_str().unwrap());
        for setup in [by_option, by_manager] {
            let server = setup.start();
            assert_eq!(server.get(LIST).status, 200);
            assert!(!server.log().contains("word") && !server.log().contains("the-token"));
        }
        let asked = upstream.asked();
        assert!(asked.len() >= 2);
        for asked in asked {
            assert_eq!(asked.header("authorization"), Some(header));
        }
    }
}

#[test]
fn a_file_of_credentials_that_is_wrong_is_refused_without_its_words() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("netrc");
    for (text, words) in [
        (
            Some("machine a.example.com login robot\npassword topsecret topsecret\n"),
            "line 2",
        ),
        (
            Some("default login robot password topsecret\n"),
            "line 1: a default entry",
        ),
        (None, "cannot be read"),
    ] {
        match text {
            Some(text) => fs::write(&file, text).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let mut command = Command::new(BINARY);
        command
            .args([
                "config",
                "check",
                "--upstream",
                "https://a.example.com",
                "--data",
                "x",
            ])
            .args(["--credentials", file.to_str().unwrap()]);
        let output = process::run(&mut command, Duration::from_secs(30));
        output.assert_fails_with("MK5008");
        assert!(output.stderr.contains(words), "{output}");
        assert!(!output.stderr.contains("topsecret"), "{output}");
    }
}

#[test]
fn who_must_reach_what_is_listed() {
    let mut command = Command::new(BINARY);
    command
        .args(["env", "--egress", "--url", "https://goproxy.example.com/go"])
        .args([
            "--upstream",
            "https://user:topsecret@a.example.com:8443/topsecret,direct",
        ])
        .args(["--private-upstream", "http://modules.corp.example.com"])
        .args(["--vulndb", "https://vuln.example.com", "--data", "x"]);
    let output = process::run(&mut command, Duration::from_secs(30));
    let list = &output.assert_ok().stdout;
    for line in [
        "client   goproxy.example.com:443 ",
        "sandbox  goproxy.example.com:443 ",
        "server   a.example.com:8443 ",
        "server   modules.corp.example.com:80 ",
        "server   sum.golang.org:443 ",
        "server   vuln.example.com:443 ",
        "client   version control hosts ",
    ] {
        assert!(list.contains(line), "{line} in\n{list}");
    }
    assert!(!list.contains("topsecret"), "{list}");
}
