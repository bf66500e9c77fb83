//! The report on requirements: what each is for, and what it costs.
//!
//! It is a report and not a repair: `go mod tidy` already removes what is not needed. What it does
//! not say is which of the rest only tests need, or one build; which modules are there twice; and
//! what a project would get rid of by doing without one.
//!
//! Where packages could not be read, what lies behind them is missing. Then nothing is called unused,
//! and every number of packages is left out: a guess would be taken for a fact.

mod majors;
mod weigh;

pub use majors::{MajorVersions, two_majors};

use crate::configurations::BuildScope;
use crate::graph::ModuleGraph;
use crate::imports::{ModuleId, PackageSet};
use crate::reach::{ImportNeed, PackageReach};
use crate::rules::{ONE_BUILD, ONLY_TESTS, TWO_MAJORS, UNUSED};
use finding::{FileSpan, Finding, FindingPlace};
use gomod::modfile::{self, ModFile};
use serde::Serialize;
use std::collections::HashMap;

/// What is known of a project.
#[derive(Debug)]
pub struct TidyProject<'a> {
    /// Its go.mod.
    pub file: &'a ModFile,
    /// Its module graph.
    pub graph: &'a ModuleGraph,
    /// Its packages; modules are numbered as in `build_list`.
    pub packages: &'a PackageSet,
    /// The paths of its build list, the main module first.
    pub build_list: &'a [String],
    /// Sizes of module zips, by path, where known.
    pub sizes: &'a HashMap<String, u64>,
    /// Files of the main module that could not be read, each with the reason.
    pub unreadable: &'a [String],
}

/// The report.
#[derive(Debug, Clone, Serialize)]
pub struct TidyReport {
    /// The direct requirements, in the order of go.mod.
    pub direct: Vec<TidyRequirement>,
    /// The indirect ones.
    pub indirect: Vec<TidyRequirement>,
    /// Modules that are there in more than one major version.
    pub two_majors: Vec<MajorVersions>,
    /// Import paths that no module of the build list has.
    pub without_module: Vec<String>,
    /// Modules whose files could not be had, each with the reason.
    pub unknown: Vec<(String, String)>,
    /// Whether not everything was told apart or followed: too many tags or packages.
    pub is_cut: bool,
    /// The most requirements from the main module to a selected version, by the shortest way that
    /// begins at a direct requirement.
    pub depth: usize,
    /// What should be looked at.
    pub findings: Vec<Finding>,
}

/// A requirement of the main module.
#[derive(Debug, Clone, Serialize)]
pub struct TidyRequirement {
    /// The module's path.
    pub module: String,
    /// The selected version.
    pub version: String,
    /// Its line in go.mod.
    pub line: usize,
    /// Who needs its packages; `None` if that is not known.
    pub need: Option<ImportNeed>,
    /// The first import of it in the main module, `FILE:LINE`.
    pub imported_at: Option<String>,
    /// How many files of the main module import it.
    pub importing_files: usize,
    /// What it alone brings in; of direct requirements only.
    pub alone: Option<RequirementWeight>,
}

/// What a requirement alone brings in, itself included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequirementWeight {
    /// The modules that would leave the graph without it.
    pub modules: Vec<String>,
    /// Bytes of their zips, as far as known.
    pub bytes: u64,
    /// How many of their zips are of unknown size.
    pub unknown_sizes: usize,
    /// The packages that would not be reached without it; `None` if not all packages are known.
    pub packages: Option<usize>,
}

/// Where the main module imports another.
#[derive(Debug, Default)]
struct ModuleImport {
    first: Option<(String, u32)>,
    files: usize,
}

