//! Compare: a lock with the one before it, and with what a registry published.
//!
//! A version that is published never changes. So where a lock names a version as another lock did,
//! the hash must still be the same, and a change that only touches hashes is found without asking
//! anybody. The two locks may be of different tools: npm, yarn 1 and pnpm write the same hashes.
//! What no hash algorithm connects is not compared, except that a strong hash may not give way to a
//! weak one or to none. That an entry never had a hash is no change.

mod entry;
mod git;

use crate::{
    fold::fold,
    model::{LockedPackage, Lockfile, LockfileFormat, SpannedText},
    rules::{
        ENTRY_CHANGED, INTEGRITY_CHANGED, INTEGRITY_DIFFERS, INTEGRITY_UNPROVEN, SOURCE_CHANGED,
    },
    source::{PackageSource, SourceAddress, local_path, without_build},
    sri::{Sri, agree},
    tree::printable_name,
};
use finding::{FileSpan, Finding, FindingPlace, FindingRule};
use std::{
    collections::{HashMap, HashSet},
    mem::discriminant,
};

/// The platforms that one of several archives of a version is for.
const TARGETS: &str = "targets";

/// Facts that only some releases write into the same format, so that their coming says nothing.
const WRITTEN_LATER: [&str; 2] = ["libc", "requiresBuild"];

/// What is locked in both with the same name and version, and is not the same any more.
pub fn changed(old: &Lockfile, new: &Lockfile) -> Vec<Finding> {
    let mut before: HashMap<ComparisonKey<'_>, OldEntries<'_>> = HashMap::new();
    for package in &old.packages {
        if let Some(key) = ComparisonKey::of(package) {
            let known = before
                .entry(key)
                .or_insert_with(|| OldEntries::new(package));
            known.add(package);
        }
    }
    let known = old
        .packages
        .iter()
        .filter(|one| one.source != PackageSource::Patch);
    let known: HashSet<_> = known
        .filter_map(ComparisonKey::of)
        .map(|key| (key.name, key.version))
        .collect();
    let mut unhashed: HashMap<ComparisonKey<'_>, usize> = HashMap::new();
    for package in new.packages.iter().filter(|one| !is_hashed(one)) {
        if let Some(key) = ComparisonKey::of(package) {
            *unhashed.entry(key).or_default() += 1;
        }
    }
    let mut findings = Vec::new();
    let mut moved = Vec::new();
    for package in &new.packages {
        let Some(key) = ComparisonKey::of(package) else {
            continue;
        };
        let Some(before) = before.get(&key) else {
            findings.extend(new_platform(&known, new, package));
            continue;
        };
        let change = EntryChange {
            old,
            new,
            before,
            unhashed: unhashed.get(&key).copied().unwrap_or(0),
            package,
        };
        findings.extend(change.integrity());
        findings.extend(change.checksum());
        moved.extend(change.source());
        findings.extend(change.entry());
    }
    findings.extend(fold(moved));
    findings.extend(caches(old, new));
    findings.extend(git::repositories(old, new));
    findings
}

/// An archive of a version that was there before, for platforms that were not.
fn new_platform(
    known: &HashSet<(&str, &str)>,
    new: &Lockfile,
    package: &LockedPackage,
) -> Option<Finding> {
    let key = ComparisonKey::of(package).filter(|_| package.source != PackageSource::Patch)?;
    known.contains(&(key.name, key.version)).then(|| {
        let message = format!(
            "{TARGETS} were not there before: {}",
            printable_name(key.variant)
        );
        Finding::new(
            &ENTRY_CHANGED,
            new.place(package.span),
            package.subject(),
            message,
        )
    })
}

