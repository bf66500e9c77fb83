//! What strangers send: malformed paths, oversize requests, bytes that are no HTTP, clients that
//! are slow on purpose. Each gets a clear error or a closed connection; no upstream is asked, no
//! memory is lost, and nobody else notices.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::Duration;

use testkit::client::{self, PATIENCE};
use testkit::fixture::Corpus;
use testkit::noise;
use testkit::oracle::Seed;

use crate::site::{Site, assert_readable, assert_refusal, module, url};

/// Resident memory that may be gained by all the bad input of one test, in KiB.
const MEMORY_LIMIT: u64 = 64 << 10;

fn kept() -> Site {
    let site = Site::with(&[module("a", 50_000)]);
    site.keep("example.com/a", "v1.0.0");
    site
}

#[test]
fn malformed_paths_are_refused_by_name_and_nobody_is_asked() {
    let site = Site::new(Corpus::new());
    for (path, status, code) in [
        ("/example.com/A/@v/list", 400, "MK1001"),
        ("/example.com/!A/@v/list", 400, "MK1001"),
        ("/example.com/!/@v/list", 400, "MK1001"),
        ("/example.com/a!/@v/list", 400, "MK1001"),
        ("/example.com/!!a/@v/list", 400, "MK1001"),
        ("/example.com/a/@v/v1.0.0-RC1.info", 400, "MK1001"),
        ("/../../etc/passwd", 400, "MK1001"),
        ("/example.com/../a/@v/list", 400, "MK1001"),
        ("/example.com/%2e%2e/a/@v/list", 400, "MK1001"),
        ("/example.com/a/@v/..%2f..%2fx.zip", 400, "MK1001"),
        ("/example.com/a%2Fb/@v/list", 400, "MK1001"),
        ("/example.com/a%5Cb/@v/list", 404, "MK1002"),
        ("/example.com/a%00b/@v/list", 400, "MK1001"),
        ("/example.com/a/@v/v1.0.0%00.info", 400, "MK1001"),
        ("/example.com/a%zz/@v/list", 400, "MK1001"),
        ("/example.com/a%/@v/list", 400, "MK1001"),
        ("/example.com/a%4/@v/list", 400, "MK1001"),
        ("/example.com/%ff%fe/@v/list", 400, "MK1001"),
        ("/example.com/a/@v/list/", 400, "MK1001"),
        ("/example.com/a/@v/v1.0.0.exe", 400, "MK1001"),
        ("/example.com/a/@v/.info", 400, "MK1001"),
        ("/example.com/a/@v/", 400, "MK1001"),
        ("/nodot/@v/list", 404, "MK1002"),
        ("/-example.com/a/@v/list", 404, "MK1002"),
        ("/example.com/a/v1/@v/list", 404, "MK1002"),
        ("/example.com/a/v02/@v/list", 404, "MK1002"),
        ("/example.com/con/@v/list", 404, "MK1002"),
        ("/example.com/a~1/@v/list", 404, "MK1002"),
        ("/example.com/.a/@v/list", 404, "MK1002"),
        ("/example.com/%C3%A4/@v/list", 404, "MK1002"),
        ("/example.com/a%2525/@v/list", 404, "MK1002"),
        ("/example.com/a/@v/v1.mod", 404, "MK1003"),
        ("/example.com/a/@v/v1.0.0+meta.zip", 404, "MK1003"),
        ("/example.com/a/@v/v2.0.0.mod", 404, "MK1003"),
        ("/example.com/a/v2/@v/v1.0.0.zip", 404, "MK1003"),
        ("/example.com/a/@v/v01.0.0.zip", 404, "MK1003"),
        ("/favicon.ico", 404, "MK1007"),
        ("/example.com/a", 404, "MK1007"),
        ("/-/no-such-thing", 404, "MK1007"),
    ] {
        println!("{path}");
        assert_refusal(&site.server.get(path), status, code);
    }
    site.upstream.assert_untouched();
}