/// The minor version of Go that a go.mod asks for; 0 where it asks for none.
pub fn release(file: &ModFile) -> u32 {
    let go = file.go.as_ref().map(|go| go.version.as_str());
    let minor = go.and_then(|version| version.split('.').nth(1));
    let digits = minor.and_then(|minor| minor.split(|c: char| !c.is_ascii_digit()).next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

// === impl TidyProject ===

impl TidyProject<'_> {
    /// Reports on it.
    pub fn report(&self) -> TidyReport {
        let roots: Vec<&str> = self
            .file
            .tool
            .iter()
            .map(|tool| tool.path.as_str())
            .collect();
        let reach = PackageReach::of(self.packages, &roots, release(self.file));
        let needs = reach.modules(self.packages);
        let ids: HashMap<&str, ModuleId> = (0..)
            .zip(self.build_list)
            .map(|(id, path)| (path.as_str(), id))
            .collect();
        let imported = self.imported();
        let mut weights = weigh::weigh(self, &ids).into_iter();
        let (mut direct, mut indirect) = (Vec::new(), Vec::new());
        for line in &self.file.require {
            let id = ids.get(line.module.path.as_str());
            let need = id.and_then(|id| needs.get(id)).cloned();
            let mut requirement = TidyRequirement {
                module: line.module.path.clone(),
                version: self.selected(&line.module.path),
                line: line.place.span.start.line,
                need: self.certain(need.unwrap_or(ImportNeed::Nobody)),
                imported_at: None,
                importing_files: 0,
                alone: None,
            };
            if let Some(imported) = id.and_then(|id| imported.get(id)) {
                let first = imported.first.as_ref();
                requirement.imported_at = first.map(|(file, line)| format!("{file}:{line}"));
                requirement.importing_files = imported.files;
            }
            if line.indirect {
                indirect.push(requirement);
            } else {
                requirement.alone = weights.next();
                direct.push(requirement);
            }
        }
        let two_majors = two_majors(self.build_list);
        TidyReport {
            findings: self.findings(&direct, &two_majors, &needs, &ids),
            direct,
            indirect,
            two_majors,
            without_module: self.without_module(),
            unknown: self.unknown(),
            is_cut: self.packages.is_cut || reach.is_cut(),
            depth: weigh::depth(self),
        }
    }

    /// The minor version on the `go` line.
    fn selected(&self, path: &str) -> String {
        let id = self.graph.selected(path);
        let module = id.and_then(|id| self.graph.module(id));
        module
            .map(|module| module.version.clone())
            .unwrap_or_default()
    }

    /// That nobody needs something is known only if all packages are.
    fn certain(&self, need: ImportNeed) -> Option<ImportNeed> {
        let widest = matches!(need, ImportNeed::Code(BuildScope::Everywhere));
        (self.is_known() || widest).then_some(need)
    }

    /// Whether every package could be read.
    fn is_known(&self) -> bool {
        self.packages.unknown.is_empty() && !self.packages.is_cut && self.unreadable.is_empty()
    }

    /// For each module, where the main module's files import it.
    fn imported(&self) -> HashMap<ModuleId, ModuleImport> {
        let mut found: HashMap<ModuleId, ModuleImport> = HashMap::new();
        for (package, edges) in self.packages.list.iter().zip(&self.packages.edges) {
            if package.module != Some(0) {
                continue;
            }
            let mut last = HashMap::new();
            for &(file, import, to) in edges {
                let module = self
                    .packages
                    .list
                    .get(to)
                    .and_then(|package| package.module);
                let Some(module) = module.filter(|&module| module != 0) else {
                    continue;
                };
                let Some(source) = package.files.get(file) else {
                    continue;
                };
                let imported = found.entry(module).or_default();
                imported.files += usize::from(last.insert(module, file) != Some(file));
                let line = source.imports.get(import).map_or(0, |import| import.line);
                let place = (self.file_path(&package.path, &source.name), line);
                if imported.first.as_ref().is_none_or(|first| place < *first) {
                    imported.first = Some(place);
                }
            }
        }
        found
    }

    /// A file's path below the main module's root.
    fn file_path(&self, package: &str, name: &str) -> String {
        let main = self.build_list.first().map_or("", String::as_str);
        let below = package.strip_prefix(main).unwrap_or(package);
        let below = below.trim_start_matches('/');
        if below.is_empty() {
            name.to_owned()
        } else {
            format!("{below}/{name}")
        }
    }

    fn without_module(&self) -> Vec<String> {
        let lost = self
            .packages
            .list
            .iter()
            .filter(|package| package.module.is_none());
        let mut paths: Vec<String> = lost.map(|package| package.path.clone()).collect();
        paths.sort();
        paths
    }

    fn unknown(&self) -> Vec<(String, String)> {
        let named = self.packages.unknown.iter().filter_map(|(module, reason)| {
            Some((self.build_list.get(*module)?.clone(), reason.clone()))
        });
        let mut unknown: Vec<_> = named.collect();
        let own = self
            .unreadable
            .iter()
            .filter_map(|text| text.split_once(':'));
        unknown.extend(own.map(|(file, reason)| (file.to_owned(), reason.trim().to_owned())));
        unknown.sort();
        unknown
    }

    fn findings(
        &self,
        direct: &[TidyRequirement],
        majors: &[MajorVersions],
        needs: &HashMap<ModuleId, ImportNeed>,
        ids: &HashMap<&str, ModuleId>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let lines = self.file.require.iter().filter(|line| !line.indirect);
        for (requirement, line) in direct.iter().zip(lines) {
            let module = &line.module.path;
            let (rule, message) = match &requirement.need {
                Some(ImportNeed::Nobody) => (&UNUSED, format!("no package imports {module}")),
                Some(ImportNeed::Tests(_)) => (&ONLY_TESTS, format!("only tests need {module}")),
                Some(ImportNeed::Code(scope)) if *scope != BuildScope::Everywhere => (
                    &ONE_BUILD,
                    format!("only some builds need {module}: {scope}"),
                ),
                Some(ImportNeed::Code(_)) | None => continue,
            };
            let place = FindingPlace::at("go.mod", span(line.place.span));
            findings.push(Finding::new(rule, place, line.module.to_string(), message));
        }
        // In the graph alone two majors cost a go.mod; it is packages of both that matter.
        let is_built = |path: &&String| {
            let need = ids.get(path.as_str()).and_then(|id| needs.get(id));
            need.is_some_and(|need| *need != ImportNeed::Nobody)
        };
        for module in majors {
            let built: Vec<&str> = module
                .paths
                .iter()
                .filter(is_built)
                .map(String::as_str)
                .collect();
            if built.len() > 1 {
                let message = format!("packages of {} are built", built.join(" and "));
                let place = FindingPlace::file("go.mod");
                findings.push(Finding::new(&TWO_MAJORS, place, &*module.module, message));
            }
        }
        findings
    }
}

fn span(span: modfile::TextSpan) -> FileSpan {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    FileSpan {
        line: number(span.start.line),
        column: number(span.start.column),
        end_line: number(span.end.line),
        end_column: number(span.end.column),
    }
}

#[cfg(test)]
mod tests;
