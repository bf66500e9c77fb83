//! What the site knows about vulnerabilities of what is built, and the data that it knows it from.

use super::{module::ModuleInspector, site::GateSite};
use crate::{output, vuln_command::update};
use config::Settings;
use gate::{
    go_lock::GoLock,
    vulnerable::{VulnerabilityFacts, release},
};
use gomod::modfile::ModuleVersion;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;
use vulndb::BuildExamination;

/// The largest answer.
const LARGEST: usize = 64 << 20;

/// Data that is older is renewed before it is asked, where that can be done.
const OLD: Duration = Duration::from_hours(24);

/// How long renewing may take: a gate that waits longer for it than for the rest is in the way.
const PATIENCE: Duration = Duration::from_secs(20);

/// Renews the data that is kept, if it is old; what a reader should know where that failed.
pub(super) async fn renew(settings: &Settings) -> Option<String> {
    if settings.vulndb.is_none() || !update::is_due(settings, OLD) {
        return None;
    }
    output::doing("fetching vulnerability data");
    match timeout(PATIENCE, update::update(settings, &[], None)).await {
        Ok(Ok(_)) => None,
        Ok(Err(failure)) => Some(format!(
            "vulnerability data could not be renewed: {}",
            failure.facts()
        )),
        Err(_) => Some(format!(
            "vulnerability data could not be renewed within {} seconds",
            PATIENCE.as_secs()
        )),
    }
}

/// Asks about the versions that can be built, and about Go.
pub(super) async fn gather(
    with: ModuleInspector<'_>,
    lock: &GoLock,
    built: &BTreeSet<ModuleVersion>,
) -> VulnerabilityFacts {
    let line = |(path, version): (&str, &str)| format!("{path} {version}\n");
    let modules = built.iter();
    let modules = modules.map(|module| (&*module.path, &*module.version));
    let release = release(lock, with.wanted.go);
    let go = release.iter();
    let go = go.flat_map(|release| [("stdlib", &**release), ("toolchain", release)]);
    let lines: String = modules.chain(go).map(line).collect();
    output::doing(&format!(
        "asking about vulnerabilities of {} modules",
        built.len()
    ));
    VulnerabilityFacts {
        examined: examine(with.site, lines).await,
        reachability: with.wanted.reachability.cloned(),
        imports: None,
    }
}

async fn examine(site: &GateSite, lines: String) -> Result<BuildExamination, String> {
    let reply = site.post("-/vuln/examine", lines, LARGEST).await?;
    serde_json::from_slice(&reply.body).map_err(|error| format!("-/vuln/examine: {error}"))
}

/// How old the data is, for a reader.
pub(super) fn note(examined: &BuildExamination) -> String {
    let sources = examined.sources.iter().map(|source| {
        let age = source.modified.map_or_else(
            || "undated".to_owned(),
            |modified| format!("as of {modified}"),
        );
        format!("{} ({} entries, {age})", source.name, source.entries)
    });
    format!(
        "vulnerability data: {}",
        sources.collect::<Vec<_>>().join(", ")
    )
}
