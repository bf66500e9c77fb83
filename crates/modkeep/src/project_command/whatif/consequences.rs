//! What a change would mend, bring in, and put under another licence.
//!
//! Vulnerabilities come from the server that is named, else from the database that is kept (`modkeep
//! vuln`); licences from the zips of the versions that come and go. What cannot be told is said so.

use crate::module_checkout::fetch;
use futures_util::{StreamExt as _, stream};
use gate::{allowed::ModuleLicences, licence};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version, modfile::ModuleVersion, mvs::ModuleSelection,
    zip::limits::MAX_ZIP_FILE,
};
use project::whatif::SelectionChanges;
use serde::Serialize;
use std::{collections::BTreeSet, io::Cursor, path::PathBuf, time::Duration};
use upstream::{Endpoint, Upstreams};
use vulndb::{BuildExamination, DatabaseSnapshot};

/// Versions whose licences are looked at; a change of more is not read line by line either.
const MOST: usize = 60;

/// Zips in memory at a time.
const AT_A_TIME: usize = 4;

/// The largest answer about vulnerabilities.
const LARGEST: usize = 64 << 20;

/// How long a server may take over a build list.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who knows of vulnerabilities.
pub(super) enum VulnerabilityData {
    /// The database in this data directory.
    Kept(PathBuf),
    /// A server.
    Server(Endpoint),
}

/// Vulnerabilities that come and go, `MODULE@VERSION: ID`.
#[derive(Debug, Default, Serialize)]
pub(super) struct VulnerabilityChanges {
    pub(super) mended: Vec<String>,
    pub(super) brought: Vec<String>,
}

/// A module whose licence is new or another.
#[derive(Debug, Serialize)]
pub(super) struct LicenceChange {
    pub(super) module: String,
    /// Empty where the module is new.
    pub(super) from: String,
    pub(super) to: String,
}

/// Holds both build lists against what is known of vulnerabilities.
pub(super) async fn vulnerabilities(
    data: &VulnerabilityData,
    before: &ModuleSelection,
    after: &ModuleSelection,
) -> Result<VulnerabilityChanges, String> {
    let (old, new) = (
        vulnerabilities_of(data, before).await?,
        vulnerabilities_of(data, after).await?,
    );
    // By module and id: what a lower version had as well is not brought by this one.
    let ids = |set: &BTreeSet<SelectedVulnerability>| -> BTreeSet<(String, String)> {
        set.iter()
            .map(|had| (had.module.clone(), had.id.clone()))
            .collect()
    };
    let (old_ids, new_ids) = (ids(&old), ids(&new));
    let only = |set: &BTreeSet<SelectedVulnerability>, other: &BTreeSet<(String, String)>| {
        let gone = set
            .iter()
            .filter(|had| !other.contains(&(had.module.clone(), had.id.clone())));
        gone.map(|had| format!("{}@{}: {}", had.module, had.version, had.id))
            .collect()
    };
    Ok(VulnerabilityChanges {
        mended: only(&old, &new_ids),
        brought: only(&new, &old_ids),
    })
}

/// A vulnerability that a selected version has.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SelectedVulnerability {
    module: String,
    version: String,
    id: String,
}

async fn vulnerabilities_of(
    data: &VulnerabilityData,
    selection: &ModuleSelection,
) -> Result<BTreeSet<SelectedVulnerability>, String> {
    let list = selection.build_list();
    let fetched = list
        .iter()
        .map(|selected| selected.replacement.unwrap_or(selected.module))
        .filter(|module| !module.version.is_empty());
    let examined = data.examine(&fetched.collect::<Vec<_>>()).await?;
    let had = examined.hits.into_iter().map(|hit| SelectedVulnerability {
        id: hit.id.to_string(),
        module: hit.module,
        version: hit.version,
    });
    Ok(had.collect())
}

// === impl VulnerabilityData ===

