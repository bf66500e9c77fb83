//! HTTP/2 by prior knowledge, frame by frame (RFC 9113, header blocks as in RFC 7541).

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const INITIAL_WINDOW_SIZE: u16 = 4;

/// A frame as it came.
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// Connects with the default windows.
pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    begin(address, &[]).await
}

/// Connects with a window of so many bytes for each stream.
pub(crate) async fn connect_with_window(address: SocketAddr, window: u32) -> TcpStream {
    let setting = [
        &INITIAL_WINDOW_SIZE.to_be_bytes()[..],
        &window.to_be_bytes()[..],
    ];
    begin(address, &setting.concat()).await
}

async fn begin(address: SocketAddr, settings: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(PREFACE).await.unwrap();
    write(&mut socket, SETTINGS, 0, 0, settings).await;
    socket
}

pub(crate) async fn write(
    socket: &mut TcpStream,
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    socket.write_all(&bytes).await.unwrap();
}

/// `:method GET`, `:scheme http` from the static table, `:path` and `:authority` written out.
pub(crate) async fn get(socket: &mut TcpStream, stream: u32, path: &str) {
    get_from(socket, stream, path, "x").await;
}

/// The same, from a server of this name.
pub(crate) async fn get_from(socket: &mut TcpStream, stream: u32, path: &str, name: &str) {
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(&[0x01, u8::try_from(name.len()).unwrap()]);
    block.extend_from_slice(name.as_bytes());
    write(socket, HEADERS, END_HEADERS | END_STREAM, stream, &block).await;
}

pub(crate) async fn read(socket: &mut TcpStream) -> Frame {
    let mut head = [0; 9];
    socket.read_exact(&mut head).await.unwrap();
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    socket.read_exact(&mut payload).await.unwrap();
    Frame {
        kind: head[3],
        flags: head[4],
        stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
        payload,
    }
}
