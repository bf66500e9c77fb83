//! A source that does exactly what a script says, byte by byte, and remembers what it was asked.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gomod::goproxy::ProxyList;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use upstream::{Absence, Download, Egress, Outage, Outcome, UpstreamOptions, Upstreams};

/// What most tests ask for.
pub(crate) const PATH: &str = "example.com/m/@v/v1.0.0.mod";

/// Deadlines of tests that wait for one to pass: long enough for a loaded machine to answer a
/// healthy request, short enough to wait for.
pub(crate) const SHORT: Duration = Duration::from_secs(1);

/// One request, as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) connection: usize,
}

/// What to do with one request.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    bytes: Vec<u8>,
    after: After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Serve the next request on this connection.
    Continue,
    /// End the connection.
    Close,
    /// Say nothing more, and hold the connection open.
    Hang,
}

/// A source on a loopback port. Gone when dropped.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

type Handler = dyn Fn(&Asked, usize) -> Script + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: AtomicUsize,
}

// === impl Asked ===

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

// === impl Script ===

impl Script {
    /// These bytes and nothing else.
    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: bytes.as_ref().to_vec(),
            after: After::Close,
        }
    }

    pub(crate) fn status(status: u16, headers: &str, body: &str) -> Self {
        let head = format!(
            "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        Self {
            bytes: [head.as_bytes(), body.as_bytes()].concat(),
            after: After::Continue,
        }
    }

    pub(crate) fn ok(body: &str) -> Self {
        Self::status(200, "content-type: text/plain; charset=utf-8\r\n", body)
    }

    pub(crate) fn absent(text: &str) -> Self {
        Self::status(404, "content-type: text/plain; charset=utf-8\r\n", text)
    }

    pub(crate) fn redirect(location: &str) -> Self {
        Self::status(302, &format!("location: {location}\r\n"), "")
    }

    pub(crate) fn hang() -> Self {
        Self {
            bytes: Vec::new(),
            after: After::Hang,
        }
    }

    /// Stops `missing` bytes before the end, and then does `after`.
    pub(crate) fn short_of(mut self, missing: usize, after: After) -> Self {
        self.bytes.truncate(self.bytes.len() - missing);
        Self { after, ..self }
    }
}

// === impl Fake ===

impl Fake {
    /// A source that answers each request by the script made for it; the number counts requests
    /// from 0.
    pub(crate) async fn start(
        handler: impl Fn(&Asked, usize) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self::listen(None, Box::new(handler)).await
    }

    /// The same behind TLS.
    pub(crate) async fn start_tls(
        tls: TlsAcceptor,
        handler: impl Fn(&Asked, usize) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(tls), Box::new(handler)).await
    }

    /// A source that always does the same.
    pub(crate) async fn always(script: Script) -> Self {
        Self::start(move |_, _| script.clone()).await
    }

    async fn listen(tls: Option<TlsAcceptor>, handler: Box<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::accept(listener, tls, handler)
    }

    fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, handler: Box<Handler>) -> Self {
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared {
            handler,
            asked: Arc::clone(&asked),
            connections: AtomicUsize::new(0),
        });
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (shared, tls) = (Arc::clone(&shared), tls.clone());
                let connection = shared.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &shared, connection).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &shared, connection).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }

    /// How often this path was asked for.
    pub(crate) fn count_of(&self, path: &str) -> usize {
        self.asked
            .lock()
            .iter()
            .filter(|asked| asked.target.strip_prefix('/') == Some(path))
            .count()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().len()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one connection; `None` when the client is gone.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    shared: &Shared,
    connection: usize,
) -> Option<()> {
    loop {
        let head = read_head(&mut stream).await?;
        let target = head.split(' ').nth(1)?.to_owned();
        let asked = Asked {
            target,
            head,
            connection,
        };
        let number = {
            let mut list = shared.asked.lock();
            list.push(asked.clone());
            list.len() - 1
        };
        let script = (shared.handler)(&asked, number);
        stream.write_all(&script.bytes).await.ok()?;
        stream.flush().await.ok()?;
        match script.after {
            After::Continue => {}
            After::Close => return stream.shutdown().await.ok(),
            After::Hang => {
                let mut rest = Vec::new();
                return stream.read_to_end(&mut rest).await.ok().map(drop);
            }
        }
    }
}

pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// A port that refuses connections for as long as this is kept: bound, and not listened on.
pub(crate) struct Gone {
    socket: TcpSocket,
}

impl Gone {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { socket }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.socket.local_addr().unwrap())
    }

    /// From now on it does this.
    pub(crate) fn listen(self, script: Script) -> Fake {
        let listener = self.socket.listen(64).unwrap();
        Fake::accept(listener, None, Box::new(move |_, _| script.clone()))
    }
}

/// Generous deadlines for what must not fail, and no way out but the straight one.
pub(crate) fn options() -> UpstreamOptions {
    UpstreamOptions {
        egress: Egress::Straight,
        ..UpstreamOptions::default()
    }
}

pub(crate) fn upstreams(list: &str, options: &UpstreamOptions) -> Upstreams {
    Upstreams::new(&ProxyList::parse(list).unwrap(), options).unwrap()
}

/// The outcome of one walk with default options.
pub(crate) async fn outcome(list: &str) -> Outcome {
    upstreams(list, &options()).walk(PATH).next().await
}

#[track_caller]
pub(crate) fn found(outcome: Outcome) -> Download {
    match outcome {
        Outcome::Found(download) => download,
        other => panic!("not found: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn absent(outcome: Outcome) -> Absence {
    match outcome {
        Outcome::Absent(absence) => absence,
        other => panic!("not absent: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn unavailable(outcome: Outcome) -> Outage {
    match outcome {
        Outcome::Unavailable(outage) => outage,
        other => panic!("not unavailable: {other:?}"),
    }
}

/// The whole body as text.
pub(crate) async fn text(download: Download) -> String {
    String::from_utf8(download.whole().await.unwrap().to_vec()).unwrap()
}
