//! Frames of HTTP/2 that no well-behaved client sends (RFC 9113).

use std::io;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_STREAM_AND_HEADERS: u8 = 5;
const INITIAL_WINDOW_SIZE: u16 = 4;

/// Begins a connection whose streams have a window of so many bytes.
pub(super) async fn begin(stream: &mut TcpStream, window: u32) -> io::Result<()> {
    let setting = [
        &INITIAL_WINDOW_SIZE.to_be_bytes()[..],
        &window.to_be_bytes()[..],
    ]
    .concat();
    stream.write_all(PREFACE).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, &setting)).await
}

/// A GET on stream `2 * number + 1`.
pub(super) fn get(number: u32, path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap_or(0)];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(b"\x01\x09127.0.0.1");
    frame(HEADERS, END_STREAM_AND_HEADERS, 2 * number + 1, &block)
}

/// Gives the same stream up.
pub(super) fn reset(number: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, 2 * number + 1, &8_u32.to_be_bytes())
}

pub(super) fn ping() -> Vec<u8> {
    frame(PING, 0, 0, &[0; 8])
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}
