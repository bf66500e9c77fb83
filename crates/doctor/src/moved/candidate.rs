//! Candidate: the paths that the evidence names.
//!
//! Each sign says how directly the module's author, its host or its repository names the new path.
//! A path that several signs name is one candidate with all of them. What a temporary redirect
//! leads to is no candidate: login pages and maintenance look like that.

use super::evidence::{MoveEvidence, PageSays, text};
use discovery::GoImportTag;
use gomod::path::ModulePath;
use serde::Serialize;
use std::collections::BTreeMap;
use url::Url;

/// A path that the module may have now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathCandidate {
    /// The path.
    #[serde(serialize_with = "text")]
    pub path: ModulePath,
    /// What names it, the strongest sign first.
    pub signs: Vec<CandidateSign>,
}

/// What names a path. The strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CandidateSign {
    /// A go.mod under the old path declares it.
    Declared,
    /// A deprecation names it.
    Deprecated,
    /// The page of the old path says that modules there begin with it.
    Imported,
    /// A page is redirected to it for good.
    Redirected,
    /// The repository, or its home page, is there.
    Repository,
}

/// Candidates that are looked at.
const MOST: usize = 5;

/// The paths that the evidence names, the best first.
pub(super) fn candidates(evidence: &MoveEvidence) -> Vec<PathCandidate> {
    let mut named = NamedPaths {
        old: &evidence.module,
        signs: BTreeMap::new(),
    };
    for proxy in &evidence.proxies {
        for declared in proxy.declared.iter().chain(&proxy.newest) {
            named.add(CandidateSign::Declared, &declared.path);
            for successor in declared.successors() {
                named.add(CandidateSign::Deprecated, successor.as_str());
            }
        }
    }
    for page in &evidence.pages {
        named.page(page);
    }
    named.ranked()
}

struct NamedPaths<'e> {
    old: &'e ModulePath,
    signs: BTreeMap<ModulePath, Vec<CandidateSign>>,
}

// === impl CandidateSign ===

impl CandidateSign {
    /// In a few words, behind "named by".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "the go.mod under the old path",
            Self::Deprecated => "its deprecation",
            Self::Imported => "the go-import tag of its page",
            Self::Redirected => "a permanent redirect",
            Self::Repository => "the place of its repository",
        }
    }
}

// === impl NamedPaths ===

impl NamedPaths<'_> {
    fn add(&mut self, sign: CandidateSign, path: &str) {
        let Ok(path) = ModulePath::parse(path) else {
            return;
        };
        // A page about the module, as documentation sites have it, ends in the old path.
        let is_about_it = path.as_str().strip_suffix(self.old.as_str());
        if is_about_it.is_some_and(|before| before.is_empty() || before.ends_with('/')) {
            return;
        }
        let signs = self.signs.entry(path).or_default();
        if !signs.contains(&sign) {
            signs.push(sign);
            signs.sort_unstable();
        }
    }

    fn page(&mut self, page: &PageSays) {
        let is_for_good = page.hops.iter().all(super::RedirectHop::is_permanent);
        if is_for_good && let Some(hop) = page.hops.last() {
            self.place(CandidateSign::Redirected, &page.covers, &hop.to);
        }
        let matching = |import: &&GoImportTag| self.behind(&import.prefix).is_some();
        let mut of_us = page.page.imports.iter().filter(matching);
        match (of_us.next(), &*page.page.imports) {
            (Some(import), _) if import.vcs != "mod" => {
                self.place(
                    CandidateSign::Repository,
                    &import.prefix.clone(),
                    &import.root,
                );
            }
            // A single tag that is about another path: go refuses it, but it tells the name.
            (None, [only]) if is_for_good => {
                if let Some(behind) = self.behind(&page.covers) {
                    self.add(CandidateSign::Imported, &format!("{}{behind}", only.prefix));
                }
            }
            _ => {}
        }
        for (prefix, home) in &page.page.homes {
            self.place(CandidateSign::Repository, prefix, home);
        }
    }

    /// Takes the URL in the place of a prefix of the old path.
    fn place(&mut self, sign: CandidateSign, prefix: &str, url: &str) {
        if let (Some(behind), Some(base)) = (self.behind(prefix), path_of(url)) {
            self.add(sign, &format!("{base}{behind}"));
        }
    }

    /// What follows in the old path behind a prefix.
    fn behind(&self, prefix: &str) -> Option<&str> {
        let behind = self.old.as_str().strip_prefix(prefix)?;
        (behind.is_empty() || behind.starts_with(['/', '.'])).then_some(behind)
    }

    fn ranked(self) -> Vec<PathCandidate> {
        let candidate = |(path, signs)| PathCandidate { path, signs };
        let mut ranked: Vec<PathCandidate> = self.signs.into_iter().map(candidate).collect();
        // The signs of each are sorted, so the best sign decides, and then how many there are.
        ranked.sort_by_key(|candidate| {
            (
                candidate.signs.first().copied(),
                usize::MAX - candidate.signs.len(),
            )
        });
        ranked.truncate(MOST);
        ranked
    }
}

