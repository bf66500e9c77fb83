//! Stopping: what is open is finished, what does not finish is cut.

use crate::{
    fake::{Fake, artifact, blob, flight},
    wire::{rest, until},
};
use server::Limits;
use std::sync::{Arc, atomic::Ordering};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::Notify, time::Instant};

const ZIP: &[u8] = b"GET /example.com/x/@v/v1.0.0.zip HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn an_open_request_is_answered_and_the_connection_closed() {
    let gate = Arc::new(Notify::new());
    let fake = Fake::serving(|| artifact(blob(10).1)).gated(&gate);
    let asked = Arc::clone(&fake.asked);
    let server = fake.start();
    let address = server.address;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(ZIP).await.unwrap();
    while asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let stopped = server.stop();
    // The listener is closed: nobody new gets in.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    let answer = String::from_utf8_lossy(&rest(&mut client).await).to_lowercase();
    assert!(
        answer.starts_with("http/1.1 200 ") && answer.contains("\r\nconnection: close\r\n"),
        "{answer}"
    );
    assert_eq!(stopped.await.unwrap().cut, 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_end_up() {
    let server = Fake::serving(|| artifact(blob(10).1)).start();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(ZIP).await.unwrap();
    until(&mut idle, "\r\n\r\n").await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(server.stop().await.unwrap().cut, 0);
    drop(silent);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_is_cut_at_the_deadline() {
    let server = Fake::serving(|| artifact(flight(None, &[Some(Ok("ab")), None]))).start();
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(ZIP).await.unwrap();
    until(&mut client, "ab").await;
    let start = Instant::now();
    assert_eq!(server.stop().await.unwrap().cut, 1);
    assert_eq!(
        start.elapsed().as_secs(),
        Limits::default().drain_timeout.as_secs()
    );
    assert!(!String::from_utf8_lossy(&rest(&mut client).await).contains("0\r\n\r\n"));
}
