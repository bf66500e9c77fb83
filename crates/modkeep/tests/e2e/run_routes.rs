//! Every route under `serve` and under `run`: what works at one works at the other.

use crate::{
    site::{BINARY, module},
    verify::{NAME, Site},
};
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Command, Stdio},
};
use testkit::{
    client::{self, Answer},
    go::Go,
};

/// Each route of the surface once; the last is none.
const ROUTES: [(&str, &str); 26] = [
    ("GET", "/"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/example.com/a/@v/list"),
    ("GET", "/example.com/a/@latest"),
    ("GET", "/example.com/a/@v/v1.0.0.info"),
    ("GET", "/example.com/a/@v/v1.0.0.mod"),
    ("GET", "/example.com/a/@v/v1.0.0.zip"),
    ("GET", "/cached-only/example.com/a/@v/v1.0.0.zip"),
    ("GET", "/example.com/a/@v/nothing.info"),
    ("GET", "/index"),
    ("GET", "/-/client"),
    ("GET", "/-/openapi.json"),
    ("GET", "/-/status"),
    ("GET", "/-/journal/checkpoint"),
    ("GET", "/-/cases"),
    ("GET", "/-/requests/none"),
    ("GET", "/-/proof/example.com/a/@v/v1.0.0.mod"),
    ("GET", "/-/vuln/index/db.json"),
    ("POST", "/-/vuln/examine"),
    ("POST", "/-/sums"),
    ("POST", "/-/prefetch"),
    ("POST", "/-/sumdb/sum.example.com/2026/echo"),
    ("POST", "/-/refresh/example.com/a"),
    ("GET", "/-/nothing"),
];

/// What is posted: a go.sum.
const LIST: &[u8] =
    b"example.com/a v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

/// Status and code of the answer: the same request may not be answered otherwise.
fn asked(address: SocketAddr, (method, path): (&str, &str)) -> String {
    let answer: Answer = match method {
        "POST" => client::post(address, path, LIST).unwrap(),
        _ => client::get(address, path).unwrap(),
    };
    let text = answer.text();
    let code = text.lines().next().and_then(|line| {
        let rest = line.strip_prefix("modkeep ")?;
        rest.split(':').next()
    });
    format!(
        "{method} {path}: {} {}",
        answer.status,
        code.unwrap_or_default()
    )
}

#[test]
fn run_answers_every_route_as_serve_does() {
    let site = Site::new("required", &[module("a", 1000)]);
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    Go::new("off").prepare(&mut command);
    command.args(["run", "--verify", "required", "--vulndb", "off"]);
    command.args(["--upstream", &site.upstream.url()]);
    command.args(["--sumdb", &site.database.key(), "--data"]);
    command.arg(data.path());
    command.args(["--", "sh", "-c", "echo $GOPROXY; read -r line"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut run = command.spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(run.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let url = line.trim().trim_start_matches("http://");
    let under_run: SocketAddr = url.parse().unwrap();
    let answers = |address| ROUTES.map(|route| asked(address, route));
    assert_eq!(answers(under_run), answers(site.server.address()));
    let sums = asked(under_run, ("POST", "/-/sums"));
    assert!(sums.ends_with(": 200 "), "{sums}");
    assert!(ROUTES.iter().any(|(_, path)| path.contains(NAME)));
    drop(run.stdin.take());
    run.wait().unwrap();
}
