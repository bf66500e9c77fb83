//! Stopping: what is open is finished, what does not finish is cut.

use crate::{
    site::{Site, module},
    wire::{rest, until},
};
use server::Limits;
use testkit::upstream::{Fault, Kind};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{Instant, pause},
};

const ZIP: &[u8] = b"GET /example.com/x/@v/v1.0.0.zip HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn an_open_request_is_answered_and_the_connection_closed() {
    let site = Site::over(&[module(10)]).await;
    let hold = site.upstream.hold(Kind::Zip);
    let mut server = site.start();
    let address = server.address;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(ZIP).await.unwrap();
    server.site.requests.began.notified().await;
    server.stop();
    // The listener is closed: nobody new gets in.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    hold.release();
    let answer = String::from_utf8_lossy(&rest(&mut client).await).to_lowercase();
    assert!(
        answer.starts_with("http/1.1 200 ") && answer.contains("\r\nconnection: close\r\n"),
        "{answer}"
    );
    assert_eq!(server.stopped().await.cut, 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_end_up() {
    let mut server = Site::kept(10).await.start();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(ZIP).await.unwrap();
    until(&mut idle, "\r\n\r\n").await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    server.stop();
    assert_eq!(server.stopped().await.cut, 0);
    drop(silent);
}

#[tokio::test]
async fn what_does_not_finish_is_cut_at_the_deadline() {
    let site = Site::over(&[module(100_000)]).await;
    site.upstream
        .always(Kind::Zip, Fault::Stall { after: 50_000 });
    let mut server = site.start();
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(ZIP).await.unwrap();
    until(&mut client, "\r\n\r\nPK").await;
    pause();
    let start = Instant::now();
    server.stop();
    assert_eq!(server.stopped().await.cut, 1);
    assert_eq!(
        start.elapsed().as_secs(),
        Limits::default().drain_timeout.as_secs()
    );
    let received = rest(&mut client).await;
    assert!(!received.ends_with(b"0\r\n\r\n"));
    assert!(received.len() < module(100_000).zip().len());
}
