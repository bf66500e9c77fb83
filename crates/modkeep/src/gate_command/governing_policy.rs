//! Governing policy: the policy by which a checkout is judged.
//!
//! A change does not choose it. Where there is a revision to take it from, the policy is what that
//! revision's newest commit has, not what the branch began with: else a branch that is older than the
//! policy, or than the end of a waiver, would pass for ever. A file that `--policy` names is taken
//! from there as well if it belongs to the checkout, because then the change could have written it.
//! A link is not followed anywhere on the way to a policy. Exceptions in `.govulncheck-ignore.toml` are
//! taken from where the policy is taken from.

use super::{request::GateRequest, unusable};
use crate::failure::Failure;
use checkout::{
    BaseState, GitCommit, GitRepository,
    directory::{read_below, read_named},
    plain_file,
};
use codes::Code;
use finding::{Finding, FindingPlace, FindingRule, UnreadableInput};
use gate::{
    change::{PolicyDifference, policy_changed},
    ignore::{self, IgnoreFile},
    policy::{self, GatePolicy},
};
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// The policy that something is judged by.
#[derive(Debug)]
pub(super) struct GoverningPolicy {
    pub(super) policy: GatePolicy,
    /// That the checkout has another one, and what is wrong with exceptions.
    pub(super) findings: Vec<Finding>,
    /// Where it comes from, where that is not the checkout.
    pub(super) note: Option<String>,
}

/// The revisions that a checkout is held against.
#[derive(Debug, Default)]
pub(super) struct BaseRevisions {
    repository: Option<GitRepository>,
    /// What the change is compared with.
    pub(super) base: Option<BaseState>,
    /// Where the policy is taken from.
    policy_from: Option<GitCommit>,
}

/// A file at the revision that it is taken from, and here.
struct FileVersions {
    then: Option<Vec<u8>>,
    now: Option<Vec<u8>>,
    difference: Option<PolicyDifference>,
}

/// Where a policy lies.
#[derive(Debug, PartialEq, Eq)]
enum PolicyLocation {
    /// In the checkout, by its path from the root.
    Within(String),
    /// Somewhere else, where no change of the checkout can write.
    Outside,
}

// === impl BaseRevisions ===

impl BaseRevisions {
    /// Finds the revisions that were asked for.
    pub(super) fn find(
        directory: &Path,
        base: Option<&str>,
        policy_from: Option<&str>,
    ) -> Result<Self, Failure> {
        if base.is_none() && policy_from.is_none() {
            return Ok(Self::default());
        }
        let repository = GitRepository::open(directory)?;
        is_reached_without_links(&repository, directory)?;
        let base = base.map(|revision| BaseState::find(&repository, revision));
        let base = base.transpose()?;
        let policy_from = policy_from.map(|revision| repository.commit("--policy-from", revision));
        let policy_from = match (policy_from, &base) {
            (Some(commit), _) => Some(commit?),
            (None, base) => base.as_ref().map(|base| base.tip.clone()),
        };
        Ok(Self {
            repository: Some(repository),
            base,
            policy_from,
        })
    }

    /// A file by its path from the root, at the revision that it is taken from and here.
    fn compare(
        &self,
        repository: &GitRepository,
        tip: &GitCommit,
        path: &str,
    ) -> Result<FileVersions, UnreadableInput> {
        let then = repository.plain_file(tip, path)?;
        let now = match read_below(&repository.root, path) {
            Ok(now) => Some(now),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(UnreadableInput::new(
                    FindingPlace::file(path),
                    error.to_string(),
                ));
            }
        };
        let text = |file: &Option<Vec<u8>>| file.clone().unwrap_or_default();
        let difference = if text(&now) == text(&then) {
            None
        } else if now.is_none() {
            Some(PolicyDifference::Removed)
        } else {
            let base = self.base.as_ref().map(|base| base.plain_file(path));
            let is_older = base.transpose()?.is_some_and(|before| before == now);
            Some(if is_older {
                PolicyDifference::Older
            } else {
                PolicyDifference::Altered
            })
        };
        Ok(FileVersions {
            then,
            now,
            difference,
        })
    }

    /// Whether there is anything that the checkout can differ from.
    pub(super) fn is_empty(&self) -> bool {
        self.policy_from.is_none()
    }
}

