//! What came from where: counts around a service, for the summary of `run`.

use crate::output;
use bytes::Bytes;
use gomod::{Artifact, ModulePath};
use jiff::Timestamp;
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use proxy::{Caller, Fetching, JournalFile, Origin, Refusal, Resource, Status, prefetch::Kinds};
use server::{Arriving, AtHand, IndexEntry, Readiness, Reply, Service};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// A service whose answers are counted.
pub(super) struct Counting<S> {
    inner: S,
    tally: Arc<Tally>,
}

/// Counts of one run. Only artifacts are counted: lists and databases are means to them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    kept: AtomicU64,
    /// Artifacts by source; a handful of names from the operator's own list.
    fetched: Mutex<BTreeMap<String, u64>>,
    bytes: AtomicU64,
    absent: AtomicU64,
    refused: AtomicU64,
    asked_now: AtomicU64,
    last_refusal: Mutex<Option<String>>,
}

// === impl Counting ===

impl<S> Counting<S> {
    pub(super) fn new(inner: S, tally: Arc<Tally>) -> Self {
        Self { inner, tally }
    }
}

impl<S: Service> Service for Counting<S> {
    async fn answer(
        &self,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> Result<Reply, Refusal> {
        let asking = Asking::new(&self.tally);
        let result = self.inner.answer(caller, resource, fetching).await;
        drop(asking);
        match (&result, resource) {
            (Ok(reply), Resource::Artifact(_)) => self.tally.answered(reply),
            (Err(refusal), _) => self.tally.refused(refusal, resource),
            _ => {}
        }
        result
    }

    fn at_hand(&self, caller: &Caller, path: &str) -> Option<AtHand> {
        let at_hand = self.inner.at_hand(caller, path)?;
        if matches!(*at_hand.resource, Resource::Artifact(_)) {
            self.tally.answered(&at_hand.reply);
        }
        Some(at_hand)
    }

    async fn refresh(&self, module: &ModulePath) -> Result<u64, Refusal> {
        self.inner.refresh(module).await
    }

    async fn prefetch(
        &self,
        caller: &Caller,
        list: Bytes,
        kinds: Kinds,
    ) -> Result<Box<dyn Arriving>, Refusal> {
        self.inner.prefetch(caller, list, kinds).await
    }

    async fn sums(&self, list: Bytes) -> Result<String, Refusal> {
        self.inner.sums(list).await
    }

    async fn vulnerability_file(&self, path: &str) -> Result<Reply, Refusal> {
        self.inner.vulnerability_file(path).await
    }

    async fn examine(&self, list: Bytes) -> Result<String, Refusal> {
        self.inner.examine(list).await
    }

    async fn echo(&self, name: &str, note: Bytes) -> Result<String, Refusal> {
        self.inner.echo(name, note).await
    }

    async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, Refusal> {
        self.inner.index(since, limit).await
    }

    async fn status(&self) -> Result<Status, Refusal> {
        self.inner.status().await
    }

    async fn journal(&self, file: JournalFile) -> Result<Reply, Refusal> {
        self.inner.journal(file).await
    }

    fn is_private(&self, resource: &Resource) -> bool {
        self.inner.is_private(resource)
    }

    fn is_private_text(&self, text: &str) -> bool {
        self.inner.is_private_text(text)
    }

    fn names_others(&self, resource: &Resource) -> bool {
        self.inner.names_others(resource)
    }

    fn readiness(&self) -> Readiness {
        self.inner.readiness()
    }

    fn register(&self, registry: &mut Registry) {
        self.inner.register(registry);
    }

    async fn observe(&self) {
        self.inner.observe().await;
    }
}

/// One more request being worked on, for as long as this lives.
struct Asking<'a>(&'a Tally);

impl<'a> Asking<'a> {
    fn new(tally: &'a Tally) -> Self {
        tally.asked_now.fetch_add(1, Relaxed);
        Self(tally)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asked_now.fetch_sub(1, Relaxed);
    }
}

// === impl Tally ===