#[test]
fn percent_escapes_of_ordinary_letters_mean_the_letters() {
    let site = kept();
    assert!(site.server.get("/example.com/%61/@v/v1.0.0.zip").is_whole());
    assert!(
        site.server
            .get("/example%2ecom/a/%40v/v1%2E0.0.zip")
            .is_whole()
    );
    site.upstream.assert_untouched();
}

#[test]
fn oversize_requests_are_refused_and_cost_nothing() {
    let site = kept();
    let before = site.server.resident_kib();
    for length in [3_000, 20_000] {
        let long = format!("/example.com/{}/@v/list", "a".repeat(length));
        let answer = site.server.get(&long);
        assert!(
            matches!(answer.status, 413 | 414),
            "{}: {}",
            length,
            answer.status
        );
        assert_readable(&answer);
    }
    for head in [
        format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(1 << 20)),
        format!(
            "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
            "a".repeat(1 << 20)
        ),
        format!(
            "GET / HTTP/1.1\r\nhost: a\r\n{}\r\n",
            "x: y\r\n".repeat(1000)
        ),
    ] {
        refused_or_closed(&site, head.as_bytes(), "an oversize head");
    }
    let body = format!(
        "POST /-/refresh/example.com/a HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n{}",
        "x".repeat(100_000)
    );
    refused_or_closed(&site, body.as_bytes(), "an oversize body");
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let chunked = format!(
        "POST /-/refresh/example.com/a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{}",
        chunk.repeat(64)
    );
    answered_or_closed(&site, chunked.as_bytes(), "an endless body");
    unharmed(&site, before);
}

