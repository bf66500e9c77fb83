//! Sums: what go.sum, the module cache, every proxy and the checksum database have for one version.
//!
//! Everybody is asked at the same time, and what they say is put into a table; what it comes to is
//! decided by [`doctor::compare`]. Nothing is changed. Only who would be asked by `go` is asked: a
//! module that GONOPROXY names is asked of no proxy, one that GONOSUMDB names of no database, and
//! GOPRIVATE stands for both. Files are streamed to disk, 500 MB of all together, and whatever is
//! not there after 60 s says nothing.
//!
//! The database's word is proven here, in its log, whoever passed it on; so it makes no difference
//! whether a proxy of the list can prove it too.
//!
//! Of a message the two hashes take part. The log is asked first then: where it speaks, it decides
//! about both, and nobody is asked for the bytes.

mod copies;
mod kept;
mod log;
mod served;

use super::{client::GoClient, colour, print_json, untold};
use crate::{exit_status::PROBLEM, failure::Failure, output, wiring};
use codes::Code;
use copies::CopyBytes;
use doctor::{
    Diagnosis, ReasonKind,
    compare::{
        self, ComparisonVerdict, DownloadSender, HashClaim, HashComparison, HashSource,
        HashStatement, HashedFile, MessageReport, StatementContent, StatementTable,
    },
};
use gomod::{
    goproxy::ProxyListEntry,
    path::ModulePath,
    sumhash::H1,
    version::{Version, check_agreement},
};
use std::{process::ExitCode, time::Duration};
use tokio::time::Instant;

/// How long asking may take in all.
const LIMIT: Duration = Duration::from_mins(1);

/// How long the log may take where the message has the hashes; the proxies come after it.
const LOG_LIMIT: Duration = Duration::from_secs(20);

/// A version of a module.
#[derive(Debug, Clone)]
pub(super) struct VersionSubject {
    module: ModulePath,
    version: Version,
}

/// Causes that hashes disagree about a module.
const CAUSES: [&str; 4] = [
    "sum/go-sum-mismatch",
    "sum/database-mismatch",
    "sum/database-lacks-line",
    CHANGED_FILES,
];

/// The one of them that is about files that were unpacked.
const CHANGED_FILES: &str = "sum/cache-changed";

/// What a message says of a version.
#[derive(Debug, Default)]
struct SumMessage {
    /// Its hashes.
    claims: Vec<HashClaim>,
    /// The sources that it names.
    sources: Vec<String>,
    report: Option<MessageReport>,
}

/// `doctor --sums MODULE@VERSION`.
pub(super) fn main(text: &str, as_json: bool) -> Result<ExitCode, Failure> {
    let subject = VersionSubject::parse(text).ok_or_else(|| {
        let facts = format!("--sums {text:?} is no MODULE@VERSION");
        Failure::new(Code::BadConfiguration, facts)
    })?;
    let Some(comparison) = compare(&subject, &SumMessage::default())? else {
        output::error("go cannot be run, so its settings cannot be looked at");
        return Ok(untold());
    };
    if as_json {
        print_json(&comparison);
    } else {
        output::text(&compare::render(&comparison, colour()));
    }
    Ok(match comparison.verdict {
        ComparisonVerdict::Agreed => ExitCode::SUCCESS,
        ComparisonVerdict::Untold => untold(),
        _ => ExitCode::from(PROBLEM),
    })
}

/// Further versions about which hashes disagree in a text, beside the one that is compared.
pub(super) fn uncompared(text: &str, compared: Option<&HashComparison>) -> Vec<String> {
    let Some(compared) = compared else {
        return Vec::new();
    };
    let mut others: Vec<String> = Vec::new();
    for claim in compare::claims(text) {
        let (module, version) = (claim.module.as_str(), claim.version.as_str());
        let other = format!("{module}@{version}");
        let is_compared = module == compared.module && version == compared.version;
        if !is_compared && !others.contains(&other) {
            others.push(other);
        }
    }
    others
}

/// Compares what a text is about, if hashes disagree in it: the version of its first whole message,
/// else that of the likeliest reason.
pub(super) fn of_text(
    text: &str,
    diagnosis: &Diagnosis,
) -> Result<Option<HashComparison>, Failure> {
    let claims = compare::claims(text);
    let claimed = claims.first().map(|claim| VersionSubject {
        module: claim.module.clone(),
        version: claim.version.clone(),
    });
    let is_changed = |reason: &doctor::DiagnosisReason| reason.what.id() == CHANGED_FILES;
    let Some(subject) = claimed.or_else(|| diagnosis.top().and_then(subject)) else {
        return Ok(None);
    };
    let message = SumMessage {
        sources: compare::sources(text, &subject.module),
        report: Some(match diagnosis.top() {
            Some(top) if is_changed(top) && claims.is_empty() => MessageReport::ChangedFiles,
            _ => MessageReport::Mismatch,
        }),
        claims: claims
            .into_iter()
            .filter(|claim| subject.is_of(claim))
            .collect(),
    };
    let comparison = compare(&subject, &message)?;
    if comparison.is_none() {
        output::error("go cannot be run here, so nobody was asked whose hash is wrong");
    }
    Ok(comparison)
}

fn subject(reason: &doctor::DiagnosisReason) -> Option<VersionSubject> {
    let is_meant = match reason.what {
        ReasonKind::Code(code) => code == Code::ChecksumMismatch,
        ReasonKind::Cause(cause) => CAUSES.contains(&cause.id),
    };
    let (module, version) = (reason.parts.get("module"), reason.parts.get("version"));
    let named = module.zip(version);
    let named = named.and_then(|(module, version)| VersionSubject::new(module, version));
    let listed = || {
        reason
            .subjects
            .iter()
            .find_map(|text| VersionSubject::parse(text))
    };
    named.or_else(listed).filter(|_| is_meant)
}

