//! A site for tests: service, store and clock over one or more fake upstreams.

use bytes::Bytes;
use checksumdb::{Mode, VerifyOptions};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version, goproxy::ProxyList, pattern::ModulePatterns,
};
use jiff::Timestamp;
use prefetch::Level;
use protocol::{Caller, Clock, Fetching, Refusal, Resource};
use proxy::{Answer, Body, Metrics, Proxy, ProxyOptions};
use repair::{ScrubOptions, Share};
use std::{
    fs,
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{DiskOptions, Key, Store, StoreError, StoreOptions};
use tempfile::TempDir;
use testkit::upstream::FakeUpstream;
use upstream::{UpstreamOptions, Upstreams};

/// When every test begins, in seconds of the epoch.
const BEGINNING: i64 = 1_700_000_000;

/// How long an upstream may be silent where it is expected to answer; a busy machine needs this.
const PATIENT: Duration = Duration::from_secs(2);
/// The same where it is expected not to.
const IMPATIENT: Duration = Duration::from_millis(200);

pub(crate) struct Site {
    pub(crate) proxy: Proxy,
    pub(crate) store: Store,
    seconds: Arc<AtomicI64>,
    data: TempDir,
}

/// The end of a body: all of it, or as much as came.
pub(crate) type Received = Result<Vec<u8>, Vec<u8>>;

// === impl Site ===

impl Site {
    /// A site with one upstream.
    pub(crate) async fn over(upstream: &FakeUpstream) -> Self {
        Self::with_list(&upstream.url()).await
    }

    /// A site with this upstream list and deadlines that end within a test's patience.
    pub(crate) async fn with_list(list: &str) -> Self {
        Self::open(list, TempDir::new().unwrap(), BEGINNING, PATIENT).await
    }

    /// A site that gives up on a silent upstream at once; what it says then is what is tested.
    pub(crate) async fn impatient(upstream: &FakeUpstream) -> Self {
        Self::open(
            &upstream.url(),
            TempDir::new().unwrap(),
            BEGINNING,
            IMPATIENT,
        )
        .await
    }

    /// A site that keeps its data in this directory.
    pub(crate) async fn on(upstream: &FakeUpstream, data: TempDir) -> Self {
        Self::open(&upstream.url(), data, BEGINNING, PATIENT).await
    }

    /// A site that waits for a silent upstream as long as it takes.
    pub(crate) async fn patient(upstream: &FakeUpstream) -> Self {
        let data = TempDir::new().unwrap();
        let patience = Duration::from_mins(2);
        Self::open(&upstream.url(), data, BEGINNING, patience).await
    }

    /// The same data, other upstreams; as after a restart.
    pub(crate) async fn reopened(self, list: &str) -> Self {
        let (data, seconds) = (self.data, self.seconds.load(Ordering::SeqCst));
        drop(self.proxy);
        drop(self.store);
        Self::open(list, data, seconds, PATIENT).await
    }

    /// A site that fetches ahead as far as this.
    pub(crate) async fn reading_ahead(upstream: &FakeUpstream, level: Level) -> Self {
        let data = TempDir::new().unwrap();
        Self::open_with(&upstream.url(), data, BEGINNING, PATIENT, level).await
    }

    /// A site that verifies with the database of this key.
    pub(crate) async fn verifying(upstream: &FakeUpstream, key: &str, mode: Mode) -> Self {
        Self::verifying_at(
            &upstream.url(),
            TempDir::new().unwrap(),
            BEGINNING,
            key,
            mode,
        )
        .await
    }

    /// A site with this upstream list that verifies.
    pub(crate) async fn verifying_with(list: &str, key: &str, mode: Mode) -> Self {
        Self::verifying_at(list, TempDir::new().unwrap(), BEGINNING, key, mode).await
    }

    /// The same data again, verifying; as after a restart.
    pub(crate) async fn reopened_verifying(self, list: &str, key: &str, mode: Mode) -> Self {
        let (data, seconds) = (self.data, self.seconds.load(Ordering::SeqCst));
        drop(self.proxy);
        drop(self.store);
        Self::verifying_at(list, data, seconds, key, mode).await
    }

    /// The same data after a rebuild of the catalog, which could be read or not.
    pub(crate) async fn rebuilt_verifying(self, list: &str, key: &str, readable: bool) -> Self {
        let (data, seconds) = (self.data, self.seconds.load(Ordering::SeqCst));
        drop(self.proxy);
        drop(self.store);
        if !readable {
            fs::write(data.path().join("catalog.db"), "no database").unwrap();
        }
        store::maintenance::rebuild(StoreOptions::local(data.path()))
            .await
            .unwrap();
        Self::verifying_at(list, data, seconds, key, Mode::Required).await
    }

    /// Closes it; what it kept stays.
    pub(crate) fn closed(self) -> TempDir {
        drop(self.proxy);
        drop(self.store);
        self.data
    }

    /// A site that verifies, on what another one kept.
    pub(crate) async fn over_data(data: TempDir, list: &str, key: &str) -> Self {
        Self::verifying_at(list, data, BEGINNING, key, Mode::Required).await
    }

    /// The data directory.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.data.path()
    }

    /// A site that verifies, on data that is there already.
    pub(crate) async fn verifying_in(list: &str, data: TempDir, key: &str, mode: Mode) -> Self {
        Self::verifying_at(list, data, BEGINNING, key, mode).await
    }

    /// What it keeps, without the service.
    pub(crate) fn into_store(self) -> (Store, TempDir) {
        drop(self.proxy);
        (self.store, self.data)
    }

    async fn verifying_at(
        list: &str,
        data: TempDir,
        beginning: i64,
        key: &str,
        mode: Mode,
    ) -> Self {
        let verify = VerifyOptions {
            mode,
            database: Some(key.parse().unwrap()),
            private: ModulePatterns::parse("corp.example.com"),
            no_sumdb: ModulePatterns::parse("corp.example.com"),
        };
        Self::open_as(list, data, beginning, PATIENT, Level::Off, verify).await
    }

    async fn open(list: &str, data: TempDir, beginning: i64, silence: Duration) -> Self {
        Self::open_with(list, data, beginning, silence, Level::On).await
    }

    async fn open_with(
        list: &str,
        data: TempDir,
        beginning: i64,
        silence: Duration,
        prefetch: Level,
    ) -> Self {
        let verify = VerifyOptions::default();
        Self::open_as(list, data, beginning, silence, prefetch, verify).await
    }

    async fn open_as(
        list: &str,
        data: TempDir,
        beginning: i64,
        silence: Duration,
        prefetch: Level,
        verify: VerifyOptions,
    ) -> Self {
        let seconds = Arc::new(AtomicI64::new(beginning));
        let clock = {
            let seconds = Arc::clone(&seconds);
            move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap()
        };
        let store = opened(StoreOptions::local(data.path()).with_clock(clock.clone())).await;
        let metrics = Arc::new(Metrics::new());
        let deadlines = UpstreamOptions {
            connect: silence,
            header: silence,
            stall: silence,
            observer: metrics.clone(),
            ..UpstreamOptions::default()
        };
        let upstreams = Upstreams::new(&ProxyList::parse(list).unwrap(), &deadlines).unwrap();
        let options = ProxyOptions {
            clock: Clock::new(clock),
            prefetch,
            verify,
            scrub: hasty(),
            private_upstreams: Some(upstreams.clone()),
            ..ProxyOptions::default()
        };
        Self {
            proxy: Proxy::new(store.clone(), upstreams, options, metrics),
            store,
            seconds,
            data,
        }
    }

    /// The same data behind another service, whose disk is measured so.
    pub(crate) fn with_disk(self, list: &str, disk: DiskOptions) -> Self {
        let list = ProxyList::parse(list).unwrap();
        let upstreams = Upstreams::new(&list, &UpstreamOptions::default()).unwrap();
        let options = ProxyOptions {
            disk,
            prefetch: Level::Off,
            ..ProxyOptions::default()
        };
        let metrics = Arc::new(Metrics::new());
        Self {
            proxy: Proxy::new(self.store.clone(), upstreams, options, metrics),
            ..self
        }
    }

    /// Asks for everything of a version, so that all of it is kept.
    pub(crate) async fn all_of(&self, path: &str, version: &str) {
        for resource in [
            info(path, version),
            go_mod(path, version),
            zip(path, version),
        ] {
            self.bytes(resource).await;
        }
    }

    /// Lets time pass, as far as ages are concerned.
    pub(crate) fn later(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Replaces a kept zip by a damaged one, as a careless restoring of a backup would.
    pub(crate) fn flip_a_byte_of_the_largest_blob(&self) {
        let (path, bytes) = self.damaged();
        fs::remove_file(&path).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Damages a kept zip within its file.
    pub(crate) fn overwrite_a_byte_of_the_largest_blob(&self) {
        let (path, bytes) = self.damaged();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        #[expect(
            clippy::permissions_set_readonly_false,
            reason = "the file is a test's"
        )]
        permissions.set_readonly(false);
        fs::set_permissions(&path, permissions).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The file of what is kept at this path.
    pub(crate) async fn file_of(&self, path: &str) -> PathBuf {
        let key = Key::parse(path).unwrap();
        let blob = self.store.find(&key).await.unwrap().unwrap().blob;
        let name = blob.to_string();
        let blobs = self.data.path().join("blobs/sha256");
        blobs.join(&name[..2]).join(&name[2..])
    }

    /// What lies in quarantine.
    pub(crate) fn quarantine(&self) -> Vec<Vec<u8>> {
        let held = fs::read_dir(self.data.path().join("quarantine")).unwrap();
        held.map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    fn damaged(&self) -> (PathBuf, Vec<u8>) {
        let shelves = fs::read_dir(self.data.path().join("blobs/sha256")).unwrap();
        let files = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
        let largest = files
            .map(Result::unwrap)
            .max_by_key(|file| file.metadata().unwrap().len())
            .unwrap();
        let mut bytes = fs::read(largest.path()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        (largest.path(), bytes)
    }

    pub(crate) async fn ask(&self, resource: Resource) -> Result<Answer, Refusal> {
        self.proxy
            .answer(&caller(), &resource, Fetching::Allowed)
            .await
    }

    /// The whole body of what must be answered.
    pub(crate) async fn bytes(&self, resource: Resource) -> Vec<u8> {
        match self.ask(resource.clone()).await {
            Ok(answer) => read(answer.body)
                .await
                .unwrap_or_else(|part| panic!("cut after {}", part.len())),
            Err(refusal) => panic!("{resource:?}: {refusal:?}"),
        }
    }

    pub(crate) async fn text(&self, resource: Resource) -> String {
        String::from_utf8(self.bytes(resource).await).unwrap()
    }

    /// The refusal of what must be refused.
    pub(crate) async fn refusal(&self, resource: Resource) -> Refusal {
        match self.ask(resource.clone()).await {
            Ok(answer) => panic!("{resource:?} was answered: {answer:?}"),
            Err(refusal) => refusal,
        }
    }
}

/// The store, once whoever had it before has let it go: tasks of a dropped service end when they end.
async fn opened(options: StoreOptions) -> Store {
    loop {
        match Store::open(options.clone()).await {
            Err(StoreError::StoreInUse { .. }) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

/// Scrubbing without rests that writes down every blob.
fn hasty() -> ScrubOptions {
    ScrubOptions {
        period: Some(Duration::from_millis(1)),
        share: Share::percent(100).unwrap(),
        checkpoint: 1,
    }
}

/// Who asks, where it does not matter.
pub(crate) fn caller() -> Caller {
    Caller::at(IpAddr::from([192, 0, 2, 1]))
}

pub(crate) fn module(path: &str) -> ModulePath {
    ModulePath::parse(path).unwrap()
}

pub(crate) fn list(path: &str) -> Resource {
    Resource::List(module(path))
}

pub(crate) fn latest(path: &str) -> Resource {
    Resource::Latest(module(path))
}

pub(crate) fn info(path: &str, version: &str) -> Resource {
    artifact(path, version, ArtifactKind::Info)
}

pub(crate) fn go_mod(path: &str, version: &str) -> Resource {
    artifact(path, version, ArtifactKind::Mod)
}

pub(crate) fn zip(path: &str, version: &str) -> Resource {
    artifact(path, version, ArtifactKind::Zip)
}

pub(crate) fn query(path: &str, query: &str) -> Resource {
    Resource::Query {
        module: module(path),
        query: query.to_owned(),
    }
}

fn artifact(path: &str, version: &str, kind: ArtifactKind) -> Resource {
    Resource::Artifact(Artifact {
        module: module(path),
        version: Version::parse(version).unwrap(),
        kind,
    })
}

/// A refusal's words.
pub(crate) fn words(refusal: &Refusal) -> String {
    refusal.facts()
}

/// Reads a body to its end.
pub(crate) async fn read(body: Body) -> Received {
    match body {
        Body::Bytes(bytes) => Ok(bytes.to_vec()),
        Body::Announced(_) => panic!("only a head"),
        Body::Blob(blob) => {
            let length = usize::try_from(blob.size()).unwrap();
            Ok(blob.read_at(0, length).await.unwrap().to_vec())
        }
        Body::Flight(mut reader) => {
            let mut read = Vec::new();
            loop {
                match reader.next(usize::MAX).await {
                    Ok(Some(bytes)) => read.extend_from_slice(&bytes),
                    Ok(None) => return Ok(read),
                    Err(_) => return Err(read),
                }
            }
        }
    }
}

/// The first bytes of a body that is arriving, and the rest of it to be read.
pub(crate) async fn first_bytes(answer: Answer) -> (Bytes, ingest::flight::Reader) {
    let Body::Flight(mut reader) = answer.body else {
        panic!("not arriving: {answer:?}")
    };
    let first = reader.next(usize::MAX).await.unwrap().unwrap();
    (first, reader)
}
