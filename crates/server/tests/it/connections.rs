//! Clients that misbehave, and the limits that hold them. Time is paused: it jumps to the next
//! deadline as soon as nothing else can happen.

use crate::{
    site::{Running, Site, module},
    wire::{ask, rest, until},
};
use server::Limits;
use std::time::Duration;
use testkit::upstream::Kind;
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{Instant, pause, timeout},
};

const REQUEST: &[u8] = b"GET /example.com/x/@v/v1.0.0.zip HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server that has what is asked for.
async fn kept() -> Running {
    Site::kept(10).await.start()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_after_the_header_timeout() {
    let server = kept().await;
    pause();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let start = Instant::now();
    assert!(rest(&mut silent).await.is_empty());
    assert_eq!(
        start.elapsed().as_secs(),
        Limits::default().header_timeout.as_secs()
    );
}

#[tokio::test]
async fn a_slow_loris_is_cut_after_the_header_timeout_even_between_requests() {
    let server = kept().await;
    pause();
    let mut loris = TcpStream::connect(server.address).await.unwrap();
    loris.write_all(REQUEST).await.unwrap();
    until(&mut loris, "\r\n\r\n").await;
    let start = Instant::now();
    let drip = async {
        loop {
            if loris.write_all(b"G").await.is_err() {
                break;
            }
            tokio::time::sleep(seconds(1)).await;
        }
    };
    timeout(seconds(60), drip)
        .await
        .expect("the connection is cut within a minute");
    let limit = Limits::default().header_timeout.as_secs();
    assert!(
        (limit..limit + 3).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_idle_timeout() {
    let server = kept().await;
    pause();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    until(&mut idle, "\r\n\r\n").await;
    let start = Instant::now();
    rest(&mut idle).await;
    assert_eq!(
        start.elapsed().as_secs(),
        Limits::default().idle_timeout.as_secs()
    );
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_cut_after_the_stall_timeout() {
    const SIZE: usize = 32 << 20;
    let server = Site::kept(SIZE).await.start();
    // From now on it is at hand: nothing waits for another thread while time stands still.
    let line = "GET /example.com/x/@v/v1.0.0.zip";
    assert_eq!(ask(server.address, line, &[]).await.status, 200);
    pause();
    let mut dead = TcpStream::connect(server.address).await.unwrap();
    dead.write_all(REQUEST).await.unwrap();
    // The kernel's buffers fill up, then nothing moves: time jumps to the stall deadline, which
    // the sleeper's own deadline lies beyond.
    tokio::time::sleep(Limits::default().stall_timeout * 3).await;
    let received = rest(&mut dead).await;
    assert!(received.len() < SIZE, "{} bytes", received.len());
}

#[tokio::test]
async fn a_source_that_is_slow_is_not_the_clients_fault() {
    let site = Site::over(&[module(100_000)]).await;
    let _hold = site.upstream.hold_after(50_000, Kind::Zip);
    let server = site.start();
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    until(&mut client, "\r\n\r\nPK").await;
    pause();
    assert!(
        timeout(seconds(3600), rest(&mut client)).await.is_err(),
        "the connection was cut"
    );
}

#[tokio::test]
async fn beyond_the_limit_connections_wait_and_are_then_served() {
    let limits = Limits {
        max_connections: 2,
        ..Limits::default()
    };
    let server = Site::kept(10).await.start_with(limits);
    let first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    until(&mut second, "\r\n\r\n").await;
    let mut third = TcpStream::connect(server.address).await.unwrap();
    third.write_all(REQUEST).await.unwrap();
    drop(first);
    assert!(
        until(&mut third, "\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
}

#[tokio::test]
async fn many_idle_connections_do_not_keep_others_from_being_served() {
    let server = kept().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(
        ask(server.address, "GET /example.com/x/@v/v1.0.0.zip", &[])
            .await
            .status,
        200
    );
    let metrics = ask(server.address, "GET /metrics", &[]).await;
    assert!(
        metrics.text().contains("modkeep_http_connections 301\n"),
        "{}",
        metrics.text()
    );
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_as_cut() {
    let site = Site::over(&[module(10)]).await;
    let _hold = site.upstream.hold(Kind::Zip);
    let server = site.start();
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    let line = "modkeep_http_requests_in_flight 2\n";
    while !ask(server.address, "GET /metrics", &[])
        .await
        .text()
        .contains(line)
    {}
    drop(client);
    let line = "modkeep_http_requests_total{kind=\"zip\",outcome=\"cut\",source=\"none\"} 1\n";
    while !ask(server.address, "GET /metrics", &[])
        .await
        .text()
        .contains(line)
    {}
}

/// A limit of none would serve nobody; the largest number is more than a semaphore holds.
#[tokio::test]
async fn any_limit_of_connections_serves_and_stops() {
    for max_connections in [0, usize::MAX] {
        let limits = Limits {
            max_connections,
            ..Limits::default()
        };
        let mut server = Site::kept(10).await.start_with(limits);
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(REQUEST).await.unwrap();
        let answered = timeout(seconds(10), until(&mut client, "\r\n\r\n")).await;
        assert!(answered.is_ok(), "at most {max_connections}");
        server.stop();
        assert_eq!(server.stopped().await.cut, 0);
    }
}

/// As `nc -N` and some health checks do: the request is sent, and the sending side is ended.
#[tokio::test]
async fn a_client_that_ends_its_side_gets_its_answer() {
    let site = Site::over(&[module(10)]).await;
    let hold = site.upstream.hold(Kind::Zip);
    let server = site.start();
    let requests = &server.site.requests;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    requests.began.notified().await;
    client.shutdown().await.unwrap();
    let given_up = timeout(seconds(1), requests.ended.notified()).await;
    assert!(given_up.is_err(), "nobody works on its answer any more");
    hold.release();
    let answer = timeout(seconds(20), rest(&mut client)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    // An interim answer, by which a client that is gone would be found out, may stand before it.
    let is_answered = answer
        .split("\r\n\r\n")
        .any(|head| head.starts_with("HTTP/1.1 200 "));
    assert!(is_answered, "{answer}");
}

#[tokio::test]
async fn two_requests_before_the_end_of_a_side_are_both_answered() {
    let server = kept().await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(&REQUEST.repeat(2)).await.unwrap();
    client.shutdown().await.unwrap();
    let answers = timeout(seconds(20), rest(&mut client)).await.unwrap();
    let answers = String::from_utf8_lossy(&answers)
        .matches("HTTP/1.1 200 ")
        .count();
    assert_eq!(answers, 2);
}

#[tokio::test]
async fn a_resting_connection_whose_client_ends_its_side_is_closed_at_once() {
    let server = kept().await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    until(&mut client, "\r\n\r\n").await;
    client.shutdown().await.unwrap();
    // Long before the idle timeout.
    timeout(seconds(20), rest(&mut client)).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_not_whole_when_a_side_ends_is_not_waited_for() {
    let server = kept().await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    let head = b"POST /-/sums HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf";
    client.write_all(head).await.unwrap();
    client.shutdown().await.unwrap();
    timeout(seconds(8), rest(&mut client)).await.unwrap();
}

/// The time here is the kernel's own: its answer to an interim answer.
#[tokio::test]
async fn a_client_that_is_gone_before_its_answer_is_found_out() {
    let site = Site::over(&[module(10)]).await;
    let _hold = site.upstream.hold(Kind::Zip);
    let server = site.start();
    let requests = &server.site.requests;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    requests.began.notified().await;
    drop(client);
    let left = timeout(seconds(8), requests.ended.notified()).await;
    left.expect("nobody works for a client that is gone");
}