/// Checksums of yarn that are of another kind of archive than before: yarn then looks at none.
fn caches(old: &Lockfile, new: &Lockfile) -> Option<Finding> {
    let (base, now) = (old.cache.as_ref()?, new.cache.as_ref());
    let is_other = now.is_none_or(|now| now.value != base.value) && old.format == new.format;
    is_other.then(|| {
        let now = now.map_or("nothing".to_owned(), |now| printable_name(&now.value));
        let message = format!(
            "cacheKey is {now}, it was {}: no checksum can be compared",
            printable_name(&base.value)
        );
        let span = new.cache.as_ref().map(|now| now.span);
        let place = span.map_or_else(|| FindingPlace::file(&*new.file), |span| new.place(span));
        Finding::new(&INTEGRITY_UNPROVEN, place, "", message)
    })
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
    if let LockfileFormat::YarnBerry(_) = lockfile.format {
        let message = "checksums of yarn are of its own archives, which no registry has";
        let place = FindingPlace::file(&*lockfile.file);
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

fn held_against(
    lockfile: &Lockfile,
    package: &LockedPackage,
    theirs: Option<&[Sri]>,
) -> Option<Finding> {
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

/// What is the same in two locks: a version of a package, the archive of it for one platform, a version
/// with one patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ComparisonKey<'l> {
    name: &'l str,
    version: &'l str,
    variant: &'l str,
}

/// What a lock said of a name and version, in however many entries: what is compared is gathered
/// here once, so that a lock of nothing but one version costs no more than any other.
struct OldEntries<'l> {
    first: &'l LockedPackage,
    /// The first with a hash.
    hashed: Option<&'l LockedPackage>,
    /// All hashes, of whichever entry.
    hashes: Vec<Sri>,
    /// How many entries have no strong hash: an old matter, as long as they do not become more.
    unhashed: usize,
    /// Where entries with a strong hash lie.
    hashed_at: HashSet<&'l str>,
    /// The first with a checksum of yarn.
    checksum: Option<&'l SpannedText>,
    /// Where it came from: the same version can be in a lock from two places.
    sources: HashMap<PackageSource, HashSet<Option<String>>>,
}

/// An entry, and what was said of its name and version before.
struct EntryChange<'l> {
    old: &'l Lockfile,
    new: &'l Lockfile,
    before: &'l OldEntries<'l>,
    /// How many entries of it have no strong hash now.
    unhashed: usize,
    package: &'l LockedPackage,
}

// === impl ComparisonKey ===

impl<'l> ComparisonKey<'l> {
    /// Of what has a name and a version that mean the same everywhere.
    fn of(package: &'l LockedPackage) -> Option<Self> {
        if matches!(
            package.source,
            PackageSource::Workspace | PackageSource::Bundled
        ) {
            return None;
        }
        // What only has an address is the same as long as that is.
        let text = package.version.as_ref().or(package.resolved.as_ref())?;
        let version = without_build(&text.value);
        let variant = match package.source {
            PackageSource::Patch => patch_hash(package)?,
            _ => package.fact(TARGETS).unwrap_or_default(),
        };
        Some(Self {
            name: &package.name,
            version,
            variant,
        })
    }
}

/// The hash of a patch, as yarn writes it behind the patch: another patch makes another archive.
fn patch_hash(package: &LockedPackage) -> Option<&str> {
    let resolved = package.resolved.as_ref()?;
    let (_, parameters) = resolved.value.rsplit_once("::")?;
    let mut parameters = parameters.split('&');
    parameters.find_map(|one| one.strip_prefix("hash="))
}

fn is_hashed(package: &LockedPackage) -> bool {
    let mut hashes = package.integrity.hashes.iter();
    hashes.any(|sri| sri.algorithm().is_strong())
}

// === impl OldEntries ===

impl<'l> OldEntries<'l> {
    fn new(first: &'l LockedPackage) -> Self {
        Self {
            first,
            hashed: None,
            hashes: Vec::new(),
            unhashed: 0,
            hashed_at: HashSet::new(),
            checksum: None,
            sources: HashMap::new(),
        }
    }

    fn add(&mut self, package: &'l LockedPackage) {
        /// Real locks have one hash of a version, or one of each of two algorithms.
        const KEPT: usize = 16;
        let has_hash = !package.integrity.hashes.is_empty();
        self.hashed = self.hashed.or(Some(package).filter(|_| has_hash));
        for sri in &package.integrity.hashes {
            if self.hashes.len() < KEPT && !self.hashes.contains(sri) {
                self.hashes.push(sri.clone());
            }
        }
        if is_hashed(package) {
            self.hashed_at.extend(package.path.as_deref());
        } else {
            self.unhashed += 1;
        }
        self.checksum = self.checksum.or(package.checksum.as_ref());
        let locations = self.sources.entry(package.source).or_default();
        locations.insert(location(package));
    }