impl Tally {
    fn answered(&self, reply: &Reply) {
        self.bytes
            .fetch_add(reply.payload.length().unwrap_or_default(), Relaxed);
        match &reply.origin {
            Origin::Upstream(name) => *self.fetched.lock().entry(name.clone()).or_default() += 1,
            _ => drop(self.kept.fetch_add(1, Relaxed)),
        }
    }

    /// Absence is an everyday answer: `go` probes prefixes. A refusal of ours is not.
    fn refused(&self, refusal: &Refusal, resource: &Resource) {
        if matches!(refusal.status, 404 | 410) {
            self.absent.fetch_add(1, Relaxed);
        } else {
            self.refused.fetch_add(1, Relaxed);
            *self.last_refusal.lock() = Some(format!("{} ({})", refusal.code, subject(resource)));
        }
    }

    fn total_fetched(&self) -> u64 {
        self.fetched.lock().values().sum()
    }

    /// One line, while it runs.
    pub(super) fn progress(&self) -> String {
        match self.asked_now.load(Relaxed) {
            0 => String::new(),
            open => format!(
                "modkeep: {} from the store, {} fetched, {open} under way",
                self.kept.load(Relaxed),
                self.total_fetched()
            ),
        }
    }

    /// What to say at the end.
    pub(super) fn summary(&self, data: &Path, sources: &str) -> String {
        let kept = self.kept.load(Relaxed);
        let mut text = format!(
            "modkeep: {kept} artifacts from the store ({})",
            data.display()
        );
        for (source, count) in &*self.fetched.lock() {
            let _ = write!(text, ", {count} from {source}");
        }
        if self.total_fetched() == 0 {
            let _ = write!(text, ", none from upstream ({sources})");
        }
        let _ = write!(text, "; {} in all", output::size(self.bytes.load(Relaxed)));
        if let absent @ 1.. = self.absent.load(Relaxed) {
            let _ = write!(text, "; {absent} not found");
        }
        if let (refused @ 1.., Some(last)) =
            (self.refused.load(Relaxed), &*self.last_refusal.lock())
        {
            let _ = write!(text, "; {refused} refused, last {last}");
        }
        text
    }
}

fn subject(resource: &Resource) -> String {
    match resource {
        Resource::Artifact(Artifact {
            module,
            version,
            kind,
        }) => format!("{module}@{version} {kind}"),
        Resource::Sumdb { name, path } => format!("{name}/{path}"),
        other => format!(
            "{} {}",
            other.kind(),
            other.module().map(ToString::to_string).unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use bytes::Bytes;
    use codes::Code;
    use gomod::ModulePath;
    use proxy::{Freshness, Media, Origin, Refusal, Resource};
    use server::{Payload, Reply};
    use std::path::Path;

    fn reply(origin: Origin) -> Reply {
        Reply {
            media: Media::Zip,
            freshness: Freshness::Immutable,
            hash: None,
            origin,
            evidence: protocol::Evidence::Unclaimed,
            payload: Payload::Bytes(Bytes::from_static(b"0123456789")),
        }
    }

    #[test]
    fn the_summary_says_what_came_from_where() {
        let tally = Tally::default();
        let list = Resource::List(ModulePath::parse("example.com/x").unwrap());
        assert_eq!(
            tally.summary(Path::new("/d"), "https://a.example.com, direct"),
            "modkeep: 0 artifacts from the store (/d), none from upstream (https://a.example.com, direct); 0 B in all"
        );
        for origin in [
            Origin::Store,
            Origin::Memory,
            Origin::Upstream("https://a.example.com".to_owned()),
        ] {
            tally.answered(&reply(origin));
        }
        tally.refused(&Refusal::relayed(404, "not found"), &list);
        tally.refused(&Refusal::new(Code::UpstreamTimeout, "x"), &list);
        assert_eq!(
            tally.summary(Path::new("/d"), ""),
            "modkeep: 2 artifacts from the store (/d), 1 from https://a.example.com; 30 B in all; 1 not found; \
             1 refused, last MK2004 (list example.com/x)"
        );
    }
}
