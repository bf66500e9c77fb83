//! Evidence: what each source said, as it said it.

use super::candidate::PathCandidate;
use super::contents::ContentComparison;
use super::declaration::ModuleDeclaration;
use discovery::DiscoveryPage;
use gomod::path::ModulePath;
use gomod::version::Version;
use serde::{Serialize, Serializer};
use std::fmt::Display;

/// Everything that was said of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveEvidence {
    /// The path that it is required under.
    #[serde(serialize_with = "text")]
    pub module: ModulePath,
    /// The version that is wanted, if one is.
    #[serde(serialize_with = "perhaps_text")]
    pub version: Option<Version>,
    /// Whether its name is private: pages were asked for inside only, and proxies as `go` asks them.
    pub is_private: bool,
    /// What the proxies of the GOPROXY list say, in the order of the list.
    pub proxies: Vec<ProxySays>,
    /// What the pages of its host and of its repository say.
    pub pages: Vec<PageSays>,
}

/// What a proxy says of the old path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProxySays {
    /// The proxy, without secrets.
    pub source: String,
    /// The version that `.info`, `.mod` and `.zip` were asked of: the one that is wanted, else the
    /// newest. None if the proxy knows no version.
    #[serde(serialize_with = "perhaps_text")]
    pub version: Option<Version>,
    /// Each file that was asked for.
    pub files: Vec<(ProtocolFile, SourceReply)>,
    /// What the go.mod of that version declares.
    pub declared: Option<ModuleDeclaration>,
    /// What the go.mod of the newest version declares.
    pub newest: Option<ModuleDeclaration>,
}

/// A file of the module protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProtocolFile {
    /// `@v/list`
    List,
    /// `@latest`
    Latest,
    /// `@v/VERSION.info`
    Info,
    /// `@v/VERSION.mod`
    Mod,
    /// `@v/VERSION.zip`
    Zip,
}

/// What a source says to one question. An outage is no absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceReply {
    /// Here it is.
    Has,
    /// There is no such thing: 404 or 410.
    Absent(u16),
    /// It will not say: 401, 403 and the like.
    Refuses(u16),
    /// It cannot say: no connection, no answer in time, 5xx, or an answer that is no answer.
    Fails(String),
}

/// What a page said, and where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageSays {
    /// The part of the module's path that the page is about.
    pub covers: String,
    /// What was asked for.
    pub url: String,
    /// The redirects that were met, in their order.
    pub hops: Vec<RedirectHop>,
    /// What came at their end.
    pub end: SourceReply,
    /// What stood in the page.
    pub page: DiscoveryPage,
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedirectHop {
    /// Its status.
    pub status: u16,
    /// Where it leads.
    pub to: String,
}

/// A candidate, and what is found at its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedCandidate {
    /// The candidate.
    pub candidate: PathCandidate,
    /// What the first proxy that has it gives.
    pub found: Option<CandidateFiles>,
    /// Else why nothing was found.
    pub why_not: Option<String>,
}

/// What is found at a candidate's path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CandidateFiles {
    /// Who has it.
    pub source: String,
    /// The go.mod there: its version, which is the one that is wanted if there is one, and its path.
    pub declared: ModuleDeclaration,
    /// Whether it has `.info` and `.zip` too.
    pub rest: SourceReply,
    /// Whether the checksum database knows it.
    pub record: ChecksumRecord,
    /// Whether it is what the old path has at the same version.
    pub contents: ContentComparison,
}

/// What a checksum database says of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumRecord {
    /// It has a record. Whether that is proven in its log is for `go` to check.
    Known,
    /// It has none, so `go` would refuse the version.
    Absent,
    /// None is asked, by the settings of `go`.
    NotAsked,
    /// It could not be asked.
    Unknown(String),
}

pub(super) fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
pub(super) fn perhaps_text<S: Serializer>(
    value: &Option<impl Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

// === impl MoveEvidence ===

impl MoveEvidence {
    /// The proxies that serve the wanted version whole, under the path that it declares.
    pub fn serving(&self) -> impl Iterator<Item = &ProxySays> {
        self.proxies
            .iter()
            .filter(|proxy| proxy.serves(&self.module))
    }

    /// Whether every source that was asked says that it has no such thing. Then nobody has it; if
    /// one of them could not say, that is open.
    pub fn is_absent_everywhere(&self) -> bool {
        let is_absent = |proxy: &ProxySays| proxy.is_absent();
        !self.proxies.is_empty() && self.proxies.iter().all(is_absent)
    }
}

// === impl ProxySays ===

impl ProxySays {
    /// What it said of a file, if that was asked for.
    pub fn of(&self, file: ProtocolFile) -> Option<&SourceReply> {
        let mut said = self.files.iter();
        said.find_map(|(asked, says)| (*asked == file).then_some(says))
    }

    fn serves(&self, module: &ModulePath) -> bool {
        let has = |file| self.of(file) == Some(&SourceReply::Has);
        let declares_it = |declared: &ModuleDeclaration| declared.is_of(module);
        has(ProtocolFile::Info)
            && has(ProtocolFile::Mod)
            && has(ProtocolFile::Zip)
            && self.declared.as_ref().is_some_and(declares_it)
    }

    /// Whether it says so of the version that is wanted, or where none is, of all versions.
    fn is_absent(&self) -> bool {
        let is_absent = |file| matches!(self.of(file), Some(SourceReply::Absent(_)));
        match self.version {
            // A proxy that lacks one of the three is no source of the version.
            Some(_) => [ProtocolFile::Info, ProtocolFile::Mod, ProtocolFile::Zip]
                .into_iter()
                .any(is_absent),
            // A list may also be there and empty.
            None => {
                is_absent(ProtocolFile::Latest)
                    && !matches!(
                        self.of(ProtocolFile::List),
                        Some(SourceReply::Fails(_) | SourceReply::Refuses(_))
                    )
            }
        }
    }
}

// === impl ProtocolFile ===

impl ProtocolFile {
    /// As it stands in a URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Latest => "@latest",
            Self::Info => ".info",
            Self::Mod => ".mod",
            Self::Zip => ".zip",
        }
    }
}

// === impl SourceReply ===

impl SourceReply {
    /// What a status says; the content is looked at by who knows what it should be.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            200 => Self::Has,
            404 | 410 => Self::Absent(status),
            401 | 403 | 407 | 451 => Self::Refuses(status),
            _ => Self::Fails(format!("status {status}")),
        }
    }

    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Has => "has it".to_owned(),
            Self::Absent(status) => format!("has it not ({status})"),
            Self::Refuses(status) => format!("refuses ({status})"),
            Self::Fails(why) => format!("cannot say: {why}"),
        }
    }
}

// === impl RedirectHop ===

impl RedirectHop {
    /// Whether it says that the move is for good: 301 or 308.
    pub const fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

// === impl ChecksumRecord ===

impl ChecksumRecord {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Known => "the checksum database has its record".to_owned(),
            Self::Absent => "the checksum database has no record of it".to_owned(),
            Self::NotAsked => "no checksum database is asked for it".to_owned(),
            Self::Unknown(why) => format!("the checksum database could not be asked: {why}"),
        }
    }
}
