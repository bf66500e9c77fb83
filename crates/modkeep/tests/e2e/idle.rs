//! Ten thousand connections that say nothing.

use std::net::TcpStream;
use std::time::Duration;

use testkit::client;
use testkit::go::Go;

use crate::site::{Site, module, url};

const CONNECTIONS: u64 = 10_000;
/// Files that this process and the server hold besides: pipes, other tests' sockets, blobs.
const OTHER_FILES: u64 = 2_000;
/// What one idle connection may cost the server, in KiB: a socket's state and a small buffer.
/// Ten thousand of them stay at a size that the smallest machine does not notice.
const KIB_EACH: u64 = 32;

#[test]
fn ten_thousand_idle_connections_are_not_noticed_by_the_others() {
    let limit = rlimit::increase_nofile_limit(CONNECTIONS + OTHER_FILES).unwrap();
    if limit < CONNECTIONS + OTHER_FILES {
        testkit::skip::because(&format!(
            "this machine allows {limit} open files, {CONNECTIONS} connections need more"
        ));
        return;
    }
    let site = Site::with(&[module("a", 100_000)]);
    site.keep("example.com/a", "v1.0.0");
    let before = site.server.resident_kib();
    let idle: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            TcpStream::connect_timeout(&site.server.address(), Duration::from_secs(30)).unwrap()
        })
        .collect();

    for kind in ["info", "mod", "zip"] {
        let answer = client::get(site.server.address(), &url("a", kind)).unwrap();
        assert!(answer.is_whole(), "{kind}");
    }
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
    let grown = site.server.resident_kib().saturating_sub(before);
    println!("{} idle connections cost {grown} KiB", idle.len());
    assert!(
        grown < CONNECTIONS * KIB_EACH,
        "resident memory grew by {grown} KiB"
    );
}
