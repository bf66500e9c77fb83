//! `modkeep audit`: is a log what it was, from outside?
//!
//! It needs a URL, the log's key, and a file in which it remembers the head it saw last. It keeps no
//! data directory and believes nothing but signatures and hashes, so whoever distrusts the operator
//! runs it somewhere else. What is asked, in this order:
//!
//! 1. is the newest head signed with the key;
//! 2. is the head that was seen last the beginning of it;
//! 3. do the entries hash to its root, each version having one record: all of them where the log is
//!    small enough, else bundles at random;
//! 4. are random entries in it, by the hash tiles that clients are served; and, of a checksum
//!    database, does a lookup answer with them.
//!
//! Two forms are spoken: a Go checksum database, at its own URL or through a proxy, and a log as
//! C2SP tlog-tiles has it, such as the journal.

mod entries;
mod log;
mod log_end;
mod random;

use crate::{
    cli,
    exit_status::{PROBLEM, UNUSABLE},
    failure::Failure,
    output, wiring,
};
use bytes::Bytes;
use codes::Code;
use entries::VersionUniqueness;
use log::{AuditError, LogForm, RemoteLog};
use random::RandomNumbers;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tlog::{
    Hash,
    checkpoint::TreeHead,
    entries::EntryBundle,
    follow::{ConsistencyCheck, FollowError},
    frontier::Frontier,
    plan::TilePlan,
    tile::HEIGHT,
    tree::CompleteSubtree,
};
use upstream::{Endpoint, SourceUrl, UpstreamOptions};

/// Entries up to which all of them are read: about 20 MB of a checksum database.
const READ_WHOLE: u64 = 100_000;

/// Bundles that are read of a larger log.
const SAMPLED: usize = 16;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let resolved = cli::given(matches)?;
    let text = |name| matches.get_one::<String>(name).map_or("", String::as_str);
    let wrong = |why: String| Failure::new(Code::BadConfiguration, why);
    let url = SourceUrl::parse(text("url")).map_err(|error| wrong(format!("URL: {error}")))?;
    let key = match text("key") {
        "" => None,
        key => Some(config::known_key(key).map_err(|why| wrong(format!("--key {key}: {why}")))?),
    };
    let count = text("inclusions").parse();
    let count = count.map_err(|_| wrong("--inclusions: it must be a number".to_owned()))?;
    let options = UpstreamOptions {
        ca: (*resolved.options.fetch.ca).clone(),
        ..UpstreamOptions::default()
    };
    let endpoint = Endpoint::try_new(url.reveal(), &options);
    let endpoint = endpoint.map_err(|error| Failure::of(error.code(), &error))?;
    let state = matches.get_one::<PathBuf>("state");
    let audited = wiring::run(async {
        let log = RemoteLog::find(endpoint, url.reveal(), key, &options).await?;
        audit(&log, state.map(PathBuf::as_path), count).await
    })?;
    match audited {
        Ok(()) => {
            output::line("everything that was asked is as it should be");
            Ok(ExitCode::SUCCESS)
        }
        Err(AuditError::Wrong(why)) => {
            output::line(&format!("PROBLEM: {why}"));
            Ok(ExitCode::from(PROBLEM))
        }
        Err(AuditError::Unreachable(why)) => {
            output::error(&format!(
                "modkeep: not proven beyond the lines above: {why}"
            ));
            Ok(ExitCode::from(UNUSABLE))
        }
    }
}

async fn audit(log: &RemoteLog, state: Option<&Path>, count: usize) -> Result<(), AuditError> {
    let (head, note) = log.head().await?;
    output::line(&format!(
        "{} signs {} entries with root {}",
        log.key().name(),
        head.size,
        head.root
    ));
    let before = state
        .map(|state| remembered(log, state))
        .transpose()?
        .flatten();
    if let Some(old) = log.ended() {
        let end = log_end::end_of_known_log(log, old, head).await?;
        if let Some(before) = before.filter(|before| before.size > end.entries) {
            // Told once: from now on the log that goes on is what is compared with.
            if let Some(state) = state {
                keep_aside(state)?;
                remember(state, &note)?;
            }
            let lost = before.size - end.entries;
            let why = format!(
                "{lost} entries that were signed and seen are gone: {}",
                end.why
            );
            return Err(AuditError::Wrong(why));
        }
    }
    let newest = consistency(log, before, head).await?;
    let read = entries(log, head, count).await;
    // Whoever gives out no entries can still be held to the head that was proven: it is forgotten
    // only where something was found to be wrong.
    let sound = !matches!(read, Err(AuditError::Wrong(_)));
    if let Some(state) = state.filter(|_| newest && sound) {
        remember(state, &note)?;
    }
    read
}

async fn entries(log: &RemoteLog, head: TreeHead, count: usize) -> Result<(), AuditError> {
    if head.size > 0 {
        contents(log, head).await?;
        inclusions(log, head, count).await?;
    }
    Ok(())
}

/// Whether the head that was seen last belongs to the same log; gives whether the new one is newer.
async fn consistency(
    log: &RemoteLog,
    before: Option<TreeHead>,
    head: TreeHead,
) -> Result<bool, AuditError> {
    let Some(before) = before else {
        output::line("no head was seen before: the next audit will have one to compare with");
        return Ok(true);
    };
    let (older, newer) = if before.size <= head.size {
        (before, head)
    } else {
        (head, before)
    };
    let question = ConsistencyCheck::try_new(older, newer).map_err(AuditError::wrong)?;
    let tiles = log.tiles(question.tiles()).await?;
    question.check(tiles).map_err(|error| match error {
        FollowError::Tile(error) => AuditError::Wrong(format!(
            "the heads of {} and {} entries cannot be of one log: {error}",
            older.size, newer.size
        )),
        error => AuditError::wrong(error),
    })?;
    output::line(&format!(
        "the head of {} entries is the beginning of that of {}",
        older.size, newer.size
    ));
    if before.size > head.size {
        output::line("an older head is shown than the one seen last: a cache, or a loss");
    }
    Ok(before.size <= head.size)
}

