//! HTTP/2 by prior knowledge, frame by frame (RFC 9113, header blocks as in RFC 7541).

use crate::fake::{Fake, artifact, blob};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// `:method GET`, `:scheme http` from the static table, `:path` and `:authority` written out.
fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(&[0x01, 1, b'x']);
    block
}

async fn connect(address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat())
        .await
        .unwrap();
    socket
}

async fn read_frame(socket: &mut TcpStream) -> (u8, u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    socket.read_exact(&mut head).await.unwrap();
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    socket.read_exact(&mut payload).await.unwrap();
    (
        head[3],
        head[4],
        u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
        payload,
    )
}

#[tokio::test]
async fn two_streams_of_one_connection_are_answered() {
    let server = Fake::serving(|| artifact(blob(20_000).1)).start();
    let mut socket = connect(server.address).await;
    for stream in [1, 3] {
        let block = get("/example.com/x/@v/v1.0.0.zip");
        socket
            .write_all(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &block))
            .await
            .unwrap();
    }
    let (mut statuses, mut bodies, mut ended) = (Vec::new(), [Vec::new(), Vec::new()], 0);
    while ended < 2 {
        let (kind, flags, stream, payload) = read_frame(&mut socket).await;
        match kind {
            // 0x88 is `:status 200` of the static table.
            HEADERS => statuses.push(payload.contains(&0x88)),
            DATA => bodies[usize::from(stream == 3)].extend_from_slice(&payload),
            _ => {}
        }
        ended += usize::from(kind <= HEADERS && flags & END_STREAM != 0);
    }
    assert_eq!(statuses, [true, true]);
    assert_eq!(bodies, [blob(20_000).0, blob(20_000).0]);
}

#[tokio::test]
async fn stopping_sends_goaway() {
    let server = Fake::serving(|| artifact(blob(10).1)).start();
    let mut socket = connect(server.address).await;
    let block = get("/livez");
    socket
        .write_all(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &block))
        .await
        .unwrap();
    while read_frame(&mut socket).await.0 != DATA {}
    let stopped = server.stop();
    while read_frame(&mut socket).await.0 != GOAWAY {}
    drop(socket);
    assert_eq!(stopped.await.unwrap().cut, 0);
}
