//! Compare: a lock with the one before it, and with what a registry published.
//!
//! A version that is published never changes. So where a lock names a version as another lock did,
//! the hash must still be the same, and a change that only touches hashes is found without asking
//! anybody. The two locks may be of different tools: npm, yarn 1 and pnpm write the same hashes.
//! What no hash algorithm connects is not compared, except that a strong hash may not give way to a
//! weak one or to none.

use crate::{
    fold::fold,
    model::{Format, Lockfile, Package, Text},
    rules::{INTEGRITY_CHANGED, INTEGRITY_DIFFERS, INTEGRITY_UNPROVEN, SOURCE_CHANGED},
    source::{Address, Source, local_path, without_build},
    sri::{Sri, agree},
    tree::shown,
};
use finding::{Finding, Place, Rule, Span};
use std::{
    collections::{HashMap, HashSet},
    mem::discriminant,
};

/// What is locked in both with the same name and version, and is not the same any more.
pub fn changed(old: &Lockfile, new: &Lockfile) -> Vec<Finding> {
    let mut before: HashMap<(&str, &str), Before<'_>> = HashMap::new();
    for package in &old.packages {
        if let Some(key) = key(package) {
            let known = before.entry(key).or_insert_with(|| Before::new(package));
            known.add(package);
        }
    }
    let mut findings = Vec::new();
    let mut moved = Vec::new();
    for package in &new.packages {
        let Some(before) = key(package).and_then(|key| before.get(&key)) else {
            continue;
        };
        let change = Change {
            old,
            new,
            before,
            package,
        };
        findings.extend(change.integrity());
        findings.extend(change.checksum());
        moved.extend(change.source());
    }
    findings.extend(fold(moved));
    findings
}

/// Whether the hashes of a lock are those that a registry published. `published` says what it
/// published of a name and version, and `None` if nobody knows; it is asked once for each.
///
/// Of yarn 2 and later nothing can be compared; that is one finding for the whole file.
pub fn against(
    lockfile: &Lockfile,
    published: impl Fn(&str, &str) -> Option<Vec<Sri>>,
) -> Vec<Finding> {
    let packages = lockfile.packages.iter();
    let mut registered = packages.filter(|package| package.registered().is_some());
    if let Format::YarnBerry(_) = lockfile.format {
        let message = "checksums of yarn are of its own archives, which no registry has";
        let place = Place::file(&*lockfile.file);
        let unproven = Finding::new(&INTEGRITY_UNPROVEN, place, "", message);
        return registered.next().map(|_| unproven).into_iter().collect();
    }
    let mut told: HashMap<(&str, &str), Option<Vec<Sri>>> = HashMap::new();
    let mut findings = Vec::new();
    for package in registered {
        let Some(key) = package.registered() else {
            continue;
        };
        let theirs = told.entry(key).or_insert_with(|| published(key.0, key.1));
        findings.extend(held_against(lockfile, package, theirs.as_deref()));
    }
    findings
}

fn held_against(lockfile: &Lockfile, package: &Package, theirs: Option<&[Sri]>) -> Option<Finding> {
    let ours = &package.integrity.hashes;
    let (rule, message) = match theirs.map(|theirs| (agree(ours, theirs), theirs)) {
        Some((Some(true), _)) => return None,
        Some((Some(false), theirs)) => {
            let message = format!("{} here, {} in the registry", list(ours), list(theirs));
            (&INTEGRITY_DIFFERS, message)
        }
        Some((None, _)) => {
            let message = "the registry has no hash that can be compared with this one";
            (&INTEGRITY_UNPROVEN, message.to_owned())
        }
        None => {
            let message = "the registry did not say which hash it has";
            (&INTEGRITY_UNPROVEN, message.to_owned())
        }
    };
    let place = lockfile.place(package.integrity.span.unwrap_or(package.span));
    Some(Finding::new(rule, place, package.subject(), message))
}

/// What a lock said of a name and version, in however many entries: what is compared is gathered
/// here once, so that a lock of nothing but one version costs no more than any other.
struct Before<'l> {
    first: &'l Package,
    /// The first with a hash.
    hashed: Option<&'l Package>,
    /// The first with a checksum of yarn.
    checksum: Option<&'l Text>,
    /// Where it came from: the same version can be in a lock from two places.
    sources: HashMap<Source, HashSet<Option<String>>>,
}

/// An entry, and what was said of its name and version before.
struct Change<'l> {
    old: &'l Lockfile,
    new: &'l Lockfile,
    before: &'l Before<'l>,
    package: &'l Package,
}

// === impl Before ===

impl<'l> Before<'l> {
    fn new(first: &'l Package) -> Self {
        Self {
            first,
            hashed: None,
            checksum: None,
            sources: HashMap::new(),
        }
    }

