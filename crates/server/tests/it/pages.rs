//! Health, metrics, index, administration, the start page.

use crate::{
    site::{Running, Site},
    wire::ask,
};
use testkit::fixture::Module;

async fn server() -> Running {
    Site::kept(10).await.start()
}

#[tokio::test]
async fn health_pages_say_how_it_is() {
    let server = server().await;
    let live = ask(server.address, "GET /livez", &[]).await;
    assert_eq!((live.status, live.text()), (200, "alive\n"));
    let ready = ask(server.address, "GET /readyz", &[]).await;
    assert_eq!((ready.status, ready.text()), (200, "ready\n"));
    assert_eq!(ready.header("cache-control"), Some("no-store"));
}

/// What its fields are is tested beside them, with a value for each.
#[tokio::test]
async fn the_status_is_json() {
    let answer = ask(server().await.address, "GET /-/status", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let status: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(status["store"]["captures"], 3);
    let refused = ask(server().await.address, "POST /-/status", &[]).await;
    assert_eq!(refused.status, 405);
}

#[tokio::test]
async fn the_index_is_newline_json() {
    let modules = [
        "example.com/a",
        "private.example.com/b",
        "example.com/c",
        "example.com/d",
    ];
    let modules = modules.map(|path| Module::new(path, "v1.0.3"));
    let site = Site::over(&modules).await;
    for module in &modules {
        site.keep(module.path(), module.version()).await;
    }
    let server = site.start();
    let answer = ask(server.address, "GET /index?limit=3", &[]).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert!(answer.text().ends_with("}\n"), "{}", answer.text());
    let mut lines = answer.text().lines();
    let mut last = String::new();
    for module in &modules[..3] {
        let line = lines.next().unwrap();
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        last = entry["Timestamp"].as_str().unwrap().to_owned();
        let path = module.path();
        assert_eq!(
            line,
            format!(r#"{{"Path":"{path}","Version":"v1.0.3","Timestamp":"{last}"}}"#)
        );
    }
    assert_eq!((answer.status, lines.next()), (200, None));
    let since = format!("GET /index?since={last}");
    let rest = ask(server.address, &since, &[]).await;
    let rest: Vec<&str> = rest.text().lines().collect();
    assert_eq!(rest.len(), 2, "{rest:?}");
    assert!(rest[1].contains("example.com/d"), "{rest:?}");
    assert_eq!(
        ask(server.address, "GET /index?limit=x", &[]).await.status,
        400
    );
}

#[tokio::test]
async fn refresh_says_how_much_was_forgotten() {
    let server = server().await;
    for line in [
        "GET /example.com/!x/@v/list",
        "GET /example.com/!x/@latest",
        "GET /example.com/!x/@v/main.info",
    ] {
        assert_eq!(ask(server.address, line, &[]).await.status, 404, "{line}");
    }
    let answer = ask(
        server.address,
        "POST /-/refresh/example.com/!x",
        &["Content-Length: 2", "\r\n{}"],
    )
    .await;
    assert_eq!(answer.status, 200);
    let count = answer.text().strip_prefix("forgotten: ");
    let count = count.and_then(|rest| rest.strip_suffix('\n')?.parse::<u32>().ok());
    assert!(count.is_some_and(|count| count >= 3), "{}", answer.text());
}

#[tokio::test]
async fn paths_of_nobody_are_refused_as_ours() {
    let server = server().await;
    for line in [
        "GET /list",
        "GET /@latest",
        "GET /-/x",
        "GET /-/refresh",
        "POST /-/refresh",
        "GET /-/cases/seven",
        "GET /-/proof/example.com/x/@v/v1.0.0.info",
        "GET /-/journal",
        "GET /-/journal/x",
        "POST /-/sumdb/example.com/nothing",
        "GET /sumdb",
        "GET /cached-only",
        "DELETE /-/x",
    ] {
        let answer = ask(server.address, line, &[]).await;
        assert_eq!(answer.status, 404, "{line}");
        assert!(
            answer.text().starts_with("modkeep MK1007: "),
            "{line}: {}",
            answer.text()
        );
    }
    let metrics = ask(server.address, "GET /metrics", &[]).await;
    let line = "modkeep_http_requests_total{kind=\"invalid\",outcome=\"4xx\",source=\"none\"} 13\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}

#[tokio::test]
async fn every_spelling_of_a_page_is_the_page() {
    let server = server().await;
    for line in [
        "GET /-/status",
        "GET //-//status",
        "GET /%2d/%73tatus",
        "GET /livez?x=y",
        "GET ///livez",
        "HEAD /-/client",
    ] {
        assert_eq!(ask(server.address, line, &[]).await.status, 200, "{line}");
    }
    for (line, allowed) in [
        ("POST /livez", "GET, HEAD"),
        ("DELETE /-/status", "GET, HEAD"),
        ("PUT /-/journal/key", "GET, HEAD"),
        ("GET /-/sums", "POST"),
        ("HEAD /-/vuln/examine", "POST"),
        ("GET /-/sumdb/sum.example.com/2026/echo", "POST"),
    ] {
        let answer = ask(server.address, line, &[]).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allowed)),
            "{line}"
        );
        let is_head = line.starts_with("HEAD");
        assert!(
            is_head || answer.text().starts_with("modkeep MK1004: "),
            "{line}"
        );
    }
}

#[tokio::test]
async fn the_document_describes_what_is_served() {
    let server = server().await;
    let answer = ask(server.address, "GET /-/openapi.json", &[]).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(document, serde_json::to_value(server::openapi()).unwrap());
    for (path, method) in [("/-/openapi.json", "get"), ("/-/sumdb/{name}/echo", "post")] {
        assert!(document["paths"][path][method].is_object(), "{path}");
    }
}

#[tokio::test]
async fn the_start_page_names_the_address_that_was_asked() {
    let answer = ask(server().await.address, "GET /", &[]).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .text()
            .contains("export GOPROXY=http://proxy.internal\n"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn metrics_count_requests_by_kind_outcome_and_source() {
    let server = server().await;
    for line in [
        "GET /example.com/x/@v/v1.0.0.zip",
        "GET /example.com/x/@v/v1.0.0.zip",
        "GET /nodot/@v/list",
    ] {
        ask(server.address, line, &[]).await;
    }
    let accept = ["Accept: application/openmetrics-text"];
    let answer = ask(server.address, "GET /metrics", &accept).await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    for line in [
        "modkeep_http_requests_total{kind=\"zip\",outcome=\"2xx\",source=\"store\"} 2\n",
        "modkeep_http_requests_total{kind=\"invalid\",outcome=\"4xx\",source=\"none\"} 1\n",
        "modkeep_http_first_byte_seconds_count{kind=\"zip\",temperature=\"warm\"} 2\n",
        "modkeep_http_requests_in_flight 1\n",
        "# UNIT modkeep_http_sent_bytes bytes\n",
        "# HELP modkeep_http_connections Connections open now.\n",
        "# EOF\n",
    ] {
        assert!(
            answer.text().contains(line),
            "{line} is not in\n{}",
            answer.text()
        );
    }
}
