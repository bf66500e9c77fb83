//! Verification, with databases and sources that lie.

mod causes;
mod heal;
mod injections;
mod lies;
mod mirror;
mod passed_on;
mod pending;
mod repeats;

use crate::site::Site;
use checksumdb::Mode;
use protocol::Resource;
use store::Decision;
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    upstream::FakeUpstream,
};

const NAME: &str = "sum.example.com/2026";

/// An upstream that mirrors its own checksum database.
pub(crate) struct World {
    pub(crate) upstream: FakeUpstream,
    database: Database,
}

// === impl World ===

impl World {
    /// A log of some size in which the modules stand.
    pub(crate) fn of(modules: &[Module]) -> Self {
        let mut database = Database::new(NAME, 1);
        database.fill(300);
        let mut corpus = Corpus::new();
        for module in modules {
            corpus.add(module);
            database.log(module);
        }
        database.fill(7);
        database.publish(&mut corpus);
        Self {
            upstream: FakeUpstream::start(corpus),
            database,
        }
    }

    pub(crate) async fn site(&self, mode: Mode) -> Site {
        Site::verifying(&self.upstream, &self.database.key(), mode).await
    }

    fn publish(&self, database: &Database) {
        self.upstream.change(|corpus| database.publish(corpus));
    }

    pub(crate) fn put(&self, path: &str, content: impl Into<bytes::Bytes>) {
        self.upstream.change(|corpus| corpus.put(path, content));
    }

    fn sumdb(path: &str) -> String {
        format!("sumdb/{NAME}/{path}")
    }
}

fn sumdb(path: &str) -> Resource {
    Resource::Sumdb {
        name: NAME.to_owned(),
        path: path.to_owned(),
    }
}

fn module(name: &str) -> Module {
    Module::new(&format!("example.com/{name}"), "v1.0.0").noise(7, 2000)
}

/// The alarms in the journal: kind and severity.
async fn alarms(site: &Site) -> Vec<(String, String)> {
    let entries = site.store.journal(0, 10_000).await.unwrap();
    let alarms = entries
        .into_iter()
        .filter_map(|entry| match entry.decision {
            Decision::Event { event, detail, .. } => {
                let kind = event.strip_prefix("alarm-")?.to_owned();
                Some((kind, detail.split(':').next()?.to_owned()))
            }
            _ => None,
        });
    alarms.collect()
}
