//! Update: public databases and the site's own advisories become the database that is kept.
//!
//! Everything is read and checked before the kept file is touched, so a bad download or a typing
//! error in an advisory changes nothing. Nor does data that is older than what is kept, unless an
//! operator says why: the reason stays with the database and is shown. What is public comes as one archive, which tells its keeper
//! nothing about what is used here.

use crate::failure::Failure;
use codes::Code;
use config::{Settings, VulnerabilitySource};
use jiff::Timestamp;
use std::{fs, path::Path, time::Duration};
use tokio::task::spawn_blocking;
use upstream::{Endpoint, SourceUrl, UpstreamOptions};
use vulndb::{DatabaseSnapshot, DatabaseSource, SourceInfo, SourceOrigin, VulnerabilityDatabase};

/// The archive below the root of a database of Go's.
const ARCHIVE: &str = "vulndb.zip";

/// The largest archive that is fetched, in bytes; Go's has three million.
const LARGEST: usize = 256 << 20;

/// What an update came to.
#[derive(Debug)]
pub(crate) struct UpdateReport {
    /// What the database is made of.
    pub(crate) sources: Vec<SourceInfo>,
    /// What was forced, in words for the journal.
    pub(crate) notice: Option<String>,
}

/// Whether what is kept was put there longer ago than this, or nothing is kept.
pub(crate) fn is_due(settings: &Settings, age: Duration) -> bool {
    let written = fs::metadata(DatabaseSnapshot::in_directory(&settings.store.data).path())
        .and_then(|metadata| metadata.modified());
    // A file from the future is as good as one of now.
    written.is_err() || written.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= age))
}

/// Makes the kept database anew of these public sources (URLs, archives, directories), or of the
/// configured one, and the site's advisories; gives what it is made of.
pub(crate) async fn update(
    settings: &Settings,
    sources: &[String],
    force: Option<&str>,
) -> Result<UpdateReport, Failure> {
    let mut read = Vec::new();
    let named = sources
        .iter()
        .map(|source| VulnerabilitySource::parse(source));
    let named = named.collect::<Result<Vec<_>, _>>();
    let named = named.map_err(|why| Failure::new(Code::BadConfiguration, why))?;
    let configured = settings.vulndb.iter().filter(|_| sources.is_empty());
    for source in configured.chain(&named) {
        read.push(public(source, &settings.upstreams).await?);
    }
    if let Some(directory) = settings.advisories.clone() {
        read.push(blocking(move || advisories(&directory)).await?);
    }
    if read.is_empty() {
        let facts = "--vulndb is off, and neither a source nor --advisories is given";
        return Err(Failure::new(Code::BadConfiguration, facts));
    }
    let (data, force) = (settings.store.data.clone(), force.map(str::to_owned));
    blocking(move || keep(read, &data, force.as_deref())).await
}

async fn public(
    source: &VulnerabilitySource,
    reach: &UpstreamOptions,
) -> Result<DatabaseSource, Failure> {
    let name = source.to_string();
    match source.clone() {
        VulnerabilitySource::Url(url) => {
            let bytes = fetch(&url, reach).await?;
            blocking(move || {
                DatabaseSource::from_zip(&name, SourceOrigin::Public, &bytes)
                    .map_err(|error| bad(&name, &error))
            })
            .await
        }
        VulnerabilitySource::Path(path) => {
            blocking(move || local(&name, &path).map_err(|error| bad(&name, error.as_ref()))).await
        }
    }
}

fn local(name: &str, path: &Path) -> Result<DatabaseSource, Box<dyn std::error::Error>> {
    if path.is_dir() {
        return Ok(DatabaseSource::from_directory(
            name,
            SourceOrigin::Public,
            path,
        )?);
    }
    Ok(DatabaseSource::from_zip(
        name,
        SourceOrigin::Public,
        &fs::read(path)?,
    )?)
}

async fn fetch(source: &SourceUrl, reach: &UpstreamOptions) -> Result<bytes::Bytes, Failure> {
    let endpoint = Endpoint::try_new(source.reveal(), reach);
    let endpoint = endpoint.map_err(|error| Failure::of(error.code(), &error))?;
    let unreachable = |facts: String| Failure::new(Code::UpstreamUnreachable, facts);
    let reply = endpoint.get(ARCHIVE, LARGEST).await;
    let reply = reply.map_err(|error| unreachable(error.to_string()))?;
    match reply.status {
        200 => Ok(reply.body),
        status => Err(unreachable(format!(
            "{}: {ARCHIVE}: it answered {status}",
            endpoint.name()
        ))),
    }
}

fn advisories(directory: &Path) -> Result<DatabaseSource, Failure> {
    let name = directory.display().to_string();
    let read = DatabaseSource::from_directory(&name, SourceOrigin::Private, directory);
    read.map_err(|error| bad(&name, &error))
}

fn keep(
    sources: Vec<DatabaseSource>,
    data: &Path,
    force: Option<&str>,
) -> Result<UpdateReport, Failure> {
    let merged = VulnerabilityDatabase::merge(sources);
    let merged = merged.map_err(|error| Failure::of(Code::BadVulnerabilityData, &error))?;
    let failed = |error: &dyn std::error::Error| Failure::of(Code::StoreUnavailable, error);
    store::create_private_directory(data).map_err(|error| failed(&error))?;
    let kept = DatabaseSnapshot::in_directory(data);
    let (merged, notice) = match (against(&merged, &kept), force) {
        (None, _) => (merged, None),
        (Some(older), None) => return Err(Failure::new(Code::OlderVulnerabilityData, older)),
        (Some(older), Some(reason)) => {
            let notice = format!("{}: forced: {reason}: {older}", Timestamp::now());
            (merged.with_notice(notice.clone()), Some(notice))
        }
    };
    kept.replace(&merged).map_err(|error| failed(&error))?;
    Ok(UpdateReport {
        sources: merged.sources().to_vec(),
        notice,
    })
}

/// Why a database must not take the place of the kept one, if it must not. What cannot be compared
/// may be older.
fn against(merged: &VulnerabilityDatabase, kept: &DatabaseSnapshot) -> Option<String> {
    let older = match kept.open() {
        Ok(None) => return None,
        Ok(Some(kept)) => merged.older_than(&kept).map_err(|error| error.to_string()),
        Err(error) => Err(Failure::of(Code::VulnerabilityDataDamaged, &error)
            .facts()
            .to_owned()),
    };
    match older {
        Ok(older) => {
            let (first, more) = (older.first()?, older.len() - 1);
            Some(match more {
                0 => first.to_string(),
                more => format!("{first}; and {more} more"),
            })
        }
        Err(why) => Some(format!("it cannot be compared with what is kept: {why}")),
    }
}

fn bad(source: &str, error: &dyn std::error::Error) -> Failure {
    let failure = Failure::of(Code::BadVulnerabilityData, error);
    Failure::new(failure.code(), format!("{source}: {}", failure.facts()))
}

/// Thousands of entries are read and merged: not on a thread that others wait for.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = spawn_blocking(work).await;
    done.map_err(|error| Failure::of(Code::InternalError, &error))?
}
