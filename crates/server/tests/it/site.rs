//! A server over the real service, a store in a temporary directory, and an upstream that misbehaves
//! by plan.

use checksumdb::{OwnOptions, VerifyOptions};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version, goproxy::ProxyList, pattern::ModulePatterns,
};
use parking_lot::Mutex;
use prefetch::Level;
use prometheus_client::registry::Registry;
use protocol::{Caller, Fetching, Refusal, Resource};
use proxy::{Answer, Body, Metrics, Proxy, ProxyOptions};
use server::{AnswerObserver, DrainReport, Limits, ListenAddress, Listener, Server, StopReason};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{BlobId, Store, StoreOptions, own};
use tempfile::TempDir;
use testkit::{
    fixture::{Corpus, Module},
    upstream::FakeUpstream,
};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use upstream::{UpstreamOptions, Upstreams};

/// Longer than any test waits for anything: what ends an answer is what the test is about.
const FOR_EVER: Duration = Duration::from_hours(100);

/// Names that must stay here.
const PRIVATE: &str = "private.example.com";

/// A checksum database of the site's own.
pub(crate) const OWN_DATABASE: &str = "sum.example.com/2026";

/// The service and all that is below it.
pub(crate) struct Site {
    pub(crate) upstream: FakeUpstream,
    pub(crate) proxy: Proxy,
    pub(crate) requests: Arc<ObservedRequests>,
    _data: TempDir,
}

/// A server under test; ends when dropped or stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) site: Site,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<DrainReport>,
}

/// What an observer of the server saw.
#[derive(Default)]
pub(crate) struct ObservedRequests {
    pub(crate) count: AtomicUsize,
    /// Told when a request begins, and when its answer is ready or nobody waits for it any more.
    pub(crate) began: Notify,
    pub(crate) ended: Notify,
    /// What was answered or refused, in order.
    pub(crate) results: Mutex<Vec<String>>,
}

// === impl ObservedRequests ===

impl AnswerObserver for ObservedRequests {
    fn request_began(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.began.notify_one();
    }

    fn request_ended(&self) {
        self.ended.notify_one();
    }

    fn answered(&self, resource: &Resource, answer: &Answer) {
        let result = format!("{} {}", resource.kind(), answer.origin);
        self.results.lock().push(result);
    }

    fn refused(&self, resource: &Resource, refusal: &Refusal) {
        let result = format!("{} {}", resource.kind(), refusal.code);
        self.results.lock().push(result);
    }
}

/// The usual module, with a zip of about `length` bytes.
pub(crate) fn module(length: usize) -> Module {
    Module::new("example.com/x", "v1.0.0").noise(1, length)
}

/// The hash of bytes as an entity tag.
pub(crate) fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", BlobId::of(bytes))
}

// === impl Site ===

impl Site {
    /// A site of which nothing is kept, over an upstream with these modules.
    pub(crate) async fn over(modules: &[Module]) -> Self {
        let data = TempDir::new().unwrap();
        let options = StoreOptions::local(data.path());
        Self::open(modules, data, options, FOR_EVER).await
    }

    /// The same with the usual module, all of it kept.
    pub(crate) async fn kept(length: usize) -> Self {
        let site = Self::over(&[module(length)]).await;
        site.keep("example.com/x", "v1.0.0").await;
        site
    }

    /// The same, but with blobs in an object store.
    pub(crate) async fn kept_in(length: usize, blobs: Arc<dyn object_store::ObjectStore>) -> Self {
        let data = TempDir::new().unwrap();
        let options = StoreOptions::remote(data.path(), blobs, "modkeep");
        let site = Self::open(&[module(length)], data, options, FOR_EVER).await;
        site.keep("example.com/x", "v1.0.0").await;
        site
    }

    /// A site that gives a silent upstream up at once.
    pub(crate) async fn impatient(modules: &[Module]) -> Self {
        let data = TempDir::new().unwrap();
        let options = StoreOptions::local(data.path());
        Self::open(modules, data, options, Duration::from_millis(200)).await
    }