impl VulnerabilityData {
    async fn examine(&self, modules: &[&ModuleVersion]) -> Result<BuildExamination, String> {
        match self {
            Self::Kept(data) => {
                let opened = DatabaseSnapshot::in_directory(data).open();
                let database = opened.map_err(|error| error.to_string())?;
                let database = database
                    .ok_or("no vulnerability database is kept, see `modkeep vuln update`")?;
                let modules = modules
                    .iter()
                    .map(|module| (&*module.path, &*module.version));
                let examined = database.examine(modules);
                examined.map_err(|error| error.to_string())
            }
            Self::Server(server) => {
                let path = "-/vuln/examine";
                let line =
                    |module: &&ModuleVersion| format!("{} {}\n", module.path, module.version);
                let lines: String = modules.iter().map(line).collect();
                let reply = server.post(path, lines, PATIENCE, LARGEST).await;
                let reply = reply.map_err(|error| error.to_string())?;
                if reply.status != 200 {
                    let text = String::from_utf8_lossy(&reply.body);
                    let first = text.lines().next().unwrap_or_default();
                    return Err(format!("{path}: {}: {first}", reply.status));
                }
                serde_json::from_slice(&reply.body).map_err(|error| format!("{path}: {error}"))
            }
        }
    }
}

/// Licences that come with the change, where they are new or others; what could not be told goes to
/// `unknown`.
pub(super) async fn licences(
    changes: &SelectionChanges,
    upstreams: &Upstreams,
    unknown: &mut Vec<String>,
) -> Vec<LicenceChange> {
    let moved = changes.raised.iter().chain(&changes.lowered);
    let moved = moved.map(|one| (one.module.clone(), Some(one.from.clone()), one.to.clone()));
    let added = changes.added.iter();
    let added = added.map(|one| (one.module.clone(), None, one.version.clone()));
    let all: Vec<_> = moved.chain(added).collect();
    if all.len() > MOST {
        unknown.push(format!(
            "licences of {} versions: more than {MOST}",
            all.len()
        ));
        return Vec::new();
    }
    let asked = all.into_iter().map(|(module, from, to)| async move {
        let before = match from {
            Some(version) => licences_of(&module, &version, upstreams).await?,
            None => String::new(),
        };
        let after = licences_of(&module, &to, upstreams).await?;
        let is_other = before != after;
        Ok::<_, String>(is_other.then_some(LicenceChange {
            module,
            from: before,
            to: after,
        }))
    });
    let mut answers = stream::iter(asked).buffered(AT_A_TIME);
    let mut licences = Vec::new();
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(licence) => licences.extend(licence),
            Err(why) => unknown.push(format!("a licence: {why}")),
        }
    }
    licences
}

async fn licences_of(path: &str, version: &str, upstreams: &Upstreams) -> Result<String, String> {
    let named = |why: String| format!("{}: {why}", ModuleVersion::new(path, version));
    let module = ModulePath::parse(path).map_err(|error| named(error.to_string()))?;
    let version = Version::parse(version).map_err(|error| named(error.to_string()))?;
    let artifact = Artifact {
        module: module.clone(),
        version: version.clone(),
        kind: ArtifactKind::Zip,
    };
    let download = fetch(&artifact.escaped_path(), MAX_ZIP_FILE, upstreams).await;
    let zip = download.map_err(named)?.whole().await;
    let zip = zip.map_err(|error| named(error.to_string()))?;
    let found = licence::of_zip(Cursor::new(zip), &module, &version);
    Ok(match found.map_err(|error| named(error.to_string()))? {
        ModuleLicences::Licences(found) => {
            let ids: BTreeSet<String> = found.into_iter().map(|licence| licence.id).collect();
            Vec::from_iter(ids).join(", ")
        }
        ModuleLicences::Unrecognised(_) | ModuleLicences::Unavailable(_) => {
            "not recognised".to_owned()
        }
    })
}
