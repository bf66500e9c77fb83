//! Checksum databases, mirrored: `sumdb/NAME/{supported,latest,lookup/...,tile/...}`.
//!
//! A lookup and a full tile never change, so they are kept for ever like artifacts: that is what
//! lets a client check its modules while the database cannot be reached. A tree head and a partial
//! tile are superseded by newer ones and are only remembered; a partial tile that is missing is cut
//! from the full tile of the same number, of which it is the beginning.
//!
//! Nothing is proven here: the client does that itself, and finds a lying mirror out.

use crate::{
    answer::{Answer, Freshness, Media, Origin},
    capture::{self, Lost},
    check::Wrong,
    context::Context,
    flight::Outcome,
    kept::Kept,
    refusal::Refusal,
    remembered::{Fallback, Recalled, Subject},
    resource::{Fetching, Resource},
    versions::origin_of,
};
use bytes::Bytes;
use codes::Code;
use std::sync::Arc;
use store::{Key, MemoClass};
use upstream::{DatabaseOutcome, Download};

/// Bytes of one hash in a tile.
const HASH: usize = 32;
/// Hashes of a full tile: tiles are 8 levels high.
const FULL_TILE: usize = 256;

// === impl Context ===

impl Context {
    /// Answers a request below `sumdb/`.
    pub(crate) async fn sumdb(self: &Arc<Self>, name: &str, path: &str, fetching: Fetching) -> Result<Answer, Refusal> {
        if is_permanent(path) { self.record(name, path, fetching).await } else { self.changing(name, path, fetching).await }
    }

    async fn record(self: &Arc<Self>, name: &str, path: &str, fetching: Fetching) -> Result<Answer, Refusal> {
        let key = Key::Sumdb { name: name.to_owned(), path: path.to_owned() };
        if let Some(answer) = self.kept(&key).await? {
            return Ok(answer);
        }
        if fetching == Fetching::Never {
            return Err(Refusal::not_kept(&key.path()));
        }
        let resource = Resource::Sumdb { name: name.to_owned(), path: path.to_owned() };
        let (context, subject) = (Arc::clone(self), key.clone());
        let fetched = self.captures.run(resource, || async move { context.capture_record(subject).await });
        let kept = fetched.await.unwrap_or_else(|| Err(Refusal::internal("fetching ended without a result")))?;
        let origin = Origin::Upstream(kept.record.source.clone());
        let answer = self.kept(&key).await?;
        answer.map(|answer| Answer { origin, ..answer }).ok_or_else(|| Refusal::internal("a record vanished"))
    }

    async fn capture_record(&self, key: Key) -> Outcome {
        let Key::Sumdb { name, path } = &key else { return Err(Refusal::internal("no database record")) };
        match self.upstreams.sumdb(name, path).await {
            DatabaseOutcome::Found(download) => Ok(self.receive_record(&key, path, download).await?),
            DatabaseOutcome::Absent(absence) => Err(Refusal::relayed(absence.status, absence.text)),
            DatabaseOutcome::NotMirrored => Err(Refusal::new(Code::SumdbUnsupported, name)),
            DatabaseOutcome::Unavailable(outage) => Err(outage.into()),
        }
    }

    async fn receive_record(&self, key: &Key, path: &str, mut download: Download) -> Result<Kept, Lost> {
        let source = download.source.to_string();
        let bytes = capture::collect(self, &mut download).await?;
        if let Err(wrong) = check(path, &bytes) {
            tracing::warn!(%key, source, problem = %wrong, "wrong content thrown away");
            return Err(Lost::Body(wrong.into()));
        }
        Ok(capture::keep_small(self, key.clone(), bytes, None, &source).await?)
    }

    async fn changing(self: &Arc<Self>, name: &str, path: &str, fetching: Fetching) -> Result<Answer, Refusal> {
        let subject = Subject { class: MemoClass::Sumdb, path: format!("sumdb/{name}/{path}"), module: None };
        let refusal = match self.recall(&subject, fetching, Fallback::None).await? {
            Recalled::Fresh(answer) if answer.is_known() => {
                return Ok(self.document(media(path), origin_of(&answer), answer.body.clone()));
            }
            Recalled::Stale(answer) if answer.is_known() => {
                return Ok(self.document(media(path), Origin::Stale, answer.body.clone()));
            }
            Recalled::Fresh(absence) | Recalled::Stale(absence) => absence.absence(),
            Recalled::Missing(refusal) => refusal,
        };
        match self.cut_from_full_tile(name, path).await? {
            Some(body) => {
                let answer = self.document(Media::Octets, Origin::Computed, body);
                Ok(Answer { freshness: Freshness::Immutable, ..answer })
            }
            None => Err(refusal),
        }
    }