// === impl FileVersions ===

impl FileVersions {
    /// That the checkout has another file than the one that counts.
    fn finding(&self, name: &str, tip: &GitCommit) -> Option<Finding> {
        let difference = self.difference?;
        Some(policy_changed(name, &tip.name, difference))
    }
}

// === impl GoverningPolicy ===

impl GoverningPolicy {
    /// The policy in effect. One that cannot be read is no failure of the command: nobody can tell
    /// what it would have said.
    pub(super) fn find(
        request: &GateRequest,
        revisions: &BaseRevisions,
        rules: &[&FindingRule],
    ) -> Result<Result<Self, UnreadableInput>, Failure> {
        let governing = Self::of_policy(request, revisions, rules)?;
        Ok(governing.and_then(|governing| governing.with_ignored(request, revisions)))
    }

    /// The same with the exceptions that wrappers of `govulncheck` read.
    fn with_ignored(
        mut self,
        request: &GateRequest,
        revisions: &BaseRevisions,
    ) -> Result<Self, UnreadableInput> {
        let parse = |source: &Option<Vec<u8>>| {
            IgnoreFile::parse(ignore::FILE, source.as_deref().unwrap_or_default())
        };
        let ignored = match (&revisions.repository, &revisions.policy_from) {
            (Some(repository), Some(tip)) => {
                let path = format!("{}{}", repository.prefix, ignore::FILE);
                let compared = revisions.compare(repository, tip, &path)?;
                parse(&compared.now)?;
                self.findings.extend(compared.finding(ignore::FILE, tip));
                parse(&compared.then)?
            }
            _ => parse(&read_named(&request.directory, ignore::FILE)?)?,
        };
        self.policy.waivers.extend(ignored.waivers);
        self.findings.extend(ignored.findings);
        Ok(self)
    }

    fn of_policy(
        request: &GateRequest,
        revisions: &BaseRevisions,
        rules: &[&FindingRule],
    ) -> Result<Result<Self, UnreadableInput>, Failure> {
        let BaseRevisions {
            repository: Some(repository),
            policy_from: Some(tip),
            ..
        } = revisions
        else {
            return Self::of_files(request, rules);
        };
        let path = match &request.policy_file {
            None => format!("{}{}", repository.prefix, policy::FILE),
            Some(file) => match locate(&repository.root, file)? {
                PolicyLocation::Within(path) => path,
                PolicyLocation::Outside if !request.names_policy_revision() => {
                    return Self::of_files(request, rules);
                }
                PolicyLocation::Outside => return Err(not_in_checkout(file)),
            },
        };
        // What neither the revision nor the commit checked out knows was laid there by whoever runs
        // the gate.
        if request.policy_file.is_some() && !request.names_policy_revision() {
            let head = repository.commit("--policy", "HEAD")?;
            let known = repository.plain_file(tip, &path).and_then(|at_tip| {
                let at_head = repository.plain_file(&head, &path)?;
                Ok(at_tip.is_some() || at_head.is_some())
            });
            match known {
                Ok(false) => return Self::of_files(request, rules),
                Ok(true) => {}
                Err(unreadable) => return Ok(Err(unreadable)),
            }
        }
        Ok(Self::of_revision(
            request, revisions, repository, tip, &path, rules,
        ))
    }