/// A URL as the beginning of a module path: host and path, without query and `.git`. A module path
/// has no port.
fn path_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let is_usual = url.port().is_none();
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let host = url.host_str().filter(|_| is_usual)?;
    Some(format!("{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::super::{
        DiscoveryPage, GoImportTag, ModuleDeclaration, MoveEvidence, PageSays, ProxySays,
        RedirectHop, SourceReply,
    };
    use super::{CandidateSign, MOST, candidates};
    use gomod::path::ModulePath;
    use gomod::version::Version;

    fn evidence(module: &str) -> MoveEvidence {
        MoveEvidence {
            module: ModulePath::parse(module).unwrap(),
            version: None,
            is_private: false,
            proxies: Vec::new(),
            pages: Vec::new(),
        }
    }

    fn page(covers: &str, hops: &[(u16, &str)]) -> PageSays {
        let hop = |(status, to): &(u16, &str)| RedirectHop {
            status: *status,
            to: (*to).to_owned(),
        };
        PageSays {
            covers: covers.to_owned(),
            url: format!("https://{covers}?go-get=1"),
            hops: hops.iter().map(hop).collect(),
            end: SourceReply::Has,
            page: DiscoveryPage::default(),
        }
    }

    fn with_import(mut page: PageSays, prefix: &str, root: &str) -> PageSays {
        page.page.imports.push(GoImportTag {
            prefix: prefix.to_owned(),
            vcs: "git".to_owned(),
            root: root.to_owned(),
            subdirectory: String::new(),
        });
        page
    }

    fn declaring(path: &str, deprecated: Option<&str>) -> ProxySays {
        ProxySays {
            source: "https://proxy.example.com".to_owned(),
            version: None,
            files: Vec::new(),
            declared: None,
            newest: Some(ModuleDeclaration {
                version: Version::parse("v1.0.0").unwrap(),
                path: path.to_owned(),
                deprecated: deprecated.map(str::to_owned),
            }),
        }
    }

    #[track_caller]
    fn named(evidence: &MoveEvidence, expected: &[(&str, &[CandidateSign])]) {
        let candidates = candidates(evidence);
        let found: Vec<(&str, &[CandidateSign])> = candidates
            .iter()
            .map(|candidate| (candidate.path.as_str(), &*candidate.signs))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_permanent_redirect_takes_the_rest_of_the_path_along() {
        let mut evidence = evidence("old.example.com/me/lib/sub/v2");
        let hops = [(301, "https://new.example.com/us/lib.git?go-get=1")];
        evidence.pages.push(page("old.example.com/me/lib", &hops));
        named(
            &evidence,
            &[(
                "new.example.com/us/lib/sub/v2",
                &[CandidateSign::Redirected],
            )],
        );
    }

    #[test]
    fn a_temporary_redirect_is_no_move_wherever_it_stands() {
        for statuses in [[301, 302], [307, 308], [303, 301]] {
            let mut evidence = evidence("old.example.com/lib");
            let [first, second] = statuses;
            let hops = [
                (first, "https://a.example.com/lib"),
                (second, "https://b.example.com/lib"),
            ];
            let login = page("old.example.com/lib", &hops);
            evidence.pages.push(with_import(
                login,
                "b.example.com/lib",
                "https://b.example.com/lib",
            ));
            named(&evidence, &[]);
        }
    }

    #[test]
    fn the_repository_of_an_import_is_a_candidate_and_its_prefix_a_better_one() {
        let mut vanity = evidence("old.example.com/lib/v3");
        let plain = page("old.example.com/lib", &[]);
        let root = "https://code.example.com/us/lib";
        vanity
            .pages
            .push(with_import(plain.clone(), "old.example.com/lib", root));
        named(
            &vanity,
            &[("code.example.com/us/lib/v3", &[CandidateSign::Repository])],
        );
        let mut renamed = evidence("old.example.com/lib/v3");
        renamed
            .pages
            .push(with_import(plain, "new.example.com/lib", root));
        named(
            &renamed,
            &[("new.example.com/lib/v3", &[CandidateSign::Imported])],
        );
    }

    #[test]
    fn signs_of_one_path_add_up_and_the_strongest_comes_first() {
        let mut evidence = evidence("old.example.com/lib");
        let hops = [(308, "https://b.example.com/lib")];
        evidence.pages.push(page("old.example.com/lib", &hops));
        evidence.proxies.push(declaring(
            "a.example.com/lib",
            Some("use b.example.com/lib"),
        ));
        named(
            &evidence,
            &[
                ("a.example.com/lib", &[CandidateSign::Declared]),
                (
                    "b.example.com/lib",
                    &[CandidateSign::Deprecated, CandidateSign::Redirected],
                ),
            ],
        );
    }

    #[test]
    fn what_is_no_other_module_is_no_candidate() {
        let mut evidence = evidence("old.example.com/lib");
        for to in [
            "https://old.example.com/lib/",
            "https://docs.example.com/old.example.com/lib",
            "https://new.example.com:8443/lib",
            "https://localhost/lib",
            "https://new.example.com/%2e%2e/a b",
            "mailto:somebody",
        ] {
            evidence
                .pages
                .push(page("old.example.com/lib", &[(301, to)]));
        }
        evidence.pages.push(page(
            "old.example.com/li",
            &[(301, "https://x.example.com/li")],
        ));
        evidence
            .proxies
            .push(declaring("old.example.com/lib", None));
        evidence.proxies.push(declaring("not a path", None));
        named(&evidence, &[]);
    }

    #[test]
    fn there_are_few_candidates_however_many_are_named() {
        let mut evidence = evidence("old.example.com/lib");
        for number in 0..1000 {
            let to = format!("https://new.example.com/{number}");
            evidence
                .pages
                .push(page("old.example.com/lib", &[(301, &to)]));
        }
        assert_eq!(candidates(&evidence).len(), MOST);
    }
}