    async fn cut_from_full_tile(&self, name: &str, path: &str) -> Result<Option<Bytes>, Refusal> {
        let Some((full, width)) = partial(path) else { return Ok(None) };
        let key = Key::Sumdb { name: name.to_owned(), path: full.to_owned() };
        let Some(record) = self.store.find(&key).await.map_err(|error| self.store_failure(error))? else {
            return Ok(None);
        };
        let bytes = self.store.read_small(&record).await.map_err(|error| self.store_failure(error))?;
        Ok((bytes.len() == FULL_TILE * HASH).then(|| bytes.slice(..width * HASH)))
    }
}

/// Splits `sumdb/NAME/PATH`, NAME being everything before the last part that belongs to the protocol.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let rest = path.strip_prefix("sumdb/").unwrap_or(path);
    let marks = ["/lookup/", "/tile/", "/supported", "/latest"];
    let at = marks.iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
    let (name, path) = rest.split_at(at);
    (name, path.trim_start_matches('/'))
}

/// Lookups and full tiles never change.
fn is_permanent(path: &str) -> bool {
    path.starts_with("lookup/") || (path.starts_with("tile/") && partial(path).is_none())
}

/// The full tile a partial hash tile is the beginning of, and how many hashes it holds.
fn partial(path: &str) -> Option<(&str, usize)> {
    let (full, width) = path.strip_prefix("tile/").and(path.rsplit_once(".p/"))?;
    let width = width.parse().ok().filter(|width| (1..FULL_TILE).contains(width))?;
    Some((full, width))
}

fn is_data_tile(path: &str) -> bool {
    path.split('/').nth(2) == Some("data")
}

fn media(path: &str) -> Media {
    if path.starts_with("tile/") { Media::Octets } else { Media::Text }
}

/// Whether bytes can be this permanent record.
pub(crate) fn check(path: &str, bytes: &[u8]) -> Result<(), Wrong> {
    if path.starts_with("lookup/") {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let (head, note) = text.split_once("\n\n").unwrap_or_default();
        let numbered = head.lines().next().is_some_and(|line| line.parse::<u64>().is_ok());
        return if numbered && note.contains("\n\n") {
            Ok(())
        } else {
            Err(Wrong::new(Code::UpstreamBadContent, "it is no record with a signed tree head"))
        };
    }
    if !is_data_tile(path) && bytes.len() != FULL_TILE * HASH {
        return Err(Wrong::new(Code::UpstreamBadContent, format!("it is a full tile of {} bytes", bytes.len())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, is_permanent, partial, split};

    #[test]
    fn a_database_name_may_hold_slashes() {
        assert_eq!(split("sumdb/sum.golang.org/supported"), ("sum.golang.org", "supported"));
        assert_eq!(split("sumdb/db.example.com/a/b/tile/8/0/001"), ("db.example.com/a/b", "tile/8/0/001"));
        assert_eq!(split("sumdb/db.example.com/lookup/example.com/tile/x@v1.0.0"), ("db.example.com", "lookup/example.com/tile/x@v1.0.0"));
    }

    #[test]
    fn lookups_and_full_tiles_are_permanent() {
        for path in ["lookup/example.com/m@v1.0.0", "tile/8/0/x001/234", "tile/8/data/005"] {
            assert!(is_permanent(path), "{path}");
        }
        for path in ["latest", "supported", "tile/8/0/x001/234.p/7"] {
            assert!(!is_permanent(path), "{path}");
        }
    }

    #[test]
    fn a_partial_tile_names_its_full_tile_and_width() {
        assert_eq!(partial("tile/8/0/x001/234.p/7"), Some(("tile/8/0/x001/234", 7)));
        assert_eq!(partial("tile/8/0/001.p/256"), None);
        assert_eq!(partial("lookup/example.com/m.p/7@v1.0.0"), None);
    }

    #[test]
    fn a_web_page_is_no_record() {
        assert!(check("lookup/example.com/m@v1.0.0", b"<html>\n\n</html>\n\n").is_err());
        assert!(check("lookup/example.com/m@v1.0.0", b"7\nexample.com/m v1.0.0 h1:x\n\ngo.sum database tree\n7\nhash\n\n\xe2\x80\x94 db sig\n").is_ok());
        assert!(check("tile/8/0/001", &[0; 8191]).is_err());
        assert!(check("tile/8/0/001", &[0; 8192]).is_ok());
    }
}