#[test]
fn what_is_no_http_is_refused_or_hung_up_on() {
    let site = kept();
    let before = site.server.resident_kib();
    let cases: [&[u8]; 15] = [
        b"hello\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: a\r\n\r\n",
        b"GET /a b c HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /\xff\xfe/@v/list HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon here\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx\0y: z\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"CONNECT example.com:443 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    for case in cases {
        refused_or_closed(&site, case, &String::from_utf8_lossy(case));
    }
    unharmed(&site, before);
}

#[test]
fn a_smuggled_second_request_is_not_answered() {
    let site = kept();
    let both = b"GET /livez HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled.example.com/x/@v/list HTTP/1.1\r\nhost: a\r\n\r\n";
    let _refused = client::exchange(site.server.address(), both, Duration::from_secs(5));
    site.upstream.assert_untouched();
}

#[test]
fn seeded_noise_in_paths_never_kills_the_server() {
    let site = kept();
    let before = site.server.resident_kib();
    let mut seed = Seed::new(20);
    let pieces = [
        "example.com",
        "a",
        "@v",
        "list",
        "v1.0.0.info",
        "@latest",
        "sumdb",
        "..",
        ".",
        "",
        "!a",
        "A",
        "%2e",
        "%00",
        "%2f",
        "%",
        "cached-only",
        "-",
        "refresh",
        "supported",
        "lookup",
        "tile",
        "8",
        "index?since=",
        "\u{e4}",
        "v1.0.0.zip",
        "x@v1.0.0",
    ];
    for _ in 0..2000 {
        let count = 1 + seed.below(7);
        let chosen: Vec<&str> = (0..count).map(|_| *seed.pick(&pieces)).collect();
        let path = format!("/{}", chosen.join("/"));
        let answer = client::get(site.server.address(), &path).unwrap();
        let known = matches!(answer.status, 200 | 400 | 404 | 405 | 413);
        assert!(known, "{path}: {} {}", answer.status, answer.text());
        if answer.status != 200 {
            assert!(
                answer
                    .header("content-type")
                    .unwrap()
                    .starts_with("text/plain"),
                "{path}"
            );
        }
    }
    for round in 0..200 {
        let mut bytes = b"GET /".to_vec();
        bytes.extend(noise::bytes(round, 200));
        bytes.extend(b" HTTP/1.1\r\nhost: a\r\n\r\n");
        answered_or_closed(&site, &bytes, "noise");
    }
    unharmed(&site, before);
}

#[test]
fn a_slow_loris_is_hung_up_on_while_others_are_served() {
    let site = Site::with_options(&[module("a", 10)], &["--client-header-timeout", "3s"]);
    let pending = client::open(site.server.address(), b"GET / HTTP/1.1\r\n", PATIENCE).unwrap();
    let mut stream = pending.into_stream();
    stream
        .set_read_timeout(Some(Duration::from_millis(250)))
        .unwrap();
    // One byte four times a second: 240 of them are a minute, many times the deadline.
    let mut sent = 0;
    let ended = (0..240).any(|_| {
        assert!(site.server.get(&url("a", "info")).is_whole());
        sent += 1;
        stream.write_all(b"x").is_err() || !is_waiting(stream.read(&mut [0; 1024]))
    });
    assert!(ended, "a header was waited for for a minute");
    println!("hung up after {sent} bytes");
}

fn is_waiting(read: std::io::Result<usize>) -> bool {
    read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn a_client_that_does_not_read_does_not_stop_the_others() {
    let site = Site::with(&[module("big", 24 << 20)]);
    let idle: Vec<_> = (0..20)
        .map(|_| client::start(site.server.address(), &url("big", "zip")).unwrap())
        .collect();
    assert!(site.server.get(&url("big", "zip")).is_whole());
    assert!(site.server.get(&url("big", "mod")).is_whole());
    assert_eq!(site.upstream.count(testkit::upstream::Kind::Zip), 1);
    drop(idle);
}

/// Claims an answer of 4xx (or 5xx for a method or version unknown to us), or a closed connection.
#[track_caller]
fn refused_or_closed(site: &Site, bytes: &[u8], what: &str) {
    match client::exchange(site.server.address(), bytes, PATIENCE) {
        Ok(answer) => assert!((400..=505).contains(&answer.status), "{what}: {answer:?}"),
        Err(error) => assert_hung_up(&error, what),
    }
}

/// Claims any answer, or a closed connection; not silence.
#[track_caller]
fn answered_or_closed(site: &Site, bytes: &[u8], what: &str) {
    if let Err(error) = client::exchange(site.server.address(), bytes, PATIENCE) {
        assert_hung_up(&error, what);
    }
}

#[track_caller]
fn assert_hung_up(error: &std::io::Error, what: &str) {
    let hung_up = matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
            | ErrorKind::InvalidData
    );
    assert!(hung_up, "{what}: {error:?}");
}

/// Claims that the server serves as before, asked nobody, and gained no memory worth naming.
#[track_caller]
fn unharmed(site: &Site, resident_before: u64) {
    assert!(site.server.get(&url("a", "zip")).is_whole());
    let asked = site.upstream.paths();
    let strange = asked
        .iter()
        .find(|path| path.contains("..") || path.contains('\0'));
    assert_eq!(strange, None);
    let grown = site.server.resident_kib().saturating_sub(resident_before);
    assert!(grown < MEMORY_LIMIT, "resident memory grew by {grown} KiB");
}

#[test]
fn clients_that_vanish_leave_no_files_open() {
    let site = Site::with(&[module("a", 2 << 20), module("cold", 2 << 20)]);
    site.keep("example.com/a", "v1.0.0");
    let before = open_files(&site);
    for round in 0..300 {
        let name = if round % 3 == 0 { "cold" } else { "a" };
        let request = format!("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", url(name, "zip"));
        drop(client::open(site.server.address(), request.as_bytes(), PATIENCE).unwrap());
    }
    assert!(site.server.get(&url("cold", "zip")).is_whole());
    // Whether a client that ended its side is gone or waits is found out within a second.
    crate::site::wait_until(|| {
        assert!(site.server.get(&url("a", "info")).is_whole());
        open_files(&site) <= before + 20
    });
    assert_eq!(
        site.upstream.count_path("example.com/cold/@v/v1.0.0.zip"),
        1
    );
}

fn open_files(site: &Site) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", site.server.pid()))
        .unwrap()
        .count()
}
