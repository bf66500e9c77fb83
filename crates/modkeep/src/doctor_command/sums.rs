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

mod copies;
mod kept;
mod log;
mod served;

use super::{client::Client, colour, print_json, untold};
use crate::{PROBLEM, failure::Failure, output, wiring};
use codes::Code;
use copies::Held;
use doctor::{
    Diagnosis, What,
    compare::{self, Comparison, File, Said, Statement, Table, Verdict},
};
use gomod::{
    path::ModulePath,
    sumhash::H1,
    version::{Version, check_agreement},
};
use std::{process::ExitCode, time::Duration};
use tokio::time::Instant;

/// How long asking may take in all.
const LIMIT: Duration = Duration::from_mins(1);

/// A version of a module.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    module: ModulePath,
    version: Version,
}

/// Causes that hashes disagree about a module.
const CAUSES: [&str; 4] = [
    "sum/go-sum-mismatch",
    "sum/database-mismatch",
    "sum/database-lacks-line",
    "sum/cache-changed",
];

/// `doctor --sums MODULE@VERSION`.
pub(super) fn main(text: &str, as_json: bool) -> Result<ExitCode, Failure> {
    let subject = Subject::parse(text).ok_or_else(|| {
        let facts = format!("--sums {text:?} is no MODULE@VERSION");
        Failure::new(Code::BadConfiguration, facts)
    })?;
    let Some(comparison) = compare(&subject)? else {
        output::error("go cannot be run, so its settings cannot be looked at");
        return Ok(untold());
    };
    if as_json {
        print_json(&comparison);
    } else {
        output::text(&compare::render(&comparison, colour()));
    }
    Ok(match comparison.verdict {
        Verdict::Agreed => ExitCode::SUCCESS,
        Verdict::Untold => untold(),
        _ => ExitCode::from(PROBLEM),
    })
}

/// Compares what the likeliest reason of a diagnosis is about, if hashes disagree.
pub(super) fn of_diagnosis(diagnosis: &Diagnosis) -> Result<Option<Comparison>, Failure> {
    match diagnosis.top().and_then(subject) {
        Some(subject) => compare(&subject),
        None => Ok(None),
    }
}

fn subject(reason: &doctor::Reason) -> Option<Subject> {
    let is_meant = match reason.what {
        What::Code(code) => code == Code::ChecksumMismatch,
        What::Cause(cause) => CAUSES.contains(&cause.id),
    };
    let (module, version) = (reason.parts.get("module"), reason.parts.get("version"));
    let named = module.zip(version);
    let named = named.and_then(|(module, version)| Subject::new(module, version));
    let listed = || reason.subjects.iter().find_map(|text| Subject::parse(text));
    named.or_else(listed).filter(|_| is_meant)
}

/// Compares; none if the settings of `go` cannot be read.
fn compare(subject: &Subject) -> Result<Option<Comparison>, Failure> {
    let Some(client) = Client::read() else {
        return Ok(None);
    };
    output::doing("asking everybody for their hashes");
    let table = wiring::run(table(&client, subject))?;
    output::doing("");
    Ok(Some(compare::compare(&table)))
}

async fn table(client: &Client, subject: &Subject) -> Table {
    let deadline = Instant::now() + LIMIT;
    let budget = served::Budget::new();
    let mut table = Table {
        module: subject.module.clone(),
        version: subject.version.clone(),
        statements: kept::go_sums(client, subject),
        proxies: client.list(),
        cache: kept::place(client, subject),
    };
    table.statements.extend(kept::hash(&table.cache));
    let (logged, received) = tokio::join!(
        log::ask(client, subject, deadline),
        served::ask(client, &table, &budget, deadline),
    );
    table.statements.extend(logged);
    let mut copies: Vec<Held> = Vec::new();
    for one in kept::copies(&table.cache).into_iter().chain(received) {
        match one {
            Ok(copy) => copies.push(copy),
            Err(statement) => table.statements.push(statement),
        }
    }
    let known = known(&table);
    let mut copies = copies::examine(copies, &table, &known).await;
    served::ask_again(client, &mut copies, &table, &known, &budget, deadline).await;
    let copies = copies::compare(copies, &known).await;
    table.statements.extend(copies);
    table.statements.sort_by_key(rank);
    table
}

/// Who says what in the order in which it is read: the client's side, the proxies, the log.
fn rank(statement: &Statement) -> (File, u8) {
    let voice = match statement.voice {
        compare::Voice::GoSum { .. } => 0,
        compare::Voice::CachedHash { .. } => 1,
        compare::Voice::CachedBytes { .. } => 2,
        compare::Voice::Proxy { .. } => 3,
        compare::Voice::Database { .. } => 4,
    };
    (statement.file, voice)
}

/// Hashes that bytes could have to be right, for each file.
#[derive(Debug, Clone, Default)]
struct Known {
    /// What the log proves.
    logged: Vec<(File, H1)>,
    /// That and what go.sum says.
    any: Vec<(File, H1)>,
}

fn known(table: &Table) -> Known {
    let mut known = Known::default();
    for statement in &table.statements {
        let Said::Hash(text) = &statement.said else {
            continue;
        };
        let Ok(hash) = text.parse::<H1>() else {
            continue;
        };
        known.any.push((statement.file, hash));
        if matches!(statement.voice, compare::Voice::Database { .. }) {
            known.logged.push((statement.file, hash));
        }
    }
    known
}

// === impl Subject ===

impl Subject {
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
