//! The upstream's own process: a thread a connection, HTTP/1.1 with keep-alive by hand.
//!
//! Threads, because it must cost little and be exact: a thread that sleeps 30 ms wakes when it
//! should, a file is sent by the kernel, and there are never more than a few hundred connections.
//! It reads requests of this bench's own clients only, on the loopback interface.

use anyhow::{Context, Result};
use parking_lot::{Condvar, Mutex};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};

use super::{
    DISTANCE, Mood,
    answer::{self, Body},
    ledger::{Kind, Ledger},
    sumdb::{self, Sumdb},
};

/// The longest line of a request that it reads.
const MAX_LINE: u64 = 16 * 1024;

/// Below this a file is read and sent together with its head, in one packet or two; above it the
/// kernel sends it.
const SMALL: u64 = 64 * 1024;

/// Options of the hidden command.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// A module cache's download directory.
    corpus: PathBuf,
}

struct Site {
    corpus: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    sumdb: Option<Arc<Sumdb>>,
    ledger: Ledger,
    mood: Mood,
    distance: Duration,
}

/// Serves until standard input closes.
pub(crate) fn run(options: Options) -> Result<()> {
    let listener = TcpListener::bind(options.listen).context("the port is taken")?;
    let site = Arc::new(Site {
        corpus: options.corpus,
        state: Mutex::new(State {
            sumdb: None,
            ledger: Ledger::default(),
            mood: Mood::Well,
            distance: DISTANCE,
        }),
        changed: Condvar::new(),
    });
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let site = Arc::clone(&site);
            thread::spawn(move || site.converse(&stream));
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

// === impl Site ===

impl Site {
    /// Answers requests until the client leaves.
    fn converse(&self, stream: &TcpStream) {
        let _best_effort = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream);
        while let Some(path) = read_request(&mut reader) {
            let answered = match path.strip_prefix("-/") {
                Some(order) => self.obey(stream, order),
                None => self.answer(stream, &path),
            };
            if answered.is_err() {
                return;
            }
        }
    }

    fn answer(&self, stream: &TcpStream, path: &str) -> io::Result<()> {
        let kind = Kind::of(path);
        self.state.lock().ledger.enter(kind);
        let sent = self.send(stream, path);
        let bytes = *sent.as_ref().unwrap_or(&0);
        self.state.lock().ledger.leave(kind, bytes);
        sent.map(drop)
    }

    /// Sends the answer and says how long its body was.
    fn send(&self, stream: &TcpStream, path: &str) -> io::Result<u64> {
        let distance = self.state.lock().distance;
        thread::sleep(distance);
        if matches!(self.mood_once_it_answers(), Mood::Refusing) {
            head(stream, "503 Service Unavailable", 0)?;
            return Ok(0);
        }
        if let Some(path) = below_database(path) {
            let sumdb = self.state.lock().sumdb.clone();
            if let Some(bytes) = sumdb.and_then(|sumdb| sumdb.answer(path)) {
                return Body::Bytes(bytes).send(stream);
            }
        } else if let Some(body) = answer::find(&self.corpus, path) {
            return body.send(stream);
        }
        self.state.lock().ledger.miss(Kind::of(path));
        whole(stream, "404 Not Found", b"not found: no such file\n")?;
        Ok(0)
    }

    /// Waits while it hangs.
    fn mood_once_it_answers(&self) -> Mood {
        let mut state = self.state.lock();
        self.changed
            .wait_while(&mut state, |state| matches!(state.mood, Mood::Hanging));
        state.mood
    }

    fn obey(&self, stream: &TcpStream, order: &str) -> io::Result<()> {
        // Hashed while nobody waits for the lock.
        let sumdb = (order == "sumdb")
            .then(|| Sumdb::of(&self.corpus))
            .flatten();
        let mut state = self.state.lock();
        match order.split_once('/').unwrap_or((order, "")) {
            ("ledger", _) => {}
            ("forget", _) => state.ledger.forget(),
            ("sumdb", _) => state.sumdb = sumdb.map(Arc::new),
            ("mood", "well") => state.mood = Mood::Well,
            ("mood", "refusing") => state.mood = Mood::Refusing,
            ("mood", "hanging") => state.mood = Mood::Hanging,
            ("distance", millis) => {
                let Ok(millis) = millis.parse() else {
                    return whole(stream, "400 Bad Request", b"");
                };
                state.distance = Duration::from_millis(millis);
            }
            _ => return whole(stream, "400 Bad Request", b""),
        }
        self.changed.notify_all();
        let ledger = serde_json::to_vec(&state.ledger)?;
        drop(state);
        whole(stream, "200 OK", &ledger)
    }
}

/// The path below the database's name, of a request to it.
fn below_database(path: &str) -> Option<&str> {
    path.strip_prefix("sumdb/")?
        .strip_prefix(sumdb::NAME)?
        .strip_prefix('/')
}

// === impl Body ===

impl Body {
    fn send(self, stream: &TcpStream) -> io::Result<u64> {
        match self {
            Self::Bytes(bytes) => {
                whole(stream, "200 OK", &bytes)?;
                Ok(bytes.len() as u64)
            }
            Self::File(mut file, length) if length < SMALL => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                whole(stream, "200 OK", &bytes)?;
                Ok(length)
            }
            Self::File(mut file, length) => {
                head(stream, "200 OK", length)?;
                io::copy(&mut file, &mut &*stream)
            }
        }
    }
}

fn whole(stream: &TcpStream, status: &str, body: &[u8]) -> io::Result<()> {
    let mut bytes = head_text(status, body.len() as u64).into_bytes();
    bytes.extend_from_slice(body);
    (&*stream).write_all(&bytes)
}

fn head(mut stream: &TcpStream, status: &str, length: u64) -> io::Result<()> {
    stream.write_all(head_text(status, length).as_bytes())
}

fn head_text(status: &str, length: u64) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// The path of the next request without its leading slash, decoded; `None` when there is none.
fn read_request(reader: &mut impl BufRead) -> Option<String> {
    let line = read_line(reader)?;
    let target = line.split(' ').nth(1)?;
    let path = decode(target.trim_start_matches('/'));
    while !read_line(reader)?.is_empty() {}
    Some(path)
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.take(MAX_LINE).read_line(&mut line).ok()?;
    line.ends_with('\n').then(|| line.trim_end().to_owned())
}

/// Undoes percent encoding (RFC 3986 section 2.1); some clients encode the `!` of Go's escapes.
fn decode(target: &str) -> String {
    let mut parts = target.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, part.get(2..)) {
            (Some(byte), Some(rest)) => {
                decoded.push(char::from(byte));
                decoded.push_str(rest);
            }
            _ => decoded.push_str(part),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_up_to_its_empty_line() {
        let mut bytes: &[u8] =
            b"GET /a.b/%21c/@v/list HTTP/1.1\r\nhost: x\r\n\r\nGET /d HTTP/1.1\r\n\r\n";
        assert_eq!(read_request(&mut bytes).unwrap(), "a.b/!c/@v/list");
        assert_eq!(read_request(&mut bytes).unwrap(), "d");
        assert_eq!(read_request(&mut bytes), None);
    }

    #[test]
    fn a_torn_request_is_none() {
        let mut bytes: &[u8] = b"GET /a HTTP/1.1\r\nhost";
        assert_eq!(read_request(&mut bytes), None);
    }
}