/// Compares; none if the settings of `go` cannot be read.
fn compare(
    subject: &VersionSubject,
    message: &SumMessage,
) -> Result<Option<HashComparison>, Failure> {
    let Some(client) = GoClient::read() else {
        return Ok(None);
    };
    output::doing("asking everybody for their hashes");
    let table = wiring::run(table(&client, subject, message))?;
    output::doing("");
    Ok(Some(compare::compare(&table)))
}

async fn table(
    client: &GoClient,
    subject: &VersionSubject,
    message: &SumMessage,
) -> StatementTable {
    let deadline = Instant::now() + LIMIT;
    let budget = served::ServedBudget::new();
    let mut table = StatementTable {
        module: subject.module.clone(),
        version: subject.version.clone(),
        statements: kept::go_sums(client, subject),
        proxies: client.list(),
        cache: kept::place(client, subject),
        sender: sender(client, subject, message),
        is_private: client.names("GONOSUMDB", &subject.module),
        report: message.report,
    };
    let told = message.claims.iter().flat_map(HashClaim::statements);
    table.statements.extend(told);
    table.statements.extend(kept::hash(&table.cache));
    let received = if message.claims.is_empty() {
        let (logged, received) = tokio::join!(
            log::ask(client, subject, deadline),
            served::ask(client, &table, &budget, deadline),
        );
        table.statements.extend(logged);
        received
    } else {
        let soon = Instant::now() + LOG_LIMIT;
        let logged = log::ask(client, subject, soon).await;
        let decides = decides(&logged, &message.claims);
        table.statements.extend(logged);
        if decides {
            served::nobody("not asked, the log decides about the hashes of the message")
        } else {
            served::ask(client, &table, &budget, deadline).await
        }
    };
    let mut copies: Vec<CopyBytes> = Vec::new();
    for one in kept::copies(&table.cache).into_iter().chain(received) {
        match one {
            Ok(copy) => copies.push(copy),
            Err(statement) => table.statements.push(statement),
        }
    }
    let known = candidate_hashes(&table);
    let mut copies = copies::examine(copies, &table, &known).await;
    served::ask_again(client, &mut copies, &table, &known, &budget, deadline).await;
    let copies = copies::compare(copies, &known).await;
    table.statements.extend(copies);
    table.statements.sort_by_key(rank);
    table
}

/// Whether the log speaks of every file that a message has hashes of.
fn decides(logged: &[HashStatement], claims: &[HashClaim]) -> bool {
    let is_logged = |file: HashedFile| {
        let mut said = logged.iter().filter(|statement| statement.file == file);
        said.any(|statement| matches!(statement.said, StatementContent::Hash(_)))
    };
    claims.iter().all(|claim| is_logged(claim.file))
}

/// Who may have sent what a message says was downloaded.
fn sender(
    client: &GoClient,
    subject: &VersionSubject,
    message: &SumMessage,
) -> Option<DownloadSender> {
    if !message.sources.is_empty() {
        return Some(DownloadSender::Named(message.sources.clone()));
    }
    if client.names("GONOPROXY", &subject.module) {
        let host = subject
            .module
            .as_str()
            .split('/')
            .next()
            .unwrap_or_default();
        return Some(DownloadSender::Host(host.to_owned()));
    }
    let list = client.list()?;
    let name = |entry: &ProxyListEntry| match entry {
        ProxyListEntry::Proxy(proxy) => Some(client.name_of(proxy)),
        ProxyListEntry::Direct => Some("the module's own host (direct)".to_owned()),
        ProxyListEntry::Off => None,
    };
    let names: Vec<String> = list
        .entries()
        .iter()
        .filter_map(|(entry, _)| name(entry))
        .collect();
    (!names.is_empty()).then_some(DownloadSender::List(names))
}

/// Who says what in the order in which it is read: the message, the client's side, the proxies, the
/// log.
fn rank(statement: &HashStatement) -> (HashedFile, u8) {
    let voice = match statement.voice {
        HashSource::PastedDownload => 0,
        HashSource::PastedGoSum { .. } => 1,
        HashSource::PastedDatabase { .. } => 2,
        HashSource::GoSum { .. } => 3,
        HashSource::CachedHash { .. } => 4,
        HashSource::CachedBytes { .. } => 5,
        HashSource::Proxy { .. } => 6,
        HashSource::Database { .. } => 7,
    };
    (statement.file, voice)
}

/// Hashes that bytes could have to be right, for each file.
#[derive(Debug, Clone, Default)]
struct CandidateHashes {
    /// What the log proves.
    logged: Vec<(HashedFile, H1)>,
    /// That and what go.sum says.
    any: Vec<(HashedFile, H1)>,
}

fn candidate_hashes(table: &StatementTable) -> CandidateHashes {
    let mut known = CandidateHashes::default();
    for statement in &table.statements {
        let StatementContent::Hash(text) = &statement.said else {
            continue;
        };
        let Ok(hash) = text.parse::<H1>() else {
            continue;
        };
        known.any.push((statement.file, hash));
        if matches!(statement.voice, HashSource::Database { .. }) {
            known.logged.push((statement.file, hash));
        }
    }
    known
}

// === impl VersionSubject ===

impl VersionSubject {
    fn is_of(&self, claim: &HashClaim) -> bool {
        self.module == claim.module && self.version == claim.version
    }

    fn parse(text: &str) -> Option<Self> {
        let (module, version) = text.split_once('@')?;
        Self::new(module, version)
    }

    fn new(module: &str, version: &str) -> Option<Self> {
        let module = ModulePath::parse(module).ok()?;
        let version = Version::parse(version).ok()?;
        check_agreement(&module, &version).ok()?;
        Some(Self { module, version })
    }
}
