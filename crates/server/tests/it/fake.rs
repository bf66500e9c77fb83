//! A service that answers by script.

use bytes::Bytes;
use codes::Code;
use gomod::ModulePath;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use proxy::{
    BreakerStatus, Caller, Fetching, Freshness, JournalFile, Media, Origin, PassReport, PassStatus,
    Refusal, Resource, ScrubStatus, Status, StoreStatus, Tally, VerificationStatus,
    prefetch::Kinds,
};
use server::{
    Arriving, AtHand, Future, IndexEntry, Kept, Limits, ListenAddress, Listener, Payload,
    ReadFailure, Readiness, Reply, Server, Service, Stop,
};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::BlobId;
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

type Script = Box<dyn Fn(&Resource, Fetching) -> Result<Reply, Refusal> + Send + Sync>;

/// Answers by `script`, after `gate` was opened as often as it was asked, if there is one.
pub(crate) struct Fake {
    script: Script,
    gate: Option<Arc<Notify>>,
    pub(crate) asked: Arc<AtomicUsize>,
    /// Told when a question comes, and when its answer is ready or nobody waits for it any more.
    pub(crate) began: Arc<Notify>,
    pub(crate) ended: Arc<Notify>,
}

/// Tells that a question is over.
struct Ending<'f>(&'f Notify);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A server under test; ends when dropped or stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<server::Drained>,
}

impl Fake {
    pub(crate) fn new(
        script: impl Fn(&Resource, Fetching) -> Result<Reply, Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Box::new(script),
            gate: None,
            asked: Arc::default(),
            began: Arc::default(),
            ended: Arc::default(),
        }
    }

    /// Answers everything with a payload of its own.
    pub(crate) fn serving(make: impl Fn() -> Reply + Send + Sync + 'static) -> Self {
        Self::new(move |_, _| Ok(make()))
    }

    pub(crate) fn gated(mut self, gate: &Arc<Notify>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    pub(crate) fn start(self) -> Running {
        self.start_with(Limits::default())
    }

    pub(crate) fn start_with(self, limits: Limits) -> Running {
        run(self.bind(limits))
    }

    pub(crate) fn start_serving_hosts(self, hosts: &[&str]) -> Running {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        run(self.bind(Limits::default()).serving_hosts(hosts))
    }

    /// With an address of their own for operators.
    pub(crate) fn start_with_admin(self) -> (Running, SocketAddr) {
        let server = self.bind(Limits::default());
        let admin = anywhere();
        let address = admin.address().tcp().unwrap();
        (run(server.with_admin(vec![admin])), address)
    }

    fn bind(self, limits: Limits) -> Server<Self> {
        Server::on(vec![anywhere()], self, limits, Registry::default())
    }
}

/// A socket at any free port.
fn anywhere() -> Listener {
    let address = "127.0.0.1:0".parse().unwrap();
    Listener::bind(&ListenAddress::Tcp(address)).unwrap()
}

fn run(server: Server<Fake>) -> Running {
    let address = server.listeners()[0].address().tcp().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server.run(async {
        drop(stopped.await);
        Stop::Ordered
    }));
    Running {
        address,
        stop,
        task,
    }
}

impl Running {
    /// Gives the order to stop; the handle ends when the server has.
    pub(crate) fn stop(self) -> JoinHandle<server::Drained> {
        self.stop.send(()).unwrap();
        self.task
    }
}

impl Service for Fake {
    async fn answer(
        &self,
        _caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> Result<Reply, Refusal> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.began.notify_one();
        let _ending = Ending(&self.ended);
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        (self.script)(resource, fetching)
    }

    fn at_hand(&self, _caller: &Caller, _path: &str) -> Option<AtHand> {
        None
    }

    async fn refresh(&self, module: &ModulePath) -> Result<u64, Refusal> {
        Ok(module.as_str().len() as u64)
    }

    async fn prefetch(
        &self,
        _caller: &Caller,
        list: Bytes,
        kinds: Kinds,
    ) -> Result<Box<dyn Arriving>, Refusal> {
        let line = format!("{kinds:?} {}\n", list.len());
        let pieces = [Some(Ok(line))].into();
        Ok(Box::new(Lines(pieces)))
    }

    async fn sums(&self, _list: Bytes) -> Result<String, Refusal> {
        Err(Refusal::new(Code::SumdbUnsupported, "no checksum database"))
    }

    async fn vulnerability_file(&self, path: &str) -> Result<Reply, Refusal> {
        Err(Refusal::new(Code::NoVulnerabilityData, path))
    }

    async fn examine(&self, _list: Bytes) -> Result<String, Refusal> {
        Err(Refusal::new(Code::NoVulnerabilityData, ""))
    }

    async fn echo(&self, name: &str, _note: Bytes) -> Result<String, Refusal> {
        Err(Refusal::new(Code::SumdbUnsupported, name))
    }

    async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, Refusal> {
        let entry = IndexEntry {
            path: "example.com/x".to_owned(),
            version: format!("v1.0.{limit}"),
            timestamp: since,
        };
        let private = IndexEntry {
            path: "private.example.com/x".to_owned(),
            ..entry.clone()
        };
        Ok(vec![entry.clone(), private, entry])
    }

    fn is_private(&self, resource: &Resource) -> bool {
        matches!(resource, Resource::List(module) if module.as_str().starts_with("private."))
    }

    fn is_private_text(&self, text: &str) -> bool {
        text.starts_with("private.")
    }

