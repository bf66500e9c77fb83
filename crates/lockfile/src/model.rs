//! Model: what every lock file says, whichever tool wrote it.
//!
//! Four formats and a dozen versions of them become one list of packages. Nothing is resolved and
//! nothing is made up: a field that a format does not have is absent, and everything that a check
//! may complain about keeps the stretch of the file that it was written in.

use crate::{
    source::{PackageSource, SourceAddress, local_path},
    sri::{Sri, SriError},
};
use finding::{FileSpan, FindingPlace};
use std::{collections::HashSet, fmt};

/// The most hashes of one archive that are read. Tools write one; some registries had several.
const MAX_HASHES: usize = 16;

/// A tool's kind of lock file, as told by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockfileKind {
    /// `package-lock.json` and `npm-shrinkwrap.json`.
    Npm,
    /// `yarn.lock`, of yarn 1 as of its successors.
    Yarn,
    /// `pnpm-lock.yaml`.
    Pnpm,
}

/// A format, and its version as far as it changes how the file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockfileFormat {
    /// npm's, version 1 to 3.
    Npm(u8),
    /// The one of yarn 1.
    YarnClassic,
    /// The one of yarn 2 and later; with its version as written.
    YarnBerry(String),
    /// pnpm's: 5.x, 6.x or 9.x.
    Pnpm {
        /// Before the dot.
        major: u16,
        /// Behind it.
        minor: u16,
    },
}

/// A lock file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockfile {
    /// Path of the file, as the caller gave it.
    pub file: String,
    /// Its format.
    pub format: LockfileFormat,
    /// What is locked, in the order of the file. A package can be in it more than once: at several
    /// places of the tree, or with several sets of peers.
    pub packages: Vec<LockedPackage>,
    /// What the lock repeats of the project's own manifests; nothing in formats that do not.
    pub roots: Vec<RootPackage>,
    /// What is replaced wherever it is asked for, where the lock repeats that too (pnpm): what is
    /// locked for it is not what a package.json says.
    pub overrides: Vec<DependencyOverride>,
    /// What a range `catalog:` stands for, where the lock repeats that (pnpm).
    pub catalogs: Vec<PackageDependency>,
    /// The patches that are applied, by what they are for, each with the path of its file where the lock
    /// says it (pnpm).
    pub patches: Vec<DependencyOverride>,
    /// The kind of archive that checksums are of, where the lock says so for all of them (yarn).
    pub cache: Option<SpannedText>,
}

/// A locked package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name where it comes from.
    pub name: String,
    /// The name that it is installed under, if that is another one.
    pub alias: Option<String>,
    /// The locked version; nothing if the entry only has an address.
    pub version: Option<SpannedText>,
    /// Where it comes from, as written: an address, or what yarn's locator has behind the name. Of a
    /// commit that pnpm gives beside its repository, both with a `#` between them.
    pub resolved: Option<SpannedText>,
    /// The hashes of its archive.
    pub integrity: Integrity,
    /// yarn's checksum of the archive in its cache (yarn 2 and later). Yarn packs that archive
    /// itself, so no registry can confirm it; it tells that a later install made the same archive.
    pub checksum: Option<SpannedText>,
    /// What kind of place it comes from.
    pub source: PackageSource,
    /// Needed for development only. Not every format says so.
    pub is_dev: bool,
    /// Need not be installed everywhere. Not every format says so.
    pub is_optional: bool,
    /// Where it lies below the lock's folder, as npm lays packages out; nothing in formats that lay
    /// nothing out.
    pub path: Option<String>,
    /// Its key in the file without peers, where others refer to it by that (pnpm).
    pub key: Option<String>,
    /// The names of what its archive has inside, of those that it needs.
    pub bundles: Vec<String>,
    /// What the entry repeats of the package's own manifest and that decides what is installed of
    /// it: platforms, scripts, executables. Each field with its value as text.
    pub facts: Vec<(String, String)>,
    /// The names of what it wants to meet.
    pub peers: Vec<String>,
    /// What it was locked for, `name@range` as written (yarn).
    pub wanted: Vec<SpannedText>,
    /// What it needs, as written.
    pub dependencies: Vec<PackageDependency>,
    /// The entry's own name in the file.
    pub span: FileSpan,
}

/// One of the project's own packages, as the lock saw its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootPackage {
    /// Its folder from the lock's own; empty for that folder itself.
    pub path: String,
    /// Its name, where the lock repeats that.
    pub name: Option<String>,
    /// What it asks for.
    pub dependencies: Vec<PackageDependency>,
    /// The names of what it bundles, of those that it asks for.
    pub bundles: Vec<String>,
    /// The entry's own name in the file.
    pub span: FileSpan,
}

/// Something that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageDependency {
    /// Its name.
    pub name: String,
    /// The range or address, as written.
    pub wanted: String,
    /// The version or key that is locked for it, where that is written beside the range (pnpm).
    pub locked: Option<String>,
    /// Nothing breaks if it is not there.
    pub is_optional: bool,
    /// Its entry.
    pub span: FileSpan,
}

/// Something that is replaced wherever it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencyOverride {
    /// What it is for, as written: `NAME`, `NAME@RANGE`, `PARENT>NAME`, `PARENT/NAME`.
    pub selector: String,
    /// The name in that.
    pub name: String,
    /// The range or address that counts instead; nothing where only what is below it is replaced.
    pub wanted: Option<String>,
    /// Its entry.
    pub span: FileSpan,
}