    async fn open(
        modules: &[Module],
        data: TempDir,
        options: StoreOptions,
        silence: Duration,
    ) -> Self {
        own::init(data.path(), OWN_DATABASE).unwrap();
        let corpus = modules.iter().fold(Corpus::new(), Corpus::with);
        let upstream = FakeUpstream::start(corpus);
        let store = Store::open(options).await.unwrap();
        let metrics = Arc::new(Metrics::new());
        let deadlines = UpstreamOptions {
            connect: silence,
            header: silence,
            silence,
            stall: silence,
            breaker: false,
            hedge: false,
            observer: metrics.clone(),
            ..UpstreamOptions::default()
        };
        let list = ProxyList::parse(&upstream.url()).unwrap();
        let upstreams = Upstreams::new(&list, &deadlines).unwrap();
        let options = ProxyOptions {
            prefetch: Level::Off,
            verify: VerifyOptions {
                private: ModulePatterns::parse(PRIVATE),
                no_sumdb: ModulePatterns::parse(PRIVATE),
                ..VerifyOptions::default()
            },
            own: OwnOptions {
                databases: store.own_databases().unwrap(),
                active: Some(OWN_DATABASE.to_owned()),
                ..OwnOptions::default()
            },
            private_upstreams: Some(upstreams.clone()),
            ..ProxyOptions::default()
        };
        let proxy = Proxy::new(store, upstreams, options, metrics);
        proxy.begin().await;
        Self {
            upstream,
            proxy,
            requests: Arc::default(),
            _data: data,
        }
    }

    /// Has all of a version captured.
    pub(crate) async fn keep(&self, path: &str, version: &str) {
        for kind in ArtifactKind::ALL {
            let resource = Resource::Artifact(Artifact {
                module: ModulePath::parse(path).unwrap(),
                version: Version::parse(version).unwrap(),
                kind,
            });
            let caller = Caller::at(Ipv4Addr::LOCALHOST.into());
            let answer = self
                .proxy
                .answer(&caller, &resource, Fetching::Allowed)
                .await;
            if let Body::Flight(mut reader) = answer.unwrap().body {
                while reader.next(1 << 20).await.unwrap().is_some() {}
            }
        }
        self.proxy.settled().await;
    }

    pub(crate) fn start(self) -> Running {
        self.start_with(Limits::default())
    }

    pub(crate) fn start_with(self, limits: Limits) -> Running {
        let server = self.bind(limits);
        self.run(server)
    }

    pub(crate) fn start_serving_hosts(self, hosts: &[&str]) -> Running {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        let server = self.bind(Limits::default()).serving_hosts(hosts);
        self.run(server)
    }

    /// With an address of their own for operators.
    pub(crate) fn start_with_admin(self) -> (Running, SocketAddr) {
        let admin = anywhere();
        let address = admin.address().tcp().unwrap();
        let server = self.bind(Limits::default()).with_admin(vec![admin]);
        (self.run(server), address)
    }

    /// As `serve` has it: nobody looks on.
    pub(crate) fn start_unobserved(self) -> Running {
        let listeners = vec![anywhere()];
        let proxy = self.proxy.clone();
        let server = Server::on(listeners, proxy, Limits::default(), Registry::default());
        self.run(server)
    }

    fn bind(&self, limits: Limits) -> Server {
        let proxy = self.proxy.clone();
        Server::on(vec![anywhere()], proxy, limits, Registry::default())
            .observed_by(Arc::clone(&self.requests) as _)
    }

    fn run(self, server: Server) -> Running {
        let address = server.listeners()[0].address().tcp().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            drop(stopped.await);
            StopReason::Ordered
        }));
        Running {
            address,
            site: self,
            stop: Some(stop),
            task,
        }
    }
}

/// A socket at any free port.
fn anywhere() -> Listener {
    let address = "127.0.0.1:0".parse().unwrap();
    Listener::bind(&ListenAddress::Tcp(address)).unwrap()
}

// === impl Running ===

impl Running {
    /// Gives the order to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(&mut self) -> DrainReport {
        (&mut self.task).await.unwrap()
    }
}