    fn names_others(&self, resource: &Resource) -> bool {
        matches!(resource, Resource::Sumdb { path, .. } if path.starts_with("tile/entries/"))
    }

    async fn status(&self) -> Result<Status, Refusal> {
        Ok(status())
    }

    /// Tiles that are full, of which each holds its own name; nothing else is there.
    async fn journal(&self, file: JournalFile) -> Result<Reply, Refusal> {
        let (media, freshness, text) = match file {
            JournalFile::Key => (Media::Text, Freshness::For(MINUTE), "the key\n".to_owned()),
            JournalFile::Log(file) if file.is_immutable() => {
                (Media::Octets, Freshness::Immutable, file.to_string())
            }
            JournalFile::Log(file) => (Media::Text, Freshness::For(SECOND), file.to_string()),
        };
        if text.contains(".p/") {
            return Err(Refusal::new(Code::NotFoundHere, "not as many"));
        }
        Ok(Reply {
            media,
            freshness,
            hash: Some(BlobId::of(text.as_bytes())),
            origin: Origin::Store,
            evidence: protocol::Evidence::Unclaimed,
            payload: Payload::Bytes(text.into()),
        })
    }

    fn readiness(&self) -> Readiness {
        Readiness {
            ready: true,
            degraded: vec!["no source answers".to_owned()],
        }
    }

    fn register(&self, _registry: &mut Registry) {}

    async fn observe(&self) {}
}

/// A status in which every field has a value.
fn status() -> Status {
    let tally = Tally {
        blobs: 10,
        bytes: 2000,
        damaged: 3,
        healed: 2,
        quarantined: 1,
    };
    Status {
        version: "1.2.3",
        uptime_seconds: 60,
        store: StoreStatus {
            captures: 12,
            blobs: 11,
            bytes: 3000,
            writable: false,
            last_error: Some("MK3002".to_owned()),
            disk_free_bytes: None,
            disk_reserve_bytes: None,
            disk_reserve_reached: false,
        },
        verification: VerificationStatus {
            mode: "required",
            database: Some("sum.example.com".to_owned()),
            tree_size: Some(7),
            halted: false,
        },
        scrub: ScrubStatus {
            period_seconds: Some(604_800),
            cpu_percent: 5,
            pass: Some(PassStatus {
                started: "2026-01-02T15:04:05Z".to_owned(),
                progress: 0.5,
                tally: Tally::default(),
            }),
            last_full_pass: Some(PassReport {
                started: "2026-01-01T00:00:00Z".to_owned(),
                ended: "2026-01-02T00:00:00Z".to_owned(),
                tally,
            }),
        },
        breakers: vec![BreakerStatus {
            upstream: "https://proxy.example.com".to_owned(),
            class: "zip",
            state: "open",
            why: "it answered 503".to_owned(),
        }],
    }
}

/// The SHA-256 that is claimed of every artifact.
pub(crate) const HASH: &str = "ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12";

/// A reply as of a kept artifact, with this payload.
pub(crate) fn artifact(payload: Payload) -> Reply {
    Reply {
        media: Media::Zip,
        freshness: Freshness::Immutable,
        hash: Some(HASH.parse().unwrap()),
        origin: Origin::Store,
        evidence: protocol::Evidence::FirstSeen,
        payload,
    }
}

/// Bytes as a blob on disk.
pub(crate) struct Blob(pub(crate) Vec<u8>);

impl Kept for Blob {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, length: usize) -> Future<'_, Result<Bytes, ReadFailure>> {
        let start = usize::try_from(offset).unwrap();
        let bytes = Bytes::copy_from_slice(&self.0[start..start + length]);
        Box::pin(async move { Ok(bytes) })
    }
}

pub(crate) fn blob(size: usize) -> (Vec<u8>, Payload) {
    let bytes: Vec<u8> = (0..size)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect();
    (bytes.clone(), Payload::Kept(Arc::new(Blob(bytes))))
}

/// Lines at once.
struct Lines(VecDeque<Option<Result<String, ReadFailure>>>);

impl Arriving for Lines {
    fn length(&self) -> Option<u64> {
        None
    }

    fn next(&mut self, _at_most: usize) -> Future<'_, Result<Option<Bytes>, ReadFailure>> {
        let line = self.0.pop_front().flatten();
        Box::pin(async move { line.transpose().map(|line| line.map(Bytes::from)) })
    }
}

/// Pieces as they arrive; `None` waits for ever.
pub(crate) struct Flight {
    pub(crate) announced: Option<u64>,
    pub(crate) pieces: VecDeque<Option<Result<&'static str, &'static str>>>,
}

impl Arriving for Flight {
    fn length(&self) -> Option<u64> {
        self.announced
    }

    fn next(&mut self, _at_most: usize) -> Future<'_, Result<Option<Bytes>, ReadFailure>> {
        let piece = self.pieces.pop_front();
        Box::pin(async move {
            match piece {
                None => Ok(None),
                Some(None) => std::future::pending().await,
                Some(Some(Ok(text))) => Ok(Some(Bytes::from_static(text.as_bytes()))),
                Some(Some(Err(why))) => Err(ReadFailure(why.to_owned())),
            }
        })
    }
}

pub(crate) fn flight(
    announced: Option<u64>,
    pieces: &[Option<Result<&'static str, &'static str>>],
) -> Payload {
    Payload::Arriving(Box::new(Flight {
        announced,
        pieces: pieces.iter().copied().collect(),
    }))
}