    /// Whether an entry comes from where one did before. What has no address comes from the registry
    /// that is configured, whose configuration is looked at where it is written. An address where
    /// there was none is another place, unless another tool wrote it: some write none.
    fn knows(&self, package: &LockedPackage, is_same_tool: bool) -> bool {
        let Some(locations) = self.sources.get(&package.source) else {
            return false;
        };
        let now = location(package);
        let is_anywhere = !is_same_tool && locations.contains(&None);
        now.is_none() || is_anywhere || locations.contains(&now)
    }
}

// === impl EntryChange ===

impl EntryChange<'_> {
    fn integrity(&self) -> Option<Finding> {
        let comparable = |one: &Lockfile| !matches!(one.format, LockfileFormat::YarnBerry(_));
        if !comparable(self.old) || !comparable(self.new) {
            return None;
        }
        let base = self.before.hashed?;
        let ours = &self.package.integrity.hashes;
        let what = match agree(&self.before.hashes, ours) {
            Some(false) => "was",
            _ if self.lost_hash() => "gave way to what is weaker: it was",
            _ => return None,
        };
        let theirs = list(&base.integrity.hashes);
        let message = format!("{} here; the hash {what} {theirs}", list(ours));
        let span = self.package.integrity.span.unwrap_or(self.package.span);
        let place = self.old.place(base.integrity.span.unwrap_or(base.span));
        let finding = self.finding(&INTEGRITY_CHANGED, span, message);
        Some(finding.beside(place, "before"))
    }

    /// Whether a strong hash is gone: the one that was at this place of the tree, or of entries that
    /// lie nowhere one of more than before.
    fn lost_hash(&self) -> bool {
        let had_any = self
            .before
            .hashes
            .iter()
            .any(|sri| sri.algorithm().is_strong());
        if is_hashed(self.package) || !had_any {
            return false;
        }
        let path = self.package.path.as_deref();
        let had_here = path.is_some_and(|path| self.before.hashed_at.contains(path));
        had_here || self.unhashed > self.before.unhashed
    }

    /// yarn's checksums, if both are of archives packed in the same way.
    fn checksum(&self) -> Option<Finding> {
        let base = self.before.checksum?;
        // Other tools write no checksum, and other versions of yarn one of another archive.
        if self.old.format != self.new.format {
            return None;
        }
        let Some(ours) = self.package.checksum.as_ref() else {
            let message = format!(
                "the checksum is gone, it was {}",
                printable_name(&base.value)
            );
            let finding = self.finding(&INTEGRITY_CHANGED, self.package.span, message);
            return Some(finding.beside(self.old.place(base.span), "before"));
        };
        let is_same_cache = cache(ours) == cache(base);
        (is_same_cache && ours.value != base.value).then(|| {
            let (now, before) = (printable_name(&ours.value), printable_name(&base.value));
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

    /// What else an entry says of a version, as far as that never changes. Each format says it in its
    /// own way.
    fn entry(&self) -> Option<Finding> {
        let (now, base) = (self.package, self.before.first);
        // A folder of the project says itself what it needs.
        if self.old.format != self.new.format || now.source == PackageSource::Folder {
            return None;
        }
        let changed =
            entry::facts(base, now).or_else(|| entry::needs(&self.new.format, base, now))?;
        let finding = self.finding(&ENTRY_CHANGED, now.span, changed);
        Some(finding.beside(self.old.place(base.span), "before"))
    }

    fn finding(&self, rule: &'static FindingRule, span: FileSpan, message: String) -> Finding {
        Finding::new(rule, self.new.place(span), self.package.subject(), message)
    }
}

/// The version of yarn's cache that a checksum is of, where it is written with it.
fn cache(checksum: &SpannedText) -> Option<&str> {
    checksum.value.rsplit_once('/').map(|(cache, _)| cache)
}

/// Where a package comes from, in words.
fn from(package: &LockedPackage) -> String {
    let place = location(package);
    let place = place.map_or_else(|| "the registry".to_owned(), |place| printable_name(&place));
    match package.source {
        PackageSource::Git => format!("git, {place},"),
        _ => place,
    }
}

/// Where a package comes from, as far as it must not change: of a registry the host, of git and
/// archives all but the commit. `None` for what comes from the registry that is configured.
fn location(package: &LockedPackage) -> Option<String> {
    let resolved = package.resolved.as_ref().map(|text| &*text.value)?;
    let address = SourceAddress::of(resolved);
    match (package.source, address) {
        (PackageSource::Registry, address) => address?.authority,
        (PackageSource::Git, Some(address)) => Some(address.location_without_commit()),
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
