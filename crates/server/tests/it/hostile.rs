//! Clients that take what they are given and give nothing back: unread streams, idle seats, lists.
//! What each holds here is counted where it is read into memory.

use crate::{
    blobs::{CountingBlobs, HeldBytes},
    frames::{self, DATA, GOAWAY, HEADERS, PING, RST_STREAM, WINDOW_UPDATE},
    site::{Running, Site, module},
    wire::{ask, rest, until},
};
use server::Limits;
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};
use testkit::upstream::Kind;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    time::{pause, timeout},
};

const ZIP: &str = "/example.com/x/@v/v1.0.0.zip";
const REQUEST: &[u8] = b"GET /example.com/x/@v/v1.0.0.zip HTTP/1.1\r\nHost: x\r\n\r\n";
/// More than the kernel buffers of a connection that nobody reads.
const SIZE: usize = (24 << 20) + (512 << 10);

async fn serving(limits: Limits) -> (Running, Arc<HeldBytes>) {
    let blobs = CountingBlobs::default();
    let held = Arc::clone(&blobs.held);
    let site = Site::kept_in(SIZE, Arc::new(blobs)).await;
    held.begin();
    (site.start_with(limits), held)
}

/// A server that has what is asked for.
async fn kept(limits: Limits) -> Running {
    Site::kept(10).await.start_with(limits)
}

