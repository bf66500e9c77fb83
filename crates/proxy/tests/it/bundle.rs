//! Bundles: carried from a site to another, honest and forged.

mod damage;
mod forged;
mod heads;
mod parts;
mod round_trip;

use crate::site::{Site, go_mod, info, zip};
use ::bundle::{Digest, ReadAt as _};
use checksumdb::Mode;
use codes::Code;
use exchange::{
    Admission, BundleExport, BundleExportError, BundleReport, BundleRequest, BundleSelection,
    Intent, export_bundle, import_bundle,
};
use gomod::{goproxy::ProxyList, pattern::ModulePatterns};
use std::{fs::File, io::Write as _};
use store::{Record, Store, StoreOptions};
use tempfile::TempDir;
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    upstream::FakeUpstream,
};
use upstream::{UpstreamOptions, Upstreams};

const NAME: &str = "sum.example.com/2026";

/// A site that reaches an upstream, and the database that this upstream mirrors.
struct Sender {
    upstream: FakeUpstream,
    database: Database,
    site: Site,
}

/// A store that reaches nobody.
struct Far {
    store: Store,
    directory: TempDir,
}

// === impl Sender ===

impl Sender {
    /// A site that keeps these modules; the log has `before` records in front of theirs.
    async fn keeping(before: usize, modules: &[Module]) -> Self {
        let (mut database, mut corpus) = (Database::new(NAME, 1), Corpus::new());
        database.fill(before);
        for module in modules {
            corpus.add(module);
            database.log(module);
        }
        database.publish(&mut corpus);
        let upstream = FakeUpstream::start(corpus);
        let site = Site::verifying(&upstream, &database.key(), Mode::Required).await;
        let sender = Self {
            upstream,
            database,
            site,
        };
        for module in modules {
            sender.keep(module.path()).await;
        }
        sender
    }

    /// Has a module logged, behind `before` other records, and keeps it.
    async fn log(&mut self, before: usize, module: &Module) {
        self.database.fill(before);
        self.database.log(module);
        self.upstream.change(|corpus| {
            corpus.add(module);
            self.database.publish(corpus);
        });
        self.keep(module.path()).await;
    }

    async fn keep(&self, path: &str) {
        for resource in [
            info(path, "v1.0.0"),
            go_mod(path, "v1.0.0"),
            zip(path, "v1.0.0"),
        ] {
            self.site.bytes(resource).await;
        }
    }

    fn admission(&self) -> Admission {
        admission(&[&self.database.key()])
    }

    async fn export(&self) -> Vec<u8> {
        self.export_with(BundleSelection::everything(), &[]).await.0
    }

    async fn export_with(
        &self,
        selection: BundleSelection,
        since: &[u64],
    ) -> (Vec<u8>, BundleExport) {
        self.try_export(selection, since).await.unwrap()
    }

    async fn try_export(
        &self,
        selection: BundleSelection,
        since: &[u64],
    ) -> Result<(Vec<u8>, BundleExport), BundleExportError> {
        let request = BundleRequest {
            private: ModulePatterns::default(),
            selection,
            keys: vec![self.database.key().parse().unwrap()],
            since: since.to_vec(),
        };
        let list = ProxyList::parse("off").unwrap();
        let nobody = Upstreams::new(&list, &UpstreamOptions::default()).unwrap();
        let file = tempfile::tempfile().unwrap();
        let told = export_bundle(&self.site.store, &nobody, &request, &file, |_, _| {}).await?;
        Ok((content(&file), told))
    }
}

// === impl Far ===

impl Far {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let store = Store::open(StoreOptions::local(directory.path()));
        let store = store.await.unwrap();
        Self { store, directory }
    }

    async fn import(&self, bundle: &[u8], admission: &Admission) -> BundleReport {
        self.look(bundle, admission, Intent::Keep).await
    }

    async fn look(&self, bundle: &[u8], admission: &Admission, intent: Intent) -> BundleReport {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bundle).unwrap();
        let report = import_bundle(
            &self.store,
            file,
            admission,
            intent,
            "import test",
            |_, _, _| {},
        );
        report.await.unwrap()
    }

    /// Imports what must be refused for one reason only; nothing of it is kept.
    #[track_caller]
    fn refused(&self, report: &BundleReport, code: Code) -> impl Future<Output = ()> {
        let codes: Vec<Code> = report.problems.iter().map(|problem| problem.code).collect();
        assert!(!codes.is_empty(), "nothing was found wrong");
        assert!(
            codes.iter().all(|found| *found == code),
            "{:#?}",
            report.problems
        );
        assert_eq!(report.captured, 0);
        self.assert_empty()
    }

    async fn assert_empty(&self) {
        assert_eq!(self.kept().await, []);
        assert_eq!(
            self.store
                .state(&format!("sumdb/{NAME}/latest"))
                .await
                .unwrap(),
            None
        );
        let tiles = self.store.tiles(NAME, vec![(0, 0), (0, 1), (1, 0)]).await;
        assert_eq!(tiles.unwrap(), [None, None, None]);
        assert_eq!(self.store.journal(0, 10).await.unwrap(), []);
    }

    async fn kept(&self) -> Vec<Record> {
        self.store.captures("", 1000).await.unwrap().records
    }

    async fn evidence(&self) -> Vec<(String, String)> {
        let kept = self.kept().await.into_iter();
        kept.map(|record| (record.key.path(), record.evidence.to_string()))
            .collect()
    }

    /// Serves what was imported, with proof required and nobody to ask.
    async fn site(self, key: &str) -> Site {
        drop(self.store);
        Site::verifying_in("off", self.directory, key, Mode::Required).await
    }
}

fn admission(keys: &[&str]) -> Admission {
    Admission {
        keys: keys.iter().map(|key| key.parse().unwrap()).collect(),
        private: ModulePatterns::parse("corp.example.com"),
        allow_unproven: false,
    }
}

fn module(name: &str) -> Module {
    Module::new(&format!("example.com/{name}"), "v1.0.0")
}

fn content(file: &File) -> Vec<u8> {
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let mut bytes = vec![0; length];
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), length);
    bytes
}

fn hash(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}
