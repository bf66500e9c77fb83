//! The production service: [`Proxy`], its readers as the two shapes of bodies.

use super::{
    Arriving, AtHand, Future, IndexEntry, Kept, Payload, ReadFailure, Readiness, Reply, Service,
};
use bytes::Bytes;
use gomod::ModulePath;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use proxy::{
    Answer, Body, Caller, Fetching, JournalFile, Proxy, Refusal, Resource, Status, flight,
    prefetch::{Kinds, PrefetchJob},
};
use std::sync::Arc;
use store::BlobReader;

/// Bytes of a line of progress: five numbers and their names.
const PROGRESS_LINE: usize = 256;

impl Service for Proxy {
    async fn answer(
        &self,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> Result<Reply, Refusal> {
        Self::answer(self, caller, resource, fetching)
            .await
            .map(Reply::from)
    }

    fn at_hand(&self, caller: &Caller, path: &str) -> Option<AtHand> {
        let (resource, answer) = Self::at_hand(self, caller, path)?;
        Some(AtHand {
            resource,
            reply: answer.into(),
        })
    }

    async fn refresh(&self, module: &ModulePath) -> Result<u64, Refusal> {
        Self::refresh(self, module).await
    }

    async fn prefetch(
        &self,
        caller: &Caller,
        list: Bytes,
        kinds: Kinds,
    ) -> Result<Box<dyn Arriving>, Refusal> {
        let job = Self::prefetch(self, caller, list, kinds).await?;
        Ok(Box::new(job))
    }

    async fn sums(&self, list: Bytes) -> Result<String, Refusal> {
        let sums = Self::sums(self, list).await?;
        serde_json::to_string(&sums).map_err(|error| Refusal::internal(&error.to_string()))
    }

    async fn vulnerability_file(&self, path: &str) -> Result<Reply, Refusal> {
        let answer = Self::vulnerability_file(self, path).await;
        answer.map(Reply::from)
    }

    async fn examine(&self, list: Bytes) -> Result<String, Refusal> {
        let examined = Self::examine(self, &list).await?;
        serde_json::to_string(&examined).map_err(|error| Refusal::internal(&error.to_string()))
    }

    async fn index(&self, since: Timestamp, limit: usize) -> Result<Vec<IndexEntry>, Refusal> {
        let entries = Self::index(self, since, limit).await?;
        Ok(entries.into_iter().map(IndexEntry::from).collect())
    }

    async fn status(&self) -> Result<Status, Refusal> {
        Self::status(self).await
    }

    async fn journal(&self, file: JournalFile) -> Result<Reply, Refusal> {
        Self::journal(self, file).await.map(Reply::from)
    }

    async fn echo(&self, name: &str, note: Bytes) -> Result<String, Refusal> {
        Self::echo(self, name, &note).await.map(str::to_owned)
    }

    fn is_private(&self, resource: &Resource) -> bool {
        Self::is_private(self, resource)
    }

    fn is_private_text(&self, text: &str) -> bool {
        Self::is_private_text(self, text)
    }

    fn names_others(&self, resource: &Resource) -> bool {
        Self::names_others(self, resource)
    }

    fn readiness(&self) -> Readiness {
        let proxy::Readiness { ready, degraded } = Self::readiness(self);
        Readiness { ready, degraded }
    }

    fn register(&self, registry: &mut Registry) {
        Self::register(self, registry);
    }

    async fn observe(&self) {
        Self::observe(self).await;
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self {
            media: answer.media,
            freshness: answer.freshness,
            hash: answer.hash,
            origin: answer.origin,
            evidence: answer.evidence,
            payload: match answer.body {
                Body::Bytes(bytes) => Payload::Bytes(bytes),
                Body::Blob(blob) => Payload::Kept(Arc::new(blob)),
                Body::Flight(reader) => Payload::Arriving(Box::new(reader)),
                Body::Announced(length) => Payload::Announced(length),
            },
        }
    }
}

impl From<store::IndexEntry> for IndexEntry {
    fn from(entry: store::IndexEntry) -> Self {
        Self {
            path: entry.module.to_string(),
            version: entry.version.to_string(),
            timestamp: entry.timestamp,
        }
    }
}

impl Kept for BlobReader {
    fn size(&self) -> u64 {
        Self::size(self)
    }

    fn read_now(&self, offset: u64, length: usize) -> Option<Bytes> {
        Self::read_now(self, offset, length)
    }

    fn read_at(&self, offset: u64, length: usize) -> Future<'_, Result<Bytes, ReadFailure>> {
        Box::pin(async move {
            Self::read_at(self, offset, length)
                .await
                .map_err(|error| ReadFailure(error.to_string()))
        })
    }
}

/// Progress is told a line at a time.
impl Arriving for PrefetchJob {
    fn length(&self) -> Option<u64> {
        None
    }

    fn largest_piece(&self) -> usize {
        PROGRESS_LINE
    }

    fn next(&mut self, _at_most: usize) -> Future<'_, Result<Option<Bytes>, ReadFailure>> {
        Box::pin(async move {
            let Some(progress) = Self::next(self).await else {
                return Ok(None);
            };
            let mut line =
                serde_json::to_vec(&progress).map_err(|error| ReadFailure(error.to_string()))?;
            line.push(b'\n');
            Ok(Some(line.into()))
        })
    }
}

impl Arriving for flight::Reader {
    fn length(&self) -> Option<u64> {
        Self::length(self)
    }

    fn ready(&mut self) -> Future<'_, Result<(), ReadFailure>> {
        Box::pin(async move {
            Self::ready(self).await;
            Ok(())
        })
    }

    fn next(&mut self, at_most: usize) -> Future<'_, Result<Option<Bytes>, ReadFailure>> {
        Box::pin(async move {
            Self::next(self, at_most)
                .await
                .map_err(|error| ReadFailure(error.to_string()))
        })
    }
}