/// A connection from one of the many addresses of the loopback network.
async fn connect_from(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

#[tokio::test]
async fn a_stream_whose_window_is_closed_costs_no_memory() {
    let (server, held) = serving(Limits::default()).await;
    let mut socket = frames::connect_with_window(server.address, 1).await;
    for stream in 0..10 {
        frames::get(&mut socket, 1 + 2 * stream, ZIP).await;
    }
    for _ in 0..10 {
        while frames::read(&mut socket).await.kind != DATA {}
    }
    let read = held.read.load(SeqCst);
    assert!(read <= 20, "a byte for each window, and one ahead: {read}");
}

#[tokio::test]
async fn pings_and_single_bytes_do_not_keep_a_stream_that_nobody_reads() {
    let (server, held) = serving(Limits::default()).await;
    let mut socket = frames::connect_with_window(server.address, 1).await;
    frames::get(&mut socket, 1, ZIP).await;
    while frames::read(&mut socket).await.kind != DATA {}
    pause();
    let start = tokio::time::Instant::now();
    let reset = loop {
        match timeout(Duration::from_secs(2), frames::read(&mut socket)).await {
            Ok(frame) if frame.kind == RST_STREAM => break frame,
            Ok(_) => {}
            Err(_) => {
                frames::write(&mut socket, PING, 0, 0, &[0; 8]).await;
                frames::write(&mut socket, WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes()).await;
            }
        }
    };
    let took = start.elapsed();
    assert_eq!(reset.stream, 1);
    let patience = Limits::default().stall_timeout;
    assert!(
        (patience..patience * 2).contains(&took),
        "reset after {took:?}"
    );
    assert!(held.read.load(SeqCst) < 100);
    frames::get(&mut socket, 3, "/livez").await;
    let answered = loop {
        let frame = frames::read(&mut socket).await;
        if frame.kind == HEADERS || frame.kind == GOAWAY {
            break frame;
        }
    };
    assert_eq!(
        (answered.kind, answered.stream),
        (HEADERS, 3),
        "other streams of the connection go on"
    );
}

#[tokio::test]
async fn readers_that_stop_hold_no_more_than_their_callers_share_and_others_are_served() {
    let limits = Limits {
        answer_memory: 4 << 20,
        ..Limits::default()
    };
    let (server, held) = serving(limits).await;
    let mut idle = Vec::new();
    for _ in 0..64 {
        let mut socket = connect_from("127.0.0.2", server.address).await;
        socket.write_all(REQUEST).await.unwrap();
        until(&mut socket, "\r\n\r\n").await;
        idle.push(socket);
    }
    let mut other = connect_from("127.0.0.3", server.address).await;
    other
        .write_all(b"GET /example.com/x/@v/v1.0.0.zip HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1048575\r\n\r\n")
        .await
        .unwrap();
    let mut whole = 0;
    while whole < 1 << 20 {
        let mut piece = vec![0; 64 * 1024];
        let read = tokio::io::AsyncReadExt::read(&mut other, &mut piece);
        let read = timeout(Duration::from_secs(30), read).await;
        whole += read.expect("another caller waits for nobody").unwrap();
    }
    let most = held.most.load(SeqCst);
    assert!(most <= 2 * (1 << 20), "{most} bytes were held");
}

#[tokio::test]
async fn while_others_wait_for_memory_a_reader_that_stops_is_cut_early() {
    let limits = Limits {
        answer_memory: 64 << 10,
        ..Limits::default()
    };
    let server = Site::kept(SIZE).await.start_with(limits);
    // From now on it is at hand: nothing waits for another thread while time stands still.
    let line = format!("GET {ZIP}");
    assert_eq!(ask(server.address, &line, &[]).await.status, 200);
    pause();
    let mut stopped = connect_from("127.0.0.2", server.address).await;
    stopped.write_all(REQUEST).await.unwrap();
    let start = tokio::time::Instant::now();
    let mut waiting = connect_from("127.0.0.2", server.address).await;
    waiting.write_all(REQUEST).await.unwrap();
    let both = async { tokio::join!(rest(&mut stopped), tokio::time::sleep(limits.stall_timeout)) };
    drop(timeout(limits.stall_timeout / 2, both).await);
    let line = "modkeep_http_connections_cut_total{reason=\"the client takes too few bytes\"} ";
    let cut = loop {
        let page = ask(server.address, "GET /metrics", &[]).await;
        let count = page
            .text()
            .split(line)
            .nth(1)
            .and_then(|rest| rest.lines().next());
        if count.is_some_and(|count| count != "0") {
            break start.elapsed();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert!(cut < limits.stall_timeout, "cut after {cut:?}");
}

#[tokio::test]
async fn idle_connections_on_every_seat_make_room_for_others_at_once() {
    const SEATS: usize = 8;
    let limits = Limits {
        max_connections: SEATS,
        ..Limits::default()
    };
    let server = kept(limits).await;
    pause();
    let mut idle = Vec::new();
    for at in 0..SEATS {
        let from = if at < SEATS / 2 + 1 {
            "127.0.0.2"
        } else {
            "127.0.0.3"
        };
        let mut socket = connect_from(from, server.address).await;
        socket.write_all(REQUEST).await.unwrap();
        until(&mut socket, "\r\n\r\n").await;
        idle.push(socket);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let start = tokio::time::Instant::now();
    assert_eq!(
        ask(server.address, &format!("GET {ZIP}"), &[]).await.status,
        200
    );
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "after {:?}",
        start.elapsed()
    );
    // The one that rested longest is gone, the youngest is there.
    assert!(rest(&mut idle[0]).await.is_empty());
    let youngest = idle.last_mut().unwrap();
    youngest.write_all(REQUEST).await.unwrap();
    assert!(
        until(youngest, "\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
}

#[tokio::test]
async fn one_caller_never_has_all_seats() {
    let limits = Limits {
        max_connections: 8,
        ..Limits::default()
    };
    let site = Site::over(&[module(10)]).await;
    let _hold = site.upstream.hold(Kind::Zip);
    let server = site.start_with(limits);
    pause();
    let mut busy = Vec::new();
    for _ in 0..7 {
        let mut socket = connect_from("127.0.0.2", server.address).await;
        socket.write_all(REQUEST).await.unwrap();
        busy.push(socket);
    }
    // Six of eight are one caller's share; the seventh is refused while all six are busy.
    assert!(rest(&mut busy[6]).await.is_empty());
    assert_eq!(ask(server.address, "GET /livez", &[]).await.status, 200);
}

#[tokio::test]
async fn lists_beyond_a_callers_share_are_429_with_a_time() {
    let limits = Limits {
        posted_lists: 8,
        ..Limits::default()
    };
    let server = kept(limits).await;
    pause();
    let head = b"POST /-/prefetch HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
    let mut halves = Vec::new();
    for _ in 0..3 {
        let mut socket = connect_from("127.0.0.2", server.address).await;
        socket.write_all(head).await.unwrap();
        halves.push(socket);
    }
    // Two of eight are one caller's share. Which of the three is refused is not known.
    let answers = halves
        .iter_mut()
        .map(|socket| Box::pin(until(socket, "\r\n\r\n")));
    let (answer, ..) = futures_util::future::select_all(answers).await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    assert!(
        answer
            .to_ascii_lowercase()
            .contains("\r\nretry-after: 5\r\n"),
        "{answer}"
    );
    let other = ask(server.address, "POST /-/prefetch", &["Content-Length: 0"]);
    assert_eq!(other.await.status, 200, "another caller has its own share");
}

#[tokio::test]
async fn bytes_of_a_list_are_charged_as_they_come() {
    let limits = Limits {
        posted_memory: 8 << 20,
        ..Limits::default()
    };
    let server = kept(limits).await;
    // A fourth of 8 MiB, an eighth of it for bytes: 256 KiB.
    let head = b"POST /-/prefetch HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n";
    let mut socket = connect_from("127.0.0.2", server.address).await;
    socket.write_all(head).await.unwrap();
    let mut other = connect_from("127.0.0.2", server.address).await;
    other.write_all(head).await.unwrap();
    other.write_all(&vec![b'\n'; 300_000]).await.unwrap();
    let answer = until(&mut other, "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    // The other announced as much and sent nothing: it costs nothing, and is read when it comes.
    drop(other);
    let body = vec![b'\n'; 200_000];
    socket.write_all(&body).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_asks_for_nothing_but_what_is_refused_waits_and_others_do_not() {
    const AT_ONCE: u32 = 10;
    let limits = Limits {
        refusals_at_once: AT_ONCE,
        refusal_every: Duration::from_hours(1),
        ..Limits::default()
    };
    let server = kept(limits).await;
    pause();
    let mut flood = connect_from("127.0.0.2", server.address).await;
    let refused = b"GET /no/such/page HTTP/1.1\r\nHost: x\r\n\r\n";
    for _ in 0..AT_ONCE {
        flood.write_all(refused).await.unwrap();
        let answer = until(&mut flood, "\r\n\r\n").await;
        assert!(answer.contains("HTTP/1.1 404 "), "{answer}");
    }
    assert_eq!(delayed(server.address).await, "0");
    flood.write_all(refused).await.unwrap();
    while delayed(server.address).await == "0" {}
    let other = ask(server.address, "GET /no/such/page", &[]).await;
    assert_eq!(other.status, 404);
    assert_eq!(
        delayed(server.address).await,
        "1",
        "the other waited for nothing"
    );
    let answer = until(&mut flood, "\r\n\r\n").await;
    assert!(answer.contains("HTTP/1.1 404 "), "{answer}");
}

async fn delayed(server: SocketAddr) -> String {
    let answer = ask(server, "GET /metrics", &[]).await;
    let page = answer.text();
    let line = "modkeep_http_refusals_delayed_total ";
    let rest = page.split(line).last().unwrap();
    rest.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_that_resets_most_of_its_streams_is_sent_away() {
    /// The code of RFC 9113 section 7.
    const ENHANCE_YOUR_CALM: u8 = 11;
    let (server, _) = serving(Limits::default()).await;
    let mut socket = frames::connect_with_window(server.address, 1).await;
    let cancel = 8_u32.to_be_bytes();
    let mut asked = 0;
    let farewell = loop {
        let stream = 1 + 2 * asked;
        frames::get(&mut socket, stream, ZIP).await;
        let frame = loop {
            let frame = frames::read(&mut socket).await;
            if matches!(frame.kind, HEADERS | GOAWAY) {
                break frame;
            }
        };
        if frame.kind == GOAWAY {
            break frame;
        }
        frames::write(&mut socket, RST_STREAM, 0, stream, &cancel).await;
        asked += 1;
    };
    assert!(
        (50..200).contains(&asked),
        "after {asked}: {:?}",
        farewell.payload
    );
    assert_eq!(farewell.payload[7], ENHANCE_YOUR_CALM);
}