/// Reads entries: all, or some bundles at random.
async fn contents(log: &RemoteLog, head: TreeHead) -> Result<(), AuditError> {
    let mut unique = VersionUniqueness::default();
    if head.size > READ_WHOLE {
        let bundles = EntryBundle::covering(0, head.size).count() as u64;
        let random = RandomNumbers::new();
        for _ in 0..SAMPLED {
            let index = random
                .below(bundles)
                .ok_or_else(AuditError::no_random_numbers)?;
            let first = index * u64::from(tlog::entries::WIDTH);
            let Some(bundle) = EntryBundle::covering(first, head.size).next() else {
                continue;
            };
            for (number, entry) in (first..).zip(authentic(log, head, bundle).await?) {
                unique.add(number, &entry)?;
            }
        }
        output::line(&format!(
            "{SAMPLED} bundles of entries are those that were hashed"
        ));
    } else {
        let mut frontier = Frontier::default();
        for bundle in EntryBundle::covering(0, head.size) {
            for (number, entry) in (bundle.first()..).zip(log.entries(bundle).await?) {
                unique.add(number, &entry)?;
                frontier
                    .append(Hash::of_leaf(&entry))
                    .map_err(AuditError::wrong)?;
            }
        }
        if frontier.head() != head {
            let why = "the entries are not those that the head was signed over";
            return Err(AuditError::Wrong(why.to_owned()));
        }
        output::line(&format!(
            "all {} entries are those that were signed",
            head.size
        ));
    }
    output::line(&unique.summary());
    Ok(())
}

/// The entries of a bundle, each of which is the one that was hashed.
async fn authentic(
    log: &RemoteLog,
    head: TreeHead,
    bundle: EntryBundle,
) -> Result<Vec<Vec<u8>>, AuditError> {
    let first = bundle.first();
    let nodes = (first..first + u64::from(bundle.width())).map(CompleteSubtree::leaf);
    let plan = TilePlan::try_new(head, HEIGHT, nodes.clone()).map_err(AuditError::wrong)?;
    let tiles = log.tiles(plan.tiles()).await?;
    let tiles = plan.authenticate(tiles).map_err(AuditError::wrong)?;
    let entries = log.entries(bundle).await?;
    for ((number, entry), node) in (first..).zip(&entries).zip(nodes) {
        if tiles.hash(node) != Ok(Hash::of_leaf(entry)) {
            let why = format!("entry {number} is not the one that was hashed");
            return Err(AuditError::Wrong(why));
        }
    }
    Ok(entries)
}

/// Looks random entries up, as a client would.
async fn inclusions(log: &RemoteLog, head: TreeHead, count: usize) -> Result<(), AuditError> {
    let random = RandomNumbers::new();
    let mut looked_up = 0;
    for _ in 0..count {
        let number = random
            .below(head.size)
            .ok_or_else(AuditError::no_random_numbers)?;
        let node = CompleteSubtree::leaf(number);
        let plan = TilePlan::try_new(head, HEIGHT, [node]).map_err(AuditError::wrong)?;
        let tiles = log.tiles(plan.tiles()).await?;
        let tiles = plan.authenticate(tiles).map_err(AuditError::wrong)?;
        let first = number - number % u64::from(tlog::entries::WIDTH);
        let bundle = EntryBundle::covering(first, head.size).next();
        let Some(bundle) = bundle else { continue };
        let entries = log.entries(bundle).await?;
        let at = usize::try_from(number - first).unwrap_or(usize::MAX);
        let entry = entries.get(at).cloned().unwrap_or_default();
        if tiles.hash(node) != Ok(Hash::of_leaf(&entry)) {
            let why = format!("entry {number} is not in the log that is signed");
            return Err(AuditError::Wrong(why));
        }
        if log.form() == LogForm::Database {
            log.look_up(number, &entry).await?;
            looked_up += 1;
        }
    }
    output::line(&format!("{count} entries at random are in it"));
    if looked_up > 0 {
        output::line(&format!("{looked_up} lookups answer with the same records"));
    }
    Ok(())
}

fn remembered(log: &RemoteLog, state: &Path) -> Result<Option<TreeHead>, AuditError> {
    match fs::read(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(state, &error)),
        Ok(note) => log
            .read_remembered(&note)
            .map(Some)
            .map_err(|error| unusable(state, &error)),
    }
}

/// The head of a log that ended is evidence; it stays beside the new one.
fn keep_aside(state: &Path) -> Result<(), AuditError> {
    let kept = fs::copy(state, state.with_extension("before"));
    kept.map(drop).map_err(|error| unusable(state, &error))
}

/// Written whole beside the old one, then put in its place.
fn remember(state: &Path, note: &Bytes) -> Result<(), AuditError> {
    let new = state.with_extension("new");
    let written = fs::write(&new, note).and_then(|()| fs::rename(&new, state));
    written.map_err(|error| unusable(state, &error))
}

fn unusable(state: &Path, error: &dyn std::error::Error) -> AuditError {
    AuditError::Unreachable(format!("{}: {error}", state.display()))
}
