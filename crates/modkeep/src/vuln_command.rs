//! `modkeep vuln`: the vulnerability database that is kept, for the gate and for the stock client.

pub(crate) mod update;

use crate::{cli, exit_status::PROBLEM, failure::Failure, output, wiring};
use codes::Code;
use config::Settings;
use jiff::Timestamp;
use std::process::ExitCode;
use store::{JournalEvent, Store, StoreError};
use vulndb::{DatabaseSnapshot, SourceInfo, VulnerabilityDatabase, VulnerabilityHit};

/// Characters of a notice that the journal takes.
const LONGEST_NOTICE: usize = 2000;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("update", matches)) => renew(matches),
        Some(("show", matches)) => show(matches),
        Some((_, matches)) => status(matches),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn renew(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let settings = cli::settings(matches)?;
    let sources = matches.get_many::<String>("source").into_iter().flatten();
    let sources: Vec<String> = sources.cloned().collect();
    let force = matches.get_one::<String>("force").map(String::as_str);
    let made = wiring::run(async {
        let made = update::update(&settings, &sources, force).await?;
        if let Some(notice) = &made.notice {
            journal(&settings, notice).await?;
        }
        Ok::<_, Failure>(made)
    })??;
    tell(&made.sources, made.notice.as_deref());
    Ok(ExitCode::SUCCESS)
}

/// Writes down what was forced. The database says it of itself; the journal does where no server
/// holds it at the moment.
async fn journal(settings: &Settings, notice: &str) -> Result<(), Failure> {
    let short: String = notice.chars().take(LONGEST_NOTICE).collect();
    match Store::open(wiring::store_options(&settings.store.data)).await {
        Ok(store) => {
            let event = JournalEvent::new("vulnerability-data-forced", "vulnerabilities", short);
            store.event(event).await?;
            Ok(store.flush().await?)
        }
        Err(StoreError::StoreInUse { .. }) => {
            output::error("a server holds the journal: the reason is kept with the data alone");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn status(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let settings = cli::settings(matches)?;
    let kept = open(&settings)?;
    tell(kept.sources(), kept.notice());
    Ok(ExitCode::SUCCESS)
}

fn show(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let settings = cli::settings(matches)?;
    let database = open(&settings)?;
    let mut is_vulnerable = false;
    for what in matches.get_many::<String>("what").into_iter().flatten() {
        let wrong = |why: String| Failure::new(Code::BadInputFile, format!("{what}: {why}"));
        let (module, version) = what
            .split_once('@')
            .ok_or_else(|| wrong("MODULE@VERSION is expected".to_owned()))?;
        let hits = database.affecting(module, version);
        let hits = hits.map_err(|error| wrong(error.to_string()))?;
        is_vulnerable |= !hits.is_empty();
        if hits.is_empty() {
            output::line(&format!("{what}: nothing is known"));
        }
        hits.iter().for_each(print);
    }
    Ok(if is_vulnerable {
        ExitCode::from(PROBLEM)
    } else {
        ExitCode::SUCCESS
    })
}

fn open(settings: &Settings) -> Result<VulnerabilityDatabase, Failure> {
    let opened = DatabaseSnapshot::in_directory(&settings.store.data).open();
    let opened = opened.map_err(|error| Failure::of(Code::VulnerabilityDataDamaged, &error))?;
    opened.ok_or_else(|| {
        let facts = format!("{} has none", settings.store.data.display());
        Failure::new(Code::NoVulnerabilityData, facts)
    })
}

/// What the database is made of, and how old that is.
fn tell(sources: &[SourceInfo], notice: Option<&str>) {
    for source in sources {
        let age = source.modified.map_or_else(
            || "undated".to_owned(),
            |modified| {
                let age = Timestamp::now().duration_since(modified.timestamp());
                format!("as of {modified}, {} days ago", age.as_hours().max(0) / 24)
            },
        );
        output::line(&format!(
            "{}: {} entries, {age}",
            source.name, source.entries
        ));
    }
    if let Some(notice) = notice {
        output::line(notice);
    }
}

/// A version as people write it: Go's own are releases.
fn release(module: &str, version: &str) -> String {
    match (module, version.strip_prefix('v')) {
        ("stdlib" | "toolchain", Some(number)) => format!("go{number}"),
        _ => version.to_owned(),
    }
}

fn print(hit: &VulnerabilityHit) {
    let names: Vec<&str> = hit.names().collect();
    let fix = match &hit.lowest_fix {
        Some(fix) => format!("fixed in {}", release(&hit.module, fix)),
        None => "not fixed".to_owned(),
    };
    output::line(&format!(
        "{}@{}: {}: {} ({fix})",
        hit.module,
        hit.version,
        names.join(", "),
        hit.summary
    ));
}
