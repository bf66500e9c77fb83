//! Who is answered: names, senders, and what operators alone may ask.

use crate::{
    frames::{self, DATA},
    site::{OWN_DATABASE, Site, module},
    wire::{ask, send},
};
use std::net::SocketAddr;
use testkit::fixture::Module;

const ZIP: &str = "GET /example.com/x/@v/v1.0.0.zip";

/// What operators alone may ask.
const OPERATORS: [&str; 6] = [
    "GET /-/status",
    "GET /-/cases",
    "GET /-/cases/7",
    "GET /-/requests/abc",
    "GET /-/journal/checkpoint",
    "POST /-/refresh/example.com/x",
];

async fn site() -> Site {
    Site::kept(10).await
}

/// A site with a module whose name must stay there, and a record of it in its own database.
async fn private_site() -> Site {
    let private = Module::new("private.example.com/x", "v1.0.0");
    let site = Site::over(&[module(10), private]).await;
    site.keep("example.com/x", "v1.0.0").await;
    site.keep("private.example.com/x", "v1.0.0").await;
    site
}

async fn status(address: SocketAddr, line: &str, headers: &[&str]) -> u16 {
    ask(address, line, headers).await.status
}

#[tokio::test]
async fn a_page_whose_name_points_here_reads_nothing() {
    let server = site().await.start();
    for path in ["/example.com/x/@v/v1.0.0.zip", "/-/journal/checkpoint", "/"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: evil.example.net\r\nConnection: close\r\n\r\n");
        let answer = send(server.address, request.as_bytes()).await;
        assert_eq!(answer.status, 421, "{path}");
        assert!(
            answer.text().starts_with("modkeep MK1009: "),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn names_that_are_listed_are_served() {
    let server = site().await.start_serving_hosts(&["goproxy.example.com"]);
    let request = "GET /livez HTTP/1.1\r\nHost: goproxy.example.com\r\nConnection: close\r\n\r\n";
    assert_eq!(send(server.address, request.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn other_sites_cannot_have_a_browser_ask() {
    let server = site().await.start();
    for headers in [
        &["Origin: http://evil.example.net"][..],
        &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
    ] {
        for line in [ZIP, "POST /-/refresh/example.com/x", "POST /-/prefetch"] {
            assert_eq!(
                status(server.address, line, headers).await,
                403,
                "{line} {headers:?}"
            );
        }
    }
    let none: [&str; 0] = [];
    assert_eq!(status(server.address, ZIP, &none).await, 200);
}

#[tokio::test]
async fn an_authority_of_http2_is_a_name_as_well() {
    let server = site().await.start();
    let mut socket = frames::connect(server.address).await;
    frames::get_from(&mut socket, 1, "/livez", "evil.example.net").await;
    let body = loop {
        let frame = frames::read(&mut socket).await;
        if frame.kind == DATA {
            break frame.payload;
        }
    };
    assert!(String::from_utf8_lossy(&body).contains("MK1009"));
}

#[tokio::test]
async fn no_answer_may_be_taken_for_another_type() {
    let server = site().await.start();
    for line in [ZIP, "GET /", "GET /nothing"] {
        let answer = ask(server.address, line, &[]).await;
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn operators_on_this_machine_are_answered_and_forwarded_requests_are_not() {
    let server = site().await.start();
    for line in OPERATORS {
        assert_ne!(status(server.address, line, &[]).await, 403, "{line}");
        let forwarded = ["X-Forwarded-For: 192.0.2.1"];
        let answer = ask(server.address, line, &forwarded).await;
        assert_eq!(answer.status, 403, "{line}");
        assert!(
            answer.text().starts_with("modkeep MK1011: "),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn with_an_address_of_their_own_operators_are_answered_nowhere_else() {
    let (server, admin) = site().await.start_with_admin();
    for line in OPERATORS {
        assert_eq!(status(server.address, line, &[]).await, 403, "{line}");
        assert_ne!(status(admin, line, &[]).await, 403, "{line}");
    }
    for line in ["POST /-/prefetch", ZIP, "GET /metrics", "GET /index"] {
        let length = ["Content-Length: 0"];
        assert_eq!(status(server.address, line, &length).await, 200, "{line}");
    }
}

/// The records of a checksum database of our own name every private module.
#[tokio::test]
async fn what_names_the_modules_of_others_is_for_operators_only() {
    let (server, admin) = private_site().await.start_with_admin();
    let entries = format!("GET /sumdb/{OWN_DATABASE}/tile/entries/000.p/1");
    assert_eq!(status(server.address, &entries, &[]).await, 403);
    assert_eq!(status(admin, &entries, &[]).await, 200);
    let hashes = format!("GET /sumdb/{OWN_DATABASE}/tile/0/000.p/1");
    assert_eq!(status(server.address, &hashes, &[]).await, 200);
}

#[tokio::test]
async fn the_index_names_private_modules_to_operators_only() {
    let server = private_site().await.start();
    let own = ask(server.address, "GET /index", &[]).await;
    assert!(own.text().contains("private.example.com"), "{}", own.text());
    let others = ask(server.address, "GET /index", &["Via: 1.1 x"]).await;
    assert!(
        others.text().contains("\"example.com/x\""),
        "{}",
        others.text()
    );
    assert!(
        !others.text().contains("private.example.com"),
        "{}",
        others.text()
    );
}