    /// As the files say: of the checkout itself, or of whoever named one.
    fn of_files(
        request: &GateRequest,
        rules: &[&FindingRule],
    ) -> Result<Result<Self, UnreadableInput>, Failure> {
        let directory = &request.directory;
        let Some(file) = &request.policy_file else {
            let read = read_named(directory, policy::FILE);
            let parsed = read.and_then(|now| request.parse(&now.unwrap_or_default(), rules));
            return Ok(parsed.map(Self::unchanged));
        };
        let root = fs::canonicalize(directory).map_err(|error| unusable(directory, &error))?;
        let source = match locate(&root, file)? {
            PolicyLocation::Outside => plain_file::read(file),
            PolicyLocation::Within(name) => read_below(&root, &name),
        };
        let source = source.map_err(|error| unusable(file, &error))?;
        Ok(request.parse(&source, rules).map(Self::unchanged))
    }

    fn of_revision(
        request: &GateRequest,
        revisions: &BaseRevisions,
        repository: &GitRepository,
        tip: &GitCommit,
        path: &str,
        rules: &[&FindingRule],
    ) -> Result<Self, UnreadableInput> {
        let compared = revisions.compare(repository, tip, path)?;
        if compared.then.is_none() && request.policy_file.is_some() {
            let problem = format!("{} has no such policy yet: merge it first", tip.name);
            return Err(UnreadableInput::new(FindingPlace::file(path), problem));
        }
        // A change that makes the policy unreadable must not be merged either.
        request.parse(compared.now.as_deref().unwrap_or_default(), rules)?;
        Ok(Self {
            policy: request.parse(compared.then.as_deref().unwrap_or_default(), rules)?,
            findings: compared
                .finding(&request.policy_name, tip)
                .into_iter()
                .collect(),
            note: Some(format!("policy: of {}, {}", tip.name, tip.short())),
        })
    }

    fn unchanged(policy: GatePolicy) -> Self {
        Self {
            policy,
            findings: Vec::new(),
            note: None,
        }
    }
}

/// Where a file lies, seen from the root of a checkout.
fn locate(root: &Path, file: &Path) -> Result<PolicyLocation, Failure> {
    let path = without_dots(file).map_err(|error| unusable(file, &error))?;
    // The way into the checkout is nobody's but the operator's; links on it may be followed.
    let within = |ancestor: &Path| {
        let real = fs::canonicalize(ancestor).ok()?;
        let inner = real.strip_prefix(root).ok()?;
        Some(inner.join(path.strip_prefix(ancestor).ok()?))
    };
    let ancestors: Vec<&Path> = path.ancestors().collect();
    let Some(below) = ancestors.into_iter().rev().find_map(within) else {
        return Ok(PolicyLocation::Outside);
    };
    let name = below.to_str();
    let name = name.ok_or_else(|| unusable(file, &io::Error::other("its name is not UTF-8")))?;
    Ok(PolicyLocation::Within(
        name.trim_end_matches('/').to_owned(),
    ))
}

/// An absolute path without `.` and `..`. Behind a link `..` leads elsewhere than it seems to, so that
/// is refused.
fn without_dots(path: &Path) -> io::Result<PathBuf> {
    let mut plain = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        match component {
            Component::ParentDir if fs::symlink_metadata(&plain)?.is_symlink() => {
                return Err(io::Error::other(".. behind a link"));
            }
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            component => plain.push(component),
        }
    }
    Ok(plain)
}

/// A directory that a link of the checkout leads to is another one than was meant.
fn is_reached_without_links(repository: &GitRepository, directory: &Path) -> Result<(), Failure> {
    let meant = PolicyLocation::Within(repository.prefix.trim_end_matches('/').to_owned());
    if locate(&repository.root, directory)? == meant {
        return Ok(());
    }
    let why = io::Error::other("a link of the checkout leads there");
    Err(unusable(directory, &why))
}

fn not_in_checkout(file: &Path) -> Failure {
    let facts = format!(
        "--policy-from: {} is not in the checkout, so no revision has it",
        file.display()
    );
    Failure::new(Code::BadConfiguration, facts)
}
