//! Check: what is found where a candidate is.

use super::candidate::PathCandidate;
use super::contents::ContentComparison;
use super::declaration::ModuleDeclaration;
use super::evidence::{
    CandidateFiles, CheckedCandidate, ChecksumRecord, MoveEvidence, ProtocolFile, ProxySays,
    SourceReply,
};
use super::fetch::SourceClient;
use super::gather::PathSources;
use super::proxy::ProxyClient;
use crate::probe::{ProbeNetwork, ProbeRole};
use futures_util::future::{join, join_all};
use gomod::path::ModulePath;
use gomod::version::Version;

/// Asks all its proxies. The first of the list that has all of the wanted version counts; else the
/// first that has all of another version; else the first that has a go.mod.
pub(super) async fn check<N: ProbeNetwork>(
    asker: &SourceClient<'_, N>,
    evidence: &MoveEvidence,
    old: &PathSources,
    sources: PathSources,
    candidate: PathCandidate,
) -> CheckedCandidate {
    let (path, wanted) = (&candidate.path, evidence.version.as_ref());
    let looks = sources.proxies().map(|target| async move {
        let proxy = ProxyClient { asker, target };
        (target, proxy.look(path, wanted).await)
    });
    let (mut seen, mut why_not) = (Vec::new(), Vec::new());
    for (target, look) in join_all(looks).await {
        match look {
            Ok((declared, rest)) => seen.push((target, declared, rest)),
            Err(says) => why_not.push(format!("{} {}", target.source, says.words())),
        }
    }
    // The sort is stable, so the order of the list decides between equals.
    seen.sort_by_key(|(_, declared, rest)| {
        (*rest != SourceReply::Has, Some(&declared.version) != wanted)
    });
    let Some((target, declared, rest)) = seen.into_iter().next() else {
        return CheckedCandidate {
            candidate,
            found: None,
            why_not: Some(reasons(&why_not)),
        };
    };
    let proxy = ProxyClient { asker, target };
    let contents = contents(&proxy, evidence, old, path, &declared);
    let record = record(asker, &sources, path, &declared.version);
    let (contents, record) = join(contents, record).await;
    let found = CandidateFiles {
        source: target.source.clone(),
        declared,
        rest,
        record,
        contents,
    };
    CheckedCandidate {
        candidate,
        found: Some(found),
        why_not: None,
    }
}

fn reasons(why_not: &[String]) -> String {
    if why_not.is_empty() {
        return "there is no proxy that may be asked for it".to_owned();
    }
    why_not.join("; ")
}

/// Whether the files are those of the old path, where its go.mod still declares the old path and a
/// proxy still has the old zip.
async fn contents<N: ProbeNetwork>(
    proxy: &ProxyClient<'_, N>,
    evidence: &MoveEvidence,
    old: &PathSources,
    path: &ModulePath,
    declared: &ModuleDeclaration,
) -> ContentComparison {
    let version = &declared.version;
    if !declared.is_of(&evidence.module) {
        return ContentComparison::Unknown(
            "files that import each other differ under another name",
        );
    }
    let has = |says: &&ProxySays| {
        says.of(ProtocolFile::Zip) == Some(&SourceReply::Has)
            && says.version.as_ref() == Some(version)
    };
    let known = evidence.proxies.iter().find(has);
    let source = known.and_then(|known| old.proxies().find(|target| target.source == known.source));
    let Some(target) = source else {
        return ContentComparison::Unknown("no proxy has the old ones at this version");
    };
    let before = ProxyClient {
        asker: proxy.asker,
        target,
    };
    let zips = join(
        before.zip(&evidence.module, version),
        proxy.zip(path, version),
    )
    .await;
    let (Some(before), Some(after)) = zips else {
        return ContentComparison::Unknown("a zip did not come, or is too large");
    };
    let (old, new) = (
        format!("{}@{version}", evidence.module),
        format!("{path}@{version}"),
    );
    ContentComparison::compare((&old, &before), (&new, &after))
}

/// The checksum database, where `go` would ask it: through the first proxy that passes it on, else at
/// its own address.
async fn record<N: ProbeNetwork>(
    asker: &SourceClient<'_, N>,
    sources: &PathSources,
    path: &ModulePath,
    version: &Version,
) -> ChecksumRecord {
    for target in sources.proxies() {
        let proxy = ProxyClient { asker, target };
        if let Some(name) = &target.database
            && proxy.passes_on(name).await
        {
            return proxy.record(&format!("sumdb/{name}/"), path, version).await;
        }
    }
    let database = sources
        .targets
        .iter()
        .find(|target| target.role == ProbeRole::Database);
    match database {
        Some(target) => {
            ProxyClient { asker, target }
                .record("", path, version)
                .await
        }
        None => ChecksumRecord::NotAsked,
    }
}
