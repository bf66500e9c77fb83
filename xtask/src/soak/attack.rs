//! What each kind of hostile client does with one connection.

use super::{Counter, hostile::Kind, http2, site, wire};
use std::{io, net::SocketAddr, sync::atomic::Ordering::Relaxed, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

const SECOND: Duration = Duration::from_secs(1);

/// Streams that a client opens at once: more than it is allowed.
const STREAMS: u32 = 100;

/// Lives until the server ends it, or the crowd.
pub(super) async fn client(
    kind: Kind,
    from: SocketAddr,
    server: SocketAddr,
    seed: usize,
    opened: &Counter,
) -> io::Result<()> {
    let mut stream = wire::connect_holding_little(from, server).await?;
    opened.fetch_add(1, Relaxed);
    let stream = &mut stream;
    match kind {
        Kind::Silent => until_closed(stream).await,
        Kind::Loris => dribble(stream, wire::request(&site::large(seed)).as_bytes()).await,
        Kind::Idle => {
            wire::ask(stream, &site::warm()[seed % 100]).await?;
            until_closed(stream).await
        }
        Kind::Unread => {
            send(stream, &wire::request(&site::large(seed))).await?;
            std::future::pending().await
        }
        Kind::Dribble => {
            send(stream, &wire::request(&site::large(seed))).await?;
            loop {
                stream.read_u8().await?;
                sleep(SECOND).await;
            }
        }
        Kind::ClosedWindow => closed_window(stream, seed).await,
        Kind::Resets => resets(stream, seed).await,
        Kind::SlowPost => {
            send(stream, &post(8 << 20)).await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
                sleep(SECOND).await;
            }
        }
        Kind::LargePost => {
            let list = list(seed);
            send(stream, &post(list.len())).await?;
            send(stream, &list).await?;
            loop {
                stream.read_u8().await?;
                sleep(SECOND).await;
            }
        }
        Kind::UnknownNames => many(stream, |round| unknown(seed, round)).await,
        Kind::Lies => many(stream, |round| site::lie(seed + round)).await,
        Kind::LargeGoMods => many(stream, |round| site::large_go_mod(seed + round)).await,
        Kind::Garbage => {
            stream
                .write_all(&testkit::noise::bytes(seed as u64, 2000))
                .await?;
            until_closed(stream).await
        }
    }
}

/// Asks one thing after the other.
async fn many(stream: &mut TcpStream, path: impl Fn(usize) -> String) -> io::Result<()> {
    for round in 0.. {
        wire::ask(stream, &path(round)).await?;
    }
    Ok(())
}

fn unknown(seed: usize, round: usize) -> String {
    format!("/nobody.example.com/n{seed}/r{round}/@v/v1.0.0.mod")
}

async fn closed_window(stream: &mut TcpStream, seed: usize) -> io::Result<()> {
    http2::begin(stream, 1).await?;
    for number in 0..STREAMS {
        stream
            .write_all(&http2::get(number, &site::large(seed)))
            .await?;
    }
    loop {
        sleep(2 * SECOND).await;
        stream.write_all(&http2::ping()).await?;
        let mut taken = [0; 4096];
        let read = tokio::time::timeout(SECOND, stream.read(&mut taken)).await;
        if matches!(read, Ok(Ok(0))) {
            return Ok(());
        }
    }
}

async fn resets(stream: &mut TcpStream, seed: usize) -> io::Result<()> {
    http2::begin(stream, 65_535).await?;
    for number in 0.. {
        stream
            .write_all(&http2::get(number, &site::large(seed)))
            .await?;
        stream.write_all(&http2::reset(number)).await?;
        if number % 10 == 9 {
            sleep(SECOND / 10).await;
        }
    }
    Ok(())
}

/// Sends a byte a second, and the last never.
async fn dribble(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        stream.write_u8(*byte).await?;
        sleep(SECOND).await;
    }
    std::future::pending().await
}

async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut taken = [0; 1024];
    while stream.read(&mut taken).await? > 0 {}
    Ok(())
}

async fn send(stream: &mut TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await
}

fn post(length: usize) -> String {
    format!("POST /-/prefetch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n")
}

/// A go.sum of 5,000 modules that nobody knows.
fn list(seed: usize) -> String {
    let hash = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let lines =
        (0..5_000).map(|n| format!("nobody.example.com/p{seed}/m{n} v1.0.0/go.mod {hash}\n"));
    lines.collect()
}
