//! What came from where: an observer that counts answers, for the summary of `run`.

use crate::output;
use gomod::Artifact;
use parking_lot::Mutex;
use protocol::{Origin, Refusal, Resource};
use proxy::Answer;
use server::AnswerObserver;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Counts of one run. Only artifacts are counted: lists and databases are means to them.
#[derive(Debug, Default)]
pub(super) struct AnswerTally {
    kept: AtomicU64,
    /// Artifacts by source; a handful of names from the operator's own list.
    fetched: Mutex<BTreeMap<String, u64>>,
    bytes: AtomicU64,
    absent: AtomicU64,
    refused: AtomicU64,
    in_progress: AtomicU64,
    last_refusal: Mutex<Option<String>>,
}

// === impl AnswerTally ===

impl AnswerObserver for AnswerTally {
    fn request_began(&self) {
        self.in_progress.fetch_add(1, Relaxed);
    }

    fn request_ended(&self) {
        self.in_progress.fetch_sub(1, Relaxed);
    }

    fn answered(&self, resource: &Resource, answer: &Answer) {
        if !matches!(resource, Resource::Artifact(_)) {
            return;
        }
        let length = answer.body.length().unwrap_or_default();
        self.bytes.fetch_add(length, Relaxed);
        match &answer.origin {
            Origin::Upstream(name) => *self.fetched.lock().entry(name.clone()).or_default() += 1,
            _ => drop(self.kept.fetch_add(1, Relaxed)),
        }
    }

    /// Absence is an everyday answer: `go` probes prefixes. A refusal of ours is not.
    fn refused(&self, resource: &Resource, refusal: &Refusal) {
        if matches!(refusal.status, 404 | 410) {
            self.absent.fetch_add(1, Relaxed);
        } else {
            self.refused.fetch_add(1, Relaxed);
            *self.last_refusal.lock() = Some(format!("{} ({})", refusal.code, subject(resource)));
        }
    }
}

// === impl AnswerTally ===

impl AnswerTally {
    fn total_fetched(&self) -> u64 {
        self.fetched.lock().values().sum()
    }

    /// One line, while it runs.
    pub(super) fn progress(&self) -> String {
        match self.in_progress.load(Relaxed) {
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
    use super::AnswerTally;
    use bytes::Bytes;
    use codes::Code;
    use gomod::{Artifact, ArtifactKind, ModulePath, Version};
    use protocol::{Freshness, Media, Origin, Refusal, Resource};
    use proxy::{Answer, Body};
    use server::AnswerObserver as _;
    use std::path::Path;

    fn answer(origin: Origin) -> Answer {
        Answer {
            media: Media::Zip,
            freshness: Freshness::Immutable,
            hash: None,
            origin,
            evidence: protocol::Evidence::Unclaimed,
            body: Body::Bytes(Bytes::from_static(b"0123456789")),
        }
    }

    #[test]
    fn the_summary_says_what_came_from_where() {
        let tally = AnswerTally::default();
        let module = ModulePath::parse("example.com/x").unwrap();
        let list = Resource::List(module.clone());
        let zip = Resource::Artifact(Artifact {
            module,
            version: Version::parse("v1.0.0").unwrap(),
            kind: ArtifactKind::Zip,
        });
        assert_eq!(
            tally.summary(Path::new("/d"), "https://a.example.com, direct"),
            "modkeep: 0 artifacts from the store (/d), none from upstream (https://a.example.com, direct); 0 B in all"
        );
        for origin in [
            Origin::Store,
            Origin::Memory,
            Origin::Upstream("https://a.example.com".to_owned()),
        ] {
            tally.answered(&zip, &answer(origin));
        }
        // A list is a means to artifacts.
        tally.answered(&list, &answer(Origin::Memory));
        tally.refused(&list, &Refusal::relayed(404, "not found"));
        tally.refused(&list, &Refusal::new(Code::UpstreamTimeout, "x"));
        assert_eq!(
            tally.summary(Path::new("/d"), ""),
            "modkeep: 2 artifacts from the store (/d), 1 from https://a.example.com; 30 B in all; 1 not found; \
             1 refused, last MK2004 (list example.com/x)"
        );
    }
}
