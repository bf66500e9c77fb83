//! Facts: what the site knows of the modules that a checkout uses, all asked for at once.
//!
//! What cannot be had is written down with its reason, because a step has a rule for not knowing;
//! nothing here decides what that means.

use super::{module::ModuleInspector, site::GateSite, vulnerable};
use crate::output;
use bytes::Bytes;
use checksumdb::sums::{self, Sums};
use finding::GateStep;
use futures_util::{StreamExt as _, stream};
use gate::{
    allowed,
    capability::{self, CapabilityPlaces},
    change::{CapabilityScan, VersionChange},
    fresh::{self, calendar},
    go_lock::GoLock,
    licence,
    policy::StepMode,
    sbom,
    steps::{self, GateFacts},
    sum_file::{LogAnswer, SumFile},
};
use gomod::{
    ModulePath, Version,
    modfile::{self, ModFile, ModuleVersion},
    mvs::ModuleSelection,
    zip::limits::MAX_ZIP_FILE,
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

/// Small documents asked for at a time.
const AT_A_TIME: usize = 32;

/// Zips held in memory at a time.
const ZIPS_AT_A_TIME: usize = 4;

/// The largest list of versions or document of a version that is read.
const DOCUMENT: usize = 4 << 20;

/// The largest answer about a go.sum: a few hundred bytes for each line.
const SUMS: usize = 256 << 20;

/// Gathers what the steps need; `notes` gets what a reader should know of it.
pub(super) async fn gather(
    with: ModuleInspector<'_>,
    lock: &GoLock,
    selection: &ModuleSelection,
    notes: &mut Vec<String>,
) -> GateFacts {
    let ModuleInspector {
        site,
        policy,
        wanted,
        now,
    } = with;
    let is_on = |step| policy.steps.of(step) != StepMode::Off;
    let built = steps::built(lock, selection);
    let mut facts = GateFacts::default();
    let fresh_is_on = is_on(GateStep::Fresh);
    if is_on(GateStep::Lock) || fresh_is_on {
        let compared = compare(site, &lock.go_sum).await;
        notes.extend(compared.as_ref().ok().map(|sums| note(&lock.go_sum, sums)));
        if fresh_is_on && let Ok(sums) = &compared {
            facts.ages = ages(sums, &built, now);
        }
        facts.logged = answers(&lock.go_sum, compared);
    }
    if is_on(GateStep::Vulnerable) {
        let known = vulnerable::gather(with, lock, &built).await;
        notes.extend(known.examined.as_ref().ok().map(vulnerable::note));
        facts.vulnerable = Some(known);
    }
    if fresh_is_on {
        output::doing(&format!(
            "reading the newest go.mod of {} modules",
            built.len()
        ));
        facts.newest = newest(site, &built).await;
        for module in &built {
            facts
                .ages
                .entry(module.clone())
                .or_insert(fresh::FirstKnownTime::Never);
        }
    }
    let listed = &policy.allowed.licences;
    let must = is_on(GateStep::Allowed) && !(listed.allowed.is_empty() && listed.denied.is_empty());
    if must || wanted.licences {
        output::doing(&format!("reading the licences of {} modules", built.len()));
        for (module, zip) in zips(site, built).await {
            facts.licences.insert(module.clone(), zip.licence);
            facts
                .digests
                .extend(zip.sha256.map(|digest| (module, digest)));
        }
    }
    facts
}

/// What the checksum database says of the lines of a file; `notes` gets what a reader should know.
pub(super) async fn logged(
    site: &GateSite,
    file: &SumFile,
    notes: &mut Vec<String>,
) -> Vec<LogAnswer> {
    let compared = compare(site, file).await;
    notes.extend(compared.as_ref().ok().map(|sums| note(file, sums)));
    answers(file, compared)
}

async fn compare(site: &GateSite, file: &SumFile) -> Result<Sums, String> {
    let (name, lines) = (&file.name, file.sums.entries.len());
    output::doing(&format!("{name}: comparing {lines} lines with the log"));
    let reply = site.post("-/sums", file.sums.print(), SUMS).await?;
    serde_json::from_slice(&reply.body).map_err(|error| format!("-/sums: {error}"))
}

fn note(file: &SumFile, sums: &Sums) -> String {
    let count = |told: fn(&sums::LogStatement) -> bool| {
        sums.lines.iter().filter(|line| told(&line.told)).count()
    };
    let (same, lines) = (
        count(|told| *told == sums::LogStatement::Same),
        sums.lines.len(),
    );
    let private = match count(|told| *told == sums::LogStatement::Private) {
        0 => String::new(),
        count => format!(", {count} are private"),
    };
    let by = match (&sums.database, sums.size) {
        (Some(database), Some(size)) => format!(" by {database} ({size} records)"),
        (Some(database), None) => format!(" by {database}"),
        (None, _) => ", no checksum database is configured".to_owned(),
    };
    let name = &file.name;
    format!("{name}: {same} of {lines} lines proven{by}{private}")
}

fn answers(file: &SumFile, compared: Result<Sums, String>) -> Vec<LogAnswer> {
    match compared {
        Ok(sums) => sums
            .lines
            .into_iter()
            .map(|line| answer(line.told))
            .collect(),
        Err(why) => vec![LogAnswer::Unknown(why); file.sums.entries.len()],
    }
}

fn answer(told: sums::LogStatement) -> LogAnswer {
    match told {
        sums::LogStatement::Same => LogAnswer::Same,
        sums::LogStatement::Other { logged } => LogAnswer::Other(logged),
        sums::LogStatement::Absent => LogAnswer::Absent,
        sums::LogStatement::Private => LogAnswer::Private,
        sums::LogStatement::Unknown { why } => LogAnswer::Unknown(why),
    }
}

/// The earliest that somebody has known each version.
fn ages(
    sums: &Sums,
    built: &BTreeSet<ModuleVersion>,
    now: Timestamp,
) -> BTreeMap<ModuleVersion, fresh::FirstKnownTime> {
    let mut known: BTreeMap<ModuleVersion, (Timestamp, &'static str)> = BTreeMap::new();
    let is_public = sums.database.as_deref() == Some(calendar::DATABASE);
    for line in &sums.lines {
        let module = ModuleVersion::new(&line.module, &line.version);
        if !built.contains(&module) {
            continue;
        }
        let logged = line.record.zip(sums.size).filter(|_| is_public);
        let logged = logged.and_then(|(record, size)| calendar::about(record, size, now));
        let logged = logged.map(|at| (at, "by its place in the log, about"));
        let captured = line.first_seen.map(|at| (at, "captured here"));
        for (at, witness) in logged.into_iter().chain(captured) {
            let first = known.entry(module.clone()).or_insert((at, witness));
            if at < first.0 {
                *first = (at, witness);
            }
        }
    }
    let dated = known.into_iter();
    dated
        .map(|(module, (at, witness))| (module, fresh::FirstKnownTime::Since(at, witness)))
        .collect()
}

/// The go.mod of the newest version of each module.
async fn newest(
    site: &GateSite,
    built: &BTreeSet<ModuleVersion>,
) -> BTreeMap<String, Result<ModFile, String>> {
    let paths: BTreeSet<&str> = built.iter().map(|module| &*module.path).collect();
    let paths: Vec<String> = paths.into_iter().map(str::to_owned).collect();
    stream::iter(paths)
        .map(|path| async move {
            let found = newest_go_mod(site, &path).await;
            (path, found)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn newest_go_mod(site: &GateSite, path: &str) -> Result<ModFile, String> {
    let module = ModulePath::parse(path).map_err(|error| error.to_string())?;
    let escaped = module.escaped();
    let list = site.get(&format!("{escaped}/@v/list"), DOCUMENT).await;
    let listed = list.ok().and_then(|reply| {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        fresh::newest(&text)
    });
    let version = match listed {
        Some(version) => version,
        None => latest(site, &escaped).await?,
    };
    let file = format!("{escaped}/@v/{}.mod", version.escaped());
    let reply = site.get(&file, modfile::MAX_BYTES).await?;
    modfile::parse(&reply.body, modfile::ParseMode::Lax).map_err(|error| error.to_string())
}

async fn latest(site: &GateSite, escaped: &str) -> Result<Version, String> {
    /// The part of a version's `.info` that names it.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct InfoName {
        version: String,
    }
    let path = format!("{escaped}/@latest");
    let reply = site.get(&path, DOCUMENT).await?;
    let info: InfoName =
        serde_json::from_slice(&reply.body).map_err(|error| format!("{path}: {error}"))?;
    Version::parse(&info.version).map_err(|error| error.to_string())
}

/// What the zip of a version says.
struct ZipFacts {
    licence: allowed::ModuleLicences,
    sha256: Option<String>,
}

async fn zips(
    site: &GateSite,
    built: BTreeSet<ModuleVersion>,
) -> BTreeMap<ModuleVersion, ZipFacts> {
    stream::iter(built)
        .map(|module| async move {
            let facts = zip_facts(site, &module).await;
            (module, facts)
        })
        .buffer_unordered(ZIPS_AT_A_TIME)
        .collect()
        .await
}

async fn zip_facts(site: &GateSite, wanted: &ModuleVersion) -> ZipFacts {
    let (module, version, zip) = match zip(site, wanted).await {
        Ok(zip) => zip,
        Err(why) => {
            return ZipFacts {
                licence: allowed::ModuleLicences::Unavailable(why),
                sha256: None,
            };
        }
    };
    let sha256 = Some(sbom::sha256(zip.get_ref()));
    let licence = licence::of_zip(zip, &module, &version);
    ZipFacts {
        licence: licence
            .unwrap_or_else(|error| allowed::ModuleLicences::Unavailable(error.to_string())),
        sha256,
    }
}

/// What the code of a version can do.
async fn capabilities_of(
    site: &GateSite,
    wanted: &ModuleVersion,
) -> Result<CapabilityPlaces, String> {
    let (module, version, zip) = zip(site, wanted).await?;
    capability::of_zip(zip, &module, &version).map_err(|error| error.to_string())
}

/// What the code of the versions that changed can do, now and at the base, by `MODULE@VERSION`.
pub(super) async fn scans(
    site: &GateSite,
    moves: &[VersionChange],
) -> BTreeMap<String, CapabilityScan> {
    let raised = moves.iter().filter_map(|one| {
        let to = ModuleVersion::new(&one.path, one.to.as_ref()?);
        let from = one.from.as_ref();
        Some((from.map(|from| ModuleVersion::new(&one.path, from)), to))
    });
    let raised: Vec<_> = raised.collect();
    output::doing(&format!("looking into {} versions", raised.len()));
    stream::iter(raised)
        .map(|(from, to)| async move {
            let before = match &from {
                Some(from) => capabilities_of(site, from).await,
                None => Ok(CapabilityPlaces::new()),
            };
            let scan = CapabilityScan {
                from: before,
                to: capabilities_of(site, &to).await,
            };
            (to.to_string(), scan)
        })
        .buffer_unordered(ZIPS_AT_A_TIME)
        .collect()
        .await
}

/// The files of a version.
async fn zip(
    site: &GateSite,
    wanted: &ModuleVersion,
) -> Result<(ModulePath, Version, Cursor<Bytes>), String> {
    let module = ModulePath::parse(&wanted.path).map_err(|error| error.to_string())?;
    let version = Version::parse(&wanted.version).map_err(|error| error.to_string())?;
    let path = format!("{}/@v/{}.zip", module.escaped(), version.escaped());
    let limit = usize::try_from(MAX_ZIP_FILE).unwrap_or(usize::MAX);
    let zip = site.get(&path, limit).await?.body;
    Ok((module, version, Cursor::new(zip)))
}
