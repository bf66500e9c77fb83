//! Health, metrics, index, administration, the start page.

use crate::{
    fake::{Fake, artifact, blob},
    wire::ask,
};

fn server() -> crate::fake::Running {
    Fake::serving(|| artifact(blob(10).1)).start()
}

#[tokio::test]
async fn health_pages_say_how_it_is() {
    let server = server();
    let live = ask(server.address, "GET /livez", &[]).await;
    assert_eq!((live.status, live.text()), (200, "alive\n"));
    let ready = ask(server.address, "GET /readyz", &[]).await;
    assert_eq!(
        (ready.status, ready.text()),
        (200, "ready\ndegraded: no source answers\n")
    );
    assert_eq!(ready.header("cache-control"), Some("no-store"));
}

/// Field names and shapes are promises; docs/status.md describes them.
#[tokio::test]
async fn the_status_is_json_whose_fields_stay() {
    let answer = ask(server().address, "GET /-/status", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let status: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
    let expected = serde_json::json!({
        "version": "1.2.3",
        "uptime_seconds": 60,
        "store": {
            "captures": 12, "blobs": 11, "bytes": 3000, "writable": false, "last_error": "MK3002",
            "disk_free_bytes": null, "disk_reserve_bytes": null, "disk_reserve_reached": false,
        },
        "verification": {
            "mode": "required", "database": "sum.example.com", "tree_size": 7, "halted": false,
        },
        "scrub": {
            "period_seconds": 604_800,
            "cpu_percent": 5,
            "pass": {
                "started": "2026-01-02T15:04:05Z", "progress": 0.5,
                "blobs": 0, "bytes": 0, "damaged": 0, "healed": 0, "quarantined": 0,
            },
            "last_full_pass": {
                "started": "2026-01-01T00:00:00Z", "ended": "2026-01-02T00:00:00Z",
                "blobs": 10, "bytes": 2000, "damaged": 3, "healed": 2, "quarantined": 1,
            },
        },
        "breakers": [{
            "upstream": "https://proxy.example.com", "class": "zip", "state": "open",
            "why": "it answered 503",
        }],
    });
    assert_eq!(status, expected);
    let refused = ask(server().address, "POST /-/status", &[]).await;
    assert_eq!(refused.status, 405);
}

#[tokio::test]
async fn the_index_is_newline_json() {
    let server = server();
    let answer = ask(
        server.address,
        "GET /index?since=2026-01-02T15:04:05Z&limit=3",
        &[],
    )
    .await;
    let line = r#"{"Path":"example.com/x","Version":"v1.0.3","Timestamp":"2026-01-02T15:04:05Z"}"#;
    let private = line.replace("example.com", "private.example.com");
    assert_eq!(
        (answer.status, answer.text()),
        (200, format!("{line}\n{private}\n{line}\n").as_str())
    );
    assert_eq!(
        ask(server.address, "GET /index?limit=x", &[]).await.status,
        400
    );
}

#[tokio::test]
async fn refresh_says_how_much_was_forgotten() {
    let answer = ask(
        server().address,
        "POST /-/refresh/example.com/!x",
        &["Content-Length: 2", "\r\n{}"],
    )
    .await;
    assert_eq!((answer.status, answer.text()), (200, "forgotten: 13\n"));
}

#[tokio::test]
async fn the_start_page_names_the_address_that_was_asked() {
    let answer = ask(server().address, "GET /", &[]).await;
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
    let server = server();
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
