//! A client that sends any bytes and says exactly what came back.
//!
//! It speaks just enough HTTP/1.1 to tell a complete answer from a torn one, which is the
//! question most tests here ask and most client libraries blur. It never retries, follows no
//! redirect, keeps no connection and decodes no content encoding.

use std::fmt::{self, Write as _};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::TcpSocket;

/// How long a read or write may take before the other side counts as silent. Longer than any
/// deadline of the product under test, so that its own answer is seen first.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The longest line of a response head or chunk head that it reads.
const MAX_LINE: u64 = 64 * 1024;

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header names (lower case) and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body as far as it came.
    pub body: Vec<u8>,
    /// Whether the body came in full: the length promised, or the last chunk.
    pub complete: bool,
}

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub struct Reading {
    /// The head, with an empty body.
    head: Answer,
    framing: Framing,
    reader: BufReader<TcpStream>,
}

/// How the end of a body is known (RFC 9112 section 6.3).
#[derive(Debug, Clone, Copy)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// Fetches a path (with its leading slash) and reads the whole answer.
pub fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    request(address, "GET", path, &[])
}

/// As [`get`] with another method and headers.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> io::Result<Answer> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    let mut reading = open(address, text.as_bytes(), PATIENCE)?.head()?;
    if method == "HEAD" {
        let mut answer = reading.head;
        answer.complete = true;
        return Ok(answer);
    }
    reading.rest();
    Ok(reading.head)
}

/// Posts a body and reads the whole answer.
pub fn post(address: SocketAddr, path: &str, body: &[u8]) -> io::Result<Answer> {
    let length = body.len();
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    exchange(address, &bytes, PATIENCE)
}

/// Sends any bytes and reads the whole answer.
pub fn exchange(address: SocketAddr, bytes: &[u8], patience: Duration) -> io::Result<Answer> {
    let mut reading = open(address, bytes, patience)?.head()?;
    reading.rest();
    Ok(reading.head)
}

/// Starts a GET and returns when the head of the answer is here.
pub fn start(address: SocketAddr, path: &str) -> io::Result<Reading> {
    let text = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    open(address, text.as_bytes(), PATIENCE)?.head()
}

/// A connection with a request on it, the answer not looked at yet.
#[derive(Debug)]
pub struct Pending {
    stream: TcpStream,
}

/// Connects and sends any bytes. A write that fails because the server has already answered
/// and closed is no error here: the answer is what counts.
pub fn open(address: SocketAddr, bytes: &[u8], patience: Duration) -> io::Result<Pending> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    match stream.write_all(bytes) {
        Err(error) if !is_hang_up(&error) => Err(error),
        _ => Ok(Pending { stream }),
    }
}

/// As [`open`], from an address of this host that is chosen: another client, for whoever tells them
/// apart.
pub fn open_from(
    source: IpAddr,
    address: SocketAddr,
    bytes: &[u8],
    patience: Duration,
) -> io::Result<Pending> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let connect = async {
        let socket = if source.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.bind(SocketAddr::new(source, 0))?;
        socket.connect(address).await?.into_std()
    };
    let mut stream = runtime.block_on(connect)?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(bytes)?;
    Ok(Pending { stream })
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}

// === impl Pending ===

impl Pending {
    /// Waits for the head of the answer.
    pub fn head(self) -> io::Result<Reading> {
        let mut reader = BufReader::new(self.stream);
        let status = read_line(&mut reader)?;
        let status = parse_status(&status).ok_or_else(|| not_http(&status))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(&mut reader)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| not_http(&line))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let head = Answer {
            status,
            headers,
            body: Vec::new(),
            complete: false,
        };
        let framing = Framing::of(&head);
        Ok(Reading {
            head,
            framing,
            reader,
        })
    }

    /// The socket, for tests that go on by hand.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}

fn parse_status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.")?;
    rest.split(' ').nth(1)?.parse().ok()
}

fn not_http(line: &str) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        format!("not an HTTP answer: {line:?}"),
    )
}

fn read_line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    reader
        .by_ref()
        .take(MAX_LINE)
        .read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

// === impl Framing ===

impl Framing {
    fn of(head: &Answer) -> Self {
        let chunked = head
            .header("transfer-encoding")
            .is_some_and(|value| value == "chunked");
        let length = head
            .header("content-length")
            .and_then(|value| value.parse().ok());
        match (head.status, chunked, length) {
            (204 | 304, ..) => Self::Length(0),
            (_, true, _) => Self::Chunked,
            (_, false, Some(length)) => Self::Length(length),
            (_, false, None) => Self::UntilClose,
        }
    }
}

// === impl Reading ===

impl Reading {
    /// The head of the answer and the body read so far.
    pub fn answer(&self) -> &Answer {
        &self.head
    }

    /// Reads until at least `count` bytes of the body are here; fewer if it ends before. Of a
    /// chunked body it reads whole chunks.
    pub fn at_least(&mut self, count: usize) -> &[u8] {
        if matches!(self.framing, Framing::Chunked) {
            while self.head.body.len() < count && self.one_chunk() == Some(Chunk::More) {}
        } else {
            let missing = count.saturating_sub(self.head.body.len()) as u64;
            let mut part = self.reader.by_ref().take(missing);
            let _torn = part.read_to_end(&mut self.head.body);
        }
        &self.head.body
    }

    /// Reads the rest.
    pub fn finish(mut self) -> Answer {
        self.rest();
        self.head
    }

    fn rest(&mut self) {
        self.head.complete = match self.framing {
            Framing::Length(length) => {
                let missing = length.saturating_sub(self.head.body.len() as u64);
                let mut rest = self.reader.by_ref().take(missing);
                let read = rest.read_to_end(&mut self.head.body);
                read.is_ok() && self.head.body.len() as u64 == length
            }
            Framing::Chunked => {
                while self.one_chunk() == Some(Chunk::More) {}
                self.head.complete
            }
            Framing::UntilClose => self.reader.read_to_end(&mut self.head.body).is_ok(),
        };
    }

    /// Reads one chunk (RFC 9112 section 7.1); `None` if the body is torn there.
    fn one_chunk(&mut self) -> Option<Chunk> {
        let line = read_line(&mut self.reader).ok()?;
        let size = u64::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        let mut chunk = self.reader.by_ref().take(size);
        let read = chunk.read_to_end(&mut self.head.body).ok()?;
        if read as u64 != size || !read_line(&mut self.reader).ok()?.is_empty() {
            return None;
        }
        self.head.complete = size == 0;
        Some(if size == 0 { Chunk::Last } else { Chunk::More })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Chunk {
    More,
    Last,
}

// === impl Answer ===

impl fmt::Debug for Answer {
    /// The body is shown as the beginning of a text: failures are read by people.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 400;
        let shown = &self.body[..self.body.len().min(SHOWN)];
        writeln!(
            formatter,
            "status {} (complete: {})",
            self.status, self.complete
        )?;
        writeln!(formatter, "{:?}", self.headers)?;
        let text = String::from_utf8_lossy(shown);
        if text.contains(|shown: char| shown.is_control() && shown != '\n') {
            return write!(formatter, "{} bytes", self.body.len());
        }
        write!(formatter, "{} bytes: {text}", self.body.len())
    }
}

impl Answer {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether this is 200 with its whole body.
    pub fn is_whole(&self) -> bool {
        self.status == 200 && self.complete
    }
}