/// The hashes of an archive, as an entry gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Integrity {
    /// Those that are well-formed.
    pub hashes: Vec<Sri>,
    /// Those that are not, as written.
    pub malformed: Vec<(String, SriError)>,
    /// Where they are written.
    pub span: Option<FileSpan>,
}

/// A text, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpannedText {
    /// The text.
    pub value: String,
    /// Where it is.
    pub span: FileSpan,
}

// === impl LockfileKind ===

impl LockfileKind {
    /// The kind of lock file that has a name; the folders before it do not matter.
    pub fn of_file_name(path: &str) -> Option<Self> {
        match path.rsplit('/').next()? {
            "package-lock.json" | "npm-shrinkwrap.json" => Some(Self::Npm),
            "yarn.lock" => Some(Self::Yarn),
            "pnpm-lock.yaml" => Some(Self::Pnpm),
            _ => None,
        }
    }
}

// === impl LockfileFormat ===

impl LockfileFormat {
    /// The tool's kind of lock file.
    pub fn kind(&self) -> LockfileKind {
        match self {
            Self::Npm(_) => LockfileKind::Npm,
            Self::YarnClassic | Self::YarnBerry(_) => LockfileKind::Yarn,
            Self::Pnpm { .. } => LockfileKind::Pnpm,
        }
    }
}

impl fmt::Display for LockfileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Npm(version) => write!(f, "npm {version}"),
            Self::YarnClassic => f.write_str("yarn 1"),
            Self::YarnBerry(version) => write!(f, "yarn berry {version}"),
            Self::Pnpm { major, minor } => write!(f, "pnpm {major}.{minor}"),
        }
    }
}

// === impl Lockfile ===

impl Lockfile {
    /// The folders of the project whose package.json the lock repeats, from the lock's own: its own
    /// packages, and folders that are installed like packages.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let packages = self.packages.iter();
        let installed = packages.filter(|one| one.source == PackageSource::Folder);
        let installed = installed.filter_map(|one| Some(local_path(&one.resolved.as_ref()?.value)));
        let installed = installed.map(|path| path.trim_start_matches("./"));
        self.roots.iter().map(|root| &*root.path).chain(installed)
    }

    /// A stretch of this file.
    pub fn place(&self, span: FileSpan) -> FindingPlace {
        FindingPlace::at(&*self.file, span)
    }

    /// The hosts that addresses of archives name, in lower case.
    pub fn hosts(&self) -> HashSet<String> {
        let fetched = self.packages.iter().filter(|one| one.source.is_fetched());
        let addresses = fetched.filter_map(|one| SourceAddress::of(&one.resolved.as_ref()?.value));
        addresses.filter_map(|address| address.authority).collect()
    }
}

// === impl LockedPackage ===

impl LockedPackage {
    /// An entry of which nothing is known but its name.
    pub(crate) fn new(name: impl Into<String>, source: PackageSource, span: FileSpan) -> Self {
        Self {
            name: name.into(),
            alias: None,
            version: None,
            resolved: None,
            integrity: Integrity::default(),
            checksum: None,
            source,
            is_dev: false,
            is_optional: false,
            path: None,
            key: None,
            bundles: Vec::new(),
            facts: Vec::new(),
            peers: Vec::new(),
            wanted: Vec::new(),
            dependencies: Vec::new(),
            span,
        }
    }

    /// The same, with what it was locked for.
    pub(crate) fn wanted_as(self, wanted: Vec<SpannedText>) -> Self {
        Self { wanted, ..self }
    }

    /// `name@version`, or the name alone.
    pub fn subject(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{}", self.name, version.value),
            None => self.name.clone(),
        }
    }

    /// Name and version of what is the same whoever asks a registry for it: nothing for git,
    /// folders and archives of somebody's own.
    pub fn registered(&self) -> Option<(&str, &str)> {
        let version = self.version.as_ref()?;
        matches!(self.source, PackageSource::Registry).then_some((&*self.name, &*version.value))
    }

    /// What the entry repeats in a field of the package's own manifest.
    pub(crate) fn fact(&self, key: &str) -> Option<&str> {
        let mut facts = self.facts.iter();
        facts
            .find(|(name, _)| name == key)
            .map(|(_, value)| &**value)
    }

    /// Lies directly below a root, as npm lays packages out; true in formats that lay nothing out.
    pub fn is_on_top(&self) -> bool {
        let path = self.path.as_deref();
        path.is_none_or(|path| path.matches("node_modules/").count() == 1)
    }

    /// The name that it is installed under.
    pub fn installed_as(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

// === impl DependencyOverride ===

impl DependencyOverride {
    /// Whether it is for a name wherever that is asked for, and in whatever range.
    pub fn is_everywhere(&self) -> bool {
        self.selector.trim_start_matches("**/") == self.name
    }
}

// === impl Integrity ===

impl Integrity {
    /// Reads hashes that are parted by spaces.
    pub(crate) fn parse(text: &SpannedText) -> Self {
        let mut integrity = Self {
            span: Some(text.span),
            ..Self::default()
        };
        for (index, written) in text.value.split_ascii_whitespace().enumerate() {
            if index == MAX_HASHES {
                integrity.add(written, Err(SriError::TooMany));
                break;
            }
            integrity.add(written, Sri::parse(written));
        }
        integrity
    }

    /// One more hash, or what is none.
    pub(crate) fn add(&mut self, written: &str, read: Result<Sri, SriError>) {
        match read {
            Ok(sri) => self.hashes.push(sri),
            Err(error) => self.malformed.push((written.to_owned(), error)),
        }
    }

    /// Whether nothing is given at all.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty() && self.malformed.is_empty()
    }
}