    fn add(&mut self, package: &'l Package) {
        let has_hash = !package.integrity.hashes.is_empty();
        self.hashed = self.hashed.or(Some(package).filter(|_| has_hash));
        self.checksum = self.checksum.or(package.checksum.as_ref());
        let locations = self.sources.entry(package.source).or_default();
        locations.insert(location(package));
    }

    /// Whether an entry comes from where one did before. What has no address comes from the registry
    /// that is configured, whose configuration is looked at where it is written. An address where
    /// there was none is another place, unless another tool wrote it: some write none.
    fn knows(&self, package: &Package, is_same_tool: bool) -> bool {
        let Some(locations) = self.sources.get(&package.source) else {
            return false;
        };
        let now = location(package);
        let is_anywhere = !is_same_tool && locations.contains(&None);
        now.is_none() || is_anywhere || locations.contains(&now)
    }
}

// === impl Change ===

impl Change<'_> {
    fn integrity(&self) -> Option<Finding> {
        let comparable = |one: &Lockfile| !matches!(one.format, Format::YarnBerry(_));
        if !comparable(self.old) || !comparable(self.new) {
            return None;
        }
        let base = self.before.hashed?;
        let (ours, theirs) = (&self.package.integrity.hashes, &base.integrity.hashes);
        let any = |set: &[Sri]| set.iter().any(|sri| sri.algorithm().is_strong());
        let what = match agree(theirs, ours) {
            Some(false) => "was",
            _ if any(theirs) && !any(ours) => "gave way to what is weaker: it was",
            _ => return None,
        };
        let message = format!("{} here; the hash {what} {}", list(ours), list(theirs));
        let span = self.package.integrity.span.unwrap_or(self.package.span);
        let place = self.old.place(base.integrity.span.unwrap_or(base.span));
        let finding = self.finding(&INTEGRITY_CHANGED, span, message);
        Some(finding.beside(place, "before"))
    }

    /// yarn's checksums, if both are of archives packed in the same way.
    fn checksum(&self) -> Option<Finding> {
        let ours = self.package.checksum.as_ref()?;
        let base = self.before.checksum?;
        let is_same_cache = cache(ours) == cache(base) && self.old.format == self.new.format;
        (is_same_cache && ours.value != base.value).then(|| {
            let (now, before) = (shown(&ours.value), shown(&base.value));
            let message = format!("the checksum is {now}, it was {before}");
            let finding = self.finding(&INTEGRITY_CHANGED, ours.span, message);
            finding.beside(self.old.place(base.span), "before")
        })
    }

    /// Another source, with the words that are the same for everything that moved in the same way.
    fn source(&self) -> Option<(String, Finding)> {
        let is_same_tool = discriminant(&self.old.format) == discriminant(&self.new.format);
        (!self.before.knows(self.package, is_same_tool)).then(|| {
            let resolved = self.package.resolved.as_ref();
            let span = resolved.map_or(self.package.span, |text| text.span);
            let base = self.before.first;
            let (now, before) = (from(self.package), from(base));
            let message = format!("{now} here, it was {before}");
            let finding = self.finding(&SOURCE_CHANGED, span, message.clone());
            (message, finding.beside(self.old.place(base.span), "before"))
        })
    }

    fn finding(&self, rule: &'static Rule, span: Span, message: String) -> Finding {
        Finding::new(rule, self.new.place(span), self.package.subject(), message)
    }
}

/// Name and version of what has both.
fn key(package: &Package) -> Option<(&str, &str)> {
    let is_own = matches!(
        package.source,
        Source::Workspace | Source::Bundled | Source::Patch
    );
    let version = package.version.as_ref().filter(|_| !is_own)?;
    Some((&package.name, without_build(&version.value)))
}

/// The version of yarn's cache that a checksum is of, where it is written with it.
fn cache(checksum: &Text) -> Option<&str> {
    checksum.value.rsplit_once('/').map(|(cache, _)| cache)
}

/// Where a package comes from, in words.
fn from(package: &Package) -> String {
    let place = location(package);
    let place = place.map_or_else(|| "the registry".to_owned(), |place| shown(&place));
    match package.source {
        Source::Git => format!("git, {place},"),
        _ => place,
    }
}

/// Where a package comes from, as far as it must not change: of a registry the host, of git and
/// archives all but the commit. `None` for what comes from the registry that is configured.
fn location(package: &Package) -> Option<String> {
    let resolved = package.resolved.as_ref().map(|text| &*text.value)?;
    let address = Address::of(resolved);
    match (package.source, address) {
        (Source::Registry, address) => address?.authority,
        (Source::Git, Some(address)) => Some(address.location_without_commit()),
        (_, Some(address)) => Some(address.location()),
        (_, None) => Some(local_path(resolved).trim_start_matches("./").to_owned()),
    }
}

fn list(hashes: &[Sri]) -> String {
    match hashes {
        [] => "no hash".to_owned(),
        hashes => {
            let written: Vec<String> = hashes.iter().map(Sri::to_string).collect();
            written.join(" ")
        }
    }
}
