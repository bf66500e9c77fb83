//! Just enough HTTP/1.1 to ask over one connection and to know when an answer is whole.

use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Connects from one of this machine's own addresses.
pub(super) async fn connect(from: SocketAddr, to: SocketAddr) -> io::Result<TcpStream> {
    connect_with(TcpSocket::new_v4()?, from, to).await
}

/// The same, and holds as little of what it does not read as it can: on one machine the kernel's
/// memory for sockets is shared, and in the field the server does not pay for a client's part.
pub(super) async fn connect_holding_little(
    from: SocketAddr,
    to: SocketAddr,
) -> io::Result<TcpStream> {
    /// The kernel makes its minimum of it.
    const LITTLE: u32 = 1;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(LITTLE)?;
    connect_with(socket, from, to).await
}

async fn connect_with(
    socket: TcpSocket,
    from: SocketAddr,
    to: SocketAddr,
) -> io::Result<TcpStream> {
    socket.set_reuseaddr(true)?;
    socket.bind(from)?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The head of a request for a path (with its leading slash).
pub(super) fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
}

/// Asks for a path and reads the whole answer; an answer that is cut is an error.
pub(super) async fn ask(stream: &mut TcpStream, path: &str) -> io::Result<Answer> {
    stream.write_all(request(path).as_bytes()).await?;
    let mut read = Vec::with_capacity(4096);
    let end = loop {
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|text| text.trim().parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(io::Error::other(format!(
            "an answer without a length: {head}"
        )));
    };
    let mut body = read.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Answer { status, body })
}
