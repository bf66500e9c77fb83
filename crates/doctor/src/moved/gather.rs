//! Gather: asks all sources at the same time, and then asks about the paths that they named.
//!
//! The first half of the time is for traces of the old path, the second for what is found where they
//! lead, so that a source that hangs in the first cannot use up the second.

use super::LIMIT;
use super::advice::{MoveAdvice, UnverifiedCandidate, advise};
use super::candidate::candidates;
use super::check::check;
use super::evidence::{CheckedCandidate, MoveEvidence};
use super::fetch::SourceClient;
use super::pages::pages;
use super::proxy::ProxyClient;
use super::reach::AllowedAddresses;
use crate::environment::{GoEnvironment, credentials};
use crate::probe::{ProbeNetwork, ProbeRole, ProbeTarget, plan};
use futures_util::future::{join, join_all};
use gomod::path::ModulePath;
use gomod::pattern::ModulePatterns;
use gomod::version::Version;
use rustls::ClientConfig;
use serde::Serialize;
use std::sync::Arc;
use tokio::time::Instant;

/// What was found, and what may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveSearch {
    /// What each source said.
    pub evidence: MoveEvidence,
    /// The candidates, with what is found there.
    pub checked: Vec<CheckedCandidate>,
    /// What may be done, the best first.
    pub advice: Vec<MoveAdvice>,
    /// Candidates that are not advised, and why.
    pub unverified: Vec<UnverifiedCandidate>,
}

/// Proxies of the list that are asked.
const PROXIES: usize = 8;

/// Searches for a module, in [`LIMIT`] whatever its sources do. Credentials of the netrc go to the
/// proxies that they are for, and nowhere else.
pub async fn search<N: ProbeNetwork>(
    module: &ModulePath,
    version: Option<&Version>,
    environment: &GoEnvironment,
    netrc: &str,
    network: &N,
    tls: &Arc<ClientConfig>,
) -> MoveSearch {
    let begin = Instant::now();
    let asker = |deadline| SourceClient {
        network,
        tls,
        deadline,
    };
    let sources = PathSources::of(environment, netrc, module);
    let first = asker(begin + LIMIT / 2);
    let evidence = gather(&first, &sources, module, version).await;
    let second = asker(begin + LIMIT);
    let candidates = candidates(&evidence);
    let checks = candidates.into_iter().map(|candidate| {
        let leads_to = sources.behind(environment, netrc, &candidate.path);
        check(&second, &evidence, &sources, leads_to, candidate)
    });
    let checked = join_all(checks).await;
    let (advice, unverified) = advise(&evidence, &checked);
    MoveSearch {
        evidence,
        checked,
        advice,
        unverified,
    }
}

/// Whom `go` would ask for a path.
pub(super) struct PathSources {
    pub(super) targets: Vec<ProbeTarget>,
    is_private: bool,
}

// === impl PathSources ===

impl PathSources {
    fn of(environment: &GoEnvironment, netrc: &str, module: &ModulePath) -> Self {
        let known = |target: ProbeTarget| match credentials(netrc, &target.authority()) {
            Some((user, password)) => target.with_credentials(user, password),
            None => target,
        };
        let matches =
            |name: &&str| ModulePatterns::parse(environment.value(name)).matches(module.as_str());
        Self {
            targets: plan(environment, module, None)
                .into_iter()
                .map(known)
                .collect(),
            is_private: ["GOPRIVATE", "GONOPROXY", "GONOSUMDB"].iter().any(matches),
        }
    }

    /// Whom to ask for what this module led to. The name of a private module's new home may tell as
    /// much as its own, so only proxies that know the old one are asked, and no database.
    fn behind(&self, environment: &GoEnvironment, netrc: &str, module: &ModulePath) -> Self {
        let mut sources = Self::of(environment, netrc, module);
        if self.is_private {
            let knows =
                |target: &ProbeTarget| self.proxies().any(|known| known.source == target.source);
            sources
                .targets
                .retain(|target| target.role == ProbeRole::Proxy && knows(target));
            for target in &mut sources.targets {
                target.database = None;
            }
        }
        sources
    }

    pub(super) fn proxies(&self) -> impl Iterator<Item = &ProbeTarget> {
        let proxies = self
            .targets
            .iter()
            .filter(|target| target.role == ProbeRole::Proxy);
        proxies.take(PROXIES)
    }
}

async fn gather<N: ProbeNetwork>(
    asker: &SourceClient<'_, N>,
    sources: &PathSources,
    module: &ModulePath,
    version: Option<&Version>,
) -> MoveEvidence {
    let proxies = sources.proxies().map(|target| async move {
        let proxy = ProxyClient { asker, target };
        proxy.says(module, version).await
    });
    let allowed = if sources.is_private {
        AllowedAddresses::Inside
    } else {
        AllowedAddresses::Own
    };
    let (proxies, pages) = join(join_all(proxies), pages(asker, module, allowed)).await;
    MoveEvidence {
        module: module.clone(),
        version: version.cloned(),
        is_private: sources.is_private,
        proxies,
        pages,
    }
}
