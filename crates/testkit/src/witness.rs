//! A witness that follows C2SP tlog-witness to the letter, and remembers what it signed.

use parking_lot::Mutex;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};
use tlog::{
    Hash,
    checkpoint::{Checkpoint, TreeHead},
    note::{self, Note, SignerKey, VerifierKey},
    proof::check_consistency,
};

/// The time that it signs with; any will do.
const TIME: u64 = 1_800_000_000;

/// The media type of a bare size.
const SIZE_MEDIA: &str = "text/x.tlog.size";

/// A running witness; it stops when dropped.
#[derive(Debug)]
pub struct Witness {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    key: SignerKey,
    log: Mutex<Option<VerifierKey>>,
    signed: Mutex<TreeHead>,
    is_down: AtomicBool,
    /// What it answers instead of its own word.
    lie: Mutex<Option<Answer>>,
    /// The note behind what it signed last, and whether it shows it to whoever sends another log.
    note: Mutex<String>,
    shows_note: AtomicBool,
    has_ended: AtomicBool,
}

/// Status, media type, body.
type Answer = (u16, &'static str, String);

// === impl Witness ===

impl Witness {
    /// A witness of this name on a free port of 127.0.0.1 that knows no log yet.
    pub fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shared = Arc::new(Shared {
            key: SignerKey::from_seed(name, [42; 32]).unwrap(),
            log: Mutex::new(None),
            signed: Mutex::new(TreeHead::empty()),
            is_down: AtomicBool::new(false),
            lie: Mutex::new(None),
            note: Mutex::default(),
            shows_note: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
        });
        let (address, running) = (listener.local_addr().unwrap(), Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if running.has_ended.load(Ordering::SeqCst) {
                    return;
                }
                let _ = running.serve(stream);
            }
        });
        Self {
            address,
            shared,
            thread: Some(thread),
        }
    }

    /// `NAME+KEY URL`, as `--witness` takes it.
    pub fn setting(&self) -> String {
        format!("{} http://{}", self.key(), self.address)
    }

    /// Its key.
    pub fn key(&self) -> VerifierKey {
        self.shared.key.verifier().for_cosignatures()
    }

    /// The log that it watches.
    pub fn watch(&self, log: &str) {
        *self.shared.log.lock() = Some(log.parse().unwrap());
    }

    /// Whether it answers with 503.
    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Whether it answers every head with this status and size, whatever is true.
    pub fn set_lie(&self, lie: Option<(u16, u64)>) {
        let answer = |(status, size)| (status, SIZE_MEDIA, format!("{size}\n"));
        *self.shared.lie.lock() = lie.map(answer);
    }

    /// Has it answer a log that is not the one it signed with the note that it signed.
    pub fn show_note(&self) {
        self.shared.shows_note.store(true, Ordering::SeqCst);
    }

    /// Size of the head it signed last.
    pub fn size(&self) -> u64 {
        self.shared.signed.lock().size
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

// === impl Shared ===

impl Shared {
    /// One request a connection.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut line, mut length) = (String::new(), 0);
        reader.read_line(&mut line)?;
        let is_ours = line.starts_with("POST /add-checkpoint ");
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
                break;
            }
            let header = header.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (status, media, text) = match String::from_utf8(body) {
            _ if self.is_down.load(Ordering::SeqCst) => plain(503),
            Ok(_) if self.lie.lock().is_some() => self.lie.lock().clone().unwrap_or(plain(500)),
            Ok(body) if is_ours => self.answer(&body).unwrap_or_else(plain),
            _ => plain(404),
        };
        write!(
            stream,
            "HTTP/1.1 {status} x\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        )
    }

    fn answer(&self, body: &str) -> Result<Answer, u16> {
        let (head, checkpoint) = body.split_once("\n\n").ok_or(400_u16)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old: u64 = old.and_then(|old| old.parse().ok()).ok_or(400_u16)?;
        let proof: Vec<Hash> = lines
            .map(|line| line.parse().map_err(|_| 400_u16))
            .collect::<Result<_, _>>()?;
        if proof.len() > 63 {
            return Err(400);
        }
        let claimed = Note::unverified_text(checkpoint.as_bytes()).map_err(|_| 400_u16)?;
        let claimed = Checkpoint::parse(claimed).map_err(|_| 400_u16)?;
        let log = self.log.lock().clone();
        let log = log
            .filter(|log| log.name() == claimed.origin)
            .ok_or(404_u16)?;
        Note::open(checkpoint.as_bytes(), &[log]).map_err(|_| 403_u16)?;
        let new = claimed.head;
        if old > new.size {
            return Err(400);
        }
        let mut signed = self.signed.lock();
        if old != signed.size && signed.size <= new.size {
            return Ok((409, SIZE_MEDIA, format!("{}\n", signed.size)));
        }
        if old != signed.size || (old == new.size && signed.root != new.root) {
            return Ok(self.differs(409, signed.size));
        }
        let is_consistent = match old {
            0 => proof.is_empty(),
            _ => check_consistency(&proof, new.size, new.root, old, signed.root).is_ok(),
        };
        if !is_consistent {
            return Ok(self.differs(422, signed.size));
        }
        *signed = new;
        checkpoint.clone_into(&mut self.note.lock());
        let text = claimed.to_string();
        let cosignature = note::cosign(&text, TIME, &self.key);
        Ok((200, "text/plain", cosignature.to_string()))
    }

    /// The answer to a log that is not the one it signed.
    fn differs(&self, status: u16, size: u64) -> Answer {
        if self.shows_note.load(Ordering::SeqCst) {
            return (status, "text/plain", self.note.lock().clone());
        }
        match status {
            409 => (status, SIZE_MEDIA, format!("{size}\n")),
            _ => plain(status),
        }
    }
}

fn plain(status: u16) -> Answer {
    (status, "text/plain", String::new())
}
