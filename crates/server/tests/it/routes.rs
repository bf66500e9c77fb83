//! Every route, with and without somebody who looks on: what `run` adds to `serve` takes nothing away.

use crate::{
    site::{OWN_DATABASE, Running, Site, module},
    wire::{Answer, ask},
};

/// Routes of the module protocol, which are no pages.
const PROTOCOL: [&str; 8] = [
    "GET /example.com/x/@v/list",
    "GET /example.com/x/@latest",
    "GET /example.com/x/@v/v1.0.0.info",
    "GET /example.com/x/@v/v1.0.0.mod",
    "GET /example.com/x/@v/v1.0.0.zip",
    "GET /cached-only/example.com/x/@v/v1.0.0.zip",
    "GET /example.com/x/@v/nothing.info",
    "GET /sumdb/sum.example.com/2026/supported",
];

/// What stands in the place of a parameter.
const PARAMETERS: [(&str, &str); 7] = [
    ("{artifact}", "example.com/x/@v/v1.0.0.mod"),
    ("{file}", "checkpoint"),
    ("{id}", "0123456789abcdef"),
    ("{module}", "example.com/x"),
    ("{name}", OWN_DATABASE),
    ("{number}", "7"),
    ("{*", "no pattern of the router"),
];

/// A request for each page that is described, and so for each that there is.
fn pages() -> Vec<String> {
    let document = serde_json::to_value(server::openapi()).unwrap();
    let mut lines = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let mut filled = path.clone();
        for (name, value) in PARAMETERS {
            filled = filled.replace(name, value);
        }
        assert!(
            !filled.contains('{'),
            "{path} has a parameter without a value"
        );
        for method in item.as_object().unwrap().keys() {
            lines.push(format!("{} {filled}", method.to_uppercase()));
        }
    }
    lines
}

/// Status, type and code: the same request may not be answered otherwise.
fn summary(line: &str, answer: &Answer) -> String {
    let media = answer.header("content-type").unwrap_or_default();
    let body = String::from_utf8_lossy(&answer.body);
    let code = body
        .lines()
        .next()
        .filter(|first| first.starts_with("modkeep MK"));
    format!(
        "{line}: {} {media} {}",
        answer.status,
        code.unwrap_or_default()
    )
}

async fn answers(server: &Running) -> Vec<String> {
    let mut answers = Vec::new();
    for line in PROTOCOL.map(str::to_owned).into_iter().chain(pages()) {
        let answer = ask(server.address, &line, &["Content-Length: 0"]).await;
        answers.push(summary(&line, &answer));
    }
    answers
}

#[tokio::test]
async fn every_route_is_answered_the_same_whether_somebody_looks_on_or_not() {
    let site = || async {
        let site = Site::over(&[module(10)]).await;
        site.keep("example.com/x", "v1.0.0").await;
        site
    };
    let (observed, alone) = (site().await.start(), site().await.start_unobserved());
    let lines = answers(&observed).await;
    assert_eq!(lines, answers(&alone).await);
    assert!(lines.len() > 25, "{lines:?}");
    for line in &lines {
        assert!(!line.contains("MK1004"), "a wrong method: {line}");
        assert!(
            !line.contains("MK1007") || line.contains("/-/requests/"),
            "no such page: {line}"
        );
    }
    let results = observed.site.requests.results.lock().clone();
    for result in ["list ", "info memory", "zip store", "query MK", "proof "] {
        let is_seen = results.iter().any(|seen| seen.starts_with(result));
        assert!(is_seen, "{result} is not in {results:?}");
    }
}
