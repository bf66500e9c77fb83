//! Check: what is found where a candidate is.

use super::candidate::Candidate;
use super::contents::Contents;
use super::declared::Declared;
use super::evidence::{Checked, Evidence, File, Found, ProxySays, Record, Says};
use super::fetch::Asker;
use super::gather::Sources;
use super::proxy::Proxy;
use crate::probe::{Network, Role};
use futures_util::future::{join, join_all};
use gomod::path::ModulePath;
use gomod::version::Version;

/// Asks all its proxies. The first of the list that has all of the wanted version counts; else the
/// first that has all of another version; else the first that has a go.mod.
pub(super) async fn check<N: Network>(
    asker: &Asker<'_, N>,
    evidence: &Evidence,
    old: &Sources,
    sources: Sources,
    candidate: Candidate,
) -> Checked {
    let (path, wanted) = (&candidate.path, evidence.version.as_ref());
    let looks = sources.proxies().map(|target| async move {
        let proxy = Proxy { asker, target };
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
    seen.sort_by_key(|(_, declared, rest)| (*rest != Says::Has, Some(&declared.version) != wanted));
    let Some((target, declared, rest)) = seen.into_iter().next() else {
        return Checked {
            candidate,
            found: None,
            why_not: Some(reasons(&why_not)),
        };
    };
    let proxy = Proxy { asker, target };
    let contents = contents(&proxy, evidence, old, path, &declared);
    let record = record(asker, &sources, path, &declared.version);
    let (contents, record) = join(contents, record).await;
    let found = Found {
        source: target.source.clone(),
        declared,
        rest,
        record,
        contents,
    };
    Checked {
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
async fn contents<N: Network>(
    proxy: &Proxy<'_, N>,
    evidence: &Evidence,
    old: &Sources,
    path: &ModulePath,
    declared: &Declared,
) -> Contents {
    let version = &declared.version;
    if !declared.is_of(&evidence.module) {
        return Contents::Unknown("files that import each other differ under another name");
    }
    let has = |says: &&ProxySays| {
        says.of(File::Zip) == Some(&Says::Has) && says.version.as_ref() == Some(version)
    };
    let known = evidence.proxies.iter().find(has);
    let source = known.and_then(|known| old.proxies().find(|target| target.source == known.source));
    let Some(target) = source else {
        return Contents::Unknown("no proxy has the old ones at this version");
    };
    let before = Proxy {
        asker: proxy.asker,
        target,
    };
    let zips = join(
        before.zip(&evidence.module, version),
        proxy.zip(path, version),
    )
    .await;
    let (Some(before), Some(after)) = zips else {
        return Contents::Unknown("a zip did not come, or is too large");
    };
    let (old, new) = (
        format!("{}@{version}", evidence.module),
        format!("{path}@{version}"),
    );
    Contents::compare((&old, &before), (&new, &after))
}

/// The checksum database, where `go` would ask it: through the first proxy that passes it on, else at
/// its own address.
async fn record<N: Network>(
    asker: &Asker<'_, N>,
    sources: &Sources,
    path: &ModulePath,
    version: &Version,
) -> Record {
    for target in sources.proxies() {
        let proxy = Proxy { asker, target };
        if let Some(name) = &target.database
            && proxy.passes_on(name).await
        {
            return proxy.record(&format!("sumdb/{name}/"), path, version).await;
        }
    }
    let database = sources
        .targets
        .iter()
        .find(|target| target.role == Role::Database);
    match database {
        Some(target) => Proxy { asker, target }.record("", path, version).await,
        None => Record::NotAsked,
    }
}
