//! Each fault, seen by a client that hides nothing.

use std::io::{ErrorKind, Read as _};
use std::thread;
use std::time::Duration;

use testkit::client::{self, PATIENCE};
use testkit::fixture::{Corpus, Module};
use testkit::upstream::{FakeUpstream, Fault, Kind, Outcome, Target};

const ZIP: &str = "example.com/a/@v/v1.0.0.zip";

fn module() -> Module {
    Module::new("example.com/a", "v1.0.0").noise(1, 100_000)
}

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&module()))
}

fn get(upstream: &FakeUpstream) -> client::Answer {
    client::get(upstream.address(), &format!("/{ZIP}")).unwrap()
}

/// Blocks until the last request has this outcome; the client sees an end before the server
/// has written it down.
fn settled(upstream: &FakeUpstream, outcome: Outcome) -> bool {
    (0..1000).any(|_| {
        thread::yield_now();
        client::get(upstream.address(), "/settle").unwrap();
        let asked = upstream.asked();
        asked
            .iter()
            .any(|asked| asked.path == ZIP && asked.outcome == outcome)
    })
}

#[test]
fn what_it_has_comes_whole_and_is_counted() {
    let upstream = upstream();
    let answer = get(&upstream);
    assert!(answer.is_whole());
    assert_eq!(answer.body, module().zip());
    assert_eq!(
        (upstream.count(Kind::Zip), upstream.count(Kind::Mod)),
        (1, 0)
    );
    assert_eq!(upstream.count_path(ZIP), 1);
    assert!(settled(&upstream, Outcome::Sent));
    upstream.forget();
    upstream.assert_untouched();
}

#[test]
fn what_it_lacks_is_404_and_the_connection_serves_on() {
    let upstream = upstream();
    let two = format!("GET /nothing HTTP/1.1\r\n\r\nGET /{ZIP} HTTP/1.1\r\n\r\n");
    let pending = client::open(upstream.address(), two.as_bytes(), PATIENCE).unwrap();
    let mut stream = pending.into_stream();
    let mut answers = Vec::new();
    while !answers.ends_with(&module().zip()) {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).unwrap();
        assert_ne!(length, 0, "the connection closed");
        answers.extend_from_slice(&piece[..length]);
    }
    assert!(answers.starts_with(b"HTTP/1.1 404 Not Found\r\n"));
    assert_eq!(upstream.asked()[0].path, "nothing");
}

#[test]
fn a_cut_body_is_seen_as_torn() {
    let upstream = upstream();
    for fault in [
        Fault::Cut { after: 1000 },
        Fault::CutChunked { after: 1000 },
    ] {
        upstream.first(1, Kind::Zip, fault);
        let answer = get(&upstream);
        assert_eq!((answer.status, answer.complete), (200, false));
        assert_eq!(answer.body, module().zip()[..1000]);
        assert!(get(&upstream).is_whole());
    }
}

#[test]
fn chunks_and_slow_pieces_arrive_whole() {
    let upstream = upstream();
    let pause = Duration::from_millis(1);
    for fault in [
        Fault::Chunked { chunk: 7000 },
        Fault::Slow {
            chunk: 50_000,
            pause,
        },
        Fault::Delay(pause),
    ] {
        upstream.first(1, Target::Any, fault);
        assert_eq!(get(&upstream).body, module().zip());
    }
}

#[test]
fn a_stall_and_a_hang_are_silent_until_the_client_leaves() {
    let upstream = upstream();
    let short = Duration::from_millis(200);
    let request = format!("GET /{ZIP} HTTP/1.1\r\n\r\n");
    upstream.always(Kind::Zip, Fault::Stall { after: 10 });
    let answer = client::exchange(upstream.address(), request.as_bytes(), short).unwrap();
    assert_eq!((answer.body.len(), answer.complete), (10, false));
    assert!(settled(&upstream, Outcome::Left));

    upstream.always(Kind::Zip, Fault::Hang);
    let error = client::exchange(upstream.address(), request.as_bytes(), short).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_cut_header_and_a_reset_give_no_answer() {
    let upstream = upstream();
    upstream.first(1, Target::Any, Fault::CutHeader);
    let cut = client::get(upstream.address(), "/x").unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::UnexpectedEof);
    upstream.first(1, Target::Any, Fault::Reset);
    let reset = client::get(upstream.address(), "/x").unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_status_a_redirect_and_a_page_come_as_planned() {
    let upstream = upstream();
    upstream.nth(1, Target::Any, Fault::text(451, "no"));
    upstream.nth(2, Target::Any, Fault::redirect("/elsewhere"));
    upstream.nth(3, Target::Any, Fault::login_page());
    let refused = get(&upstream);
    assert_eq!((refused.status, refused.text().as_str()), (451, "no"));
    let moved = get(&upstream);
    assert_eq!(
        (moved.status, moved.header("location")),
        (302, Some("/elsewhere"))
    );
    let page = get(&upstream);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[test]
fn a_body_can_be_tampered_with_and_its_length_can_lie() {
    let upstream = upstream();
    upstream.first(1, Target::Any, Fault::tamper(|body| body[1..].to_vec()));
    let tampered = get(&upstream);
    assert!(tampered.is_whole());
    assert_eq!(tampered.body, module().zip()[1..]);
    upstream.first(1, Target::Any, Fault::Length { declared: 1 << 20 });
    assert!(!get(&upstream).complete);
}

#[test]
fn a_hold_keeps_requests_until_released() {
    let upstream = upstream();
    let hold = upstream.hold_after(5, Kind::Zip);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..3).map(|_| scope.spawn(|| get(&upstream))).collect();
        hold.wait_for(3);
        assert_eq!(hold.held(), 3);
        assert!(clients.iter().all(|client| !client.is_finished()));
        hold.release();
        for client in clients {
            assert!(client.join().unwrap().is_whole());
        }
    });
}

#[test]
fn refusing_breaks_what_is_under_way_and_accepting_brings_it_back() {
    let upstream = upstream();
    upstream.always(Kind::Zip, Fault::Stall { after: 10 });
    let mut reading = client::start(upstream.address(), &format!("/{ZIP}")).unwrap();
    assert_eq!(reading.at_least(10).len(), 10);
    upstream.refuse();
    assert!(!reading.finish().complete);
    let refused = client::get(upstream.address(), "/x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    upstream.accept();
    upstream.heal();
    assert!(get(&upstream).is_whole());
}

#[test]
fn latency_delays_every_answer() {
    let upstream = upstream();
    upstream.latency(Duration::from_millis(50));
    let request = format!("GET /{ZIP} HTTP/1.1\r\n\r\n");
    let early = Duration::from_millis(10);
    assert!(client::exchange(upstream.address(), request.as_bytes(), early).is_err());
    assert!(get(&upstream).is_whole());
}

#[test]
fn a_delayed_head_comes_too() {
    let upstream = upstream();
    upstream.always(Target::Any, Fault::Delay(Duration::from_millis(1)));
    let answer = client::request(upstream.address(), "HEAD", &format!("/{ZIP}"), &[]).unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}
