//! `modkeep store verify|rebuild|export|import|backup|restore|withdraw|retire|resolve`.

mod backup;
mod bundle;
pub(crate) mod import;
mod orders;
mod problems;
mod verify;

pub(crate) use orders::carried_out;

use crate::{
    cli, exit_status::PROBLEM, failure::Failure, order::StoreOrder, output, wiring, zip_command,
};
use codes::Code;
use config::ResolvedConfig;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use store::{
    Store, StoreError,
    maintenance::{self, ExportOptions},
};

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let Some((verb, matches)) = matches.subcommand() else {
        return Ok(ExitCode::from(crate::exit_status::UNUSABLE));
    };
    let resolved = cli::given(matches)?;
    let data = cli::data(&resolved)?;
    // An import is how the store of another site begins, and a restore how one begins again.
    if !matches!(verb, "import" | "restore") {
        wiring::require_store(&data)?;
    }
    let healthy = wiring::run(async {
        match verb {
            "rebuild" => rebuild(&data).await,
            "export" => match matches.get_one::<PathBuf>("bundle") {
                Some(target) => bundle::export(&data, target, &resolved, matches).await,
                None => export(&data, &directory(matches)?).await,
            },
            "backup" => backup::back_up(&data, matches).await,
            "restore" => backup::restore(&data, matches).await,
            "import" => import(&data, &resolved, matches).await,
            "withdraw" => orders::withdraw(&data, matches).await,
            "retire" => orders::retire(&data, matches).await,
            "resolve" => orders::resolve(&data, &resolved, matches).await,
            _ => verify::run(&data, &resolved, matches).await,
        }
    })??;
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEM)
    })
}

async fn rebuild(data: &Path) -> Result<bool, Failure> {
    let report = maintenance::rebuild(wiring::store_options(data)).await?;
    output::line(&format!(
        "{} journal entries read, {} artifacts kept",
        report.entries, report.captures
    ));
    if report.salvaged_trust > 0 {
        output::line(&format!(
            "{} tiles and states of checksum databases taken from the old catalog",
            report.salvaged_trust
        ));
    }
    problems::print("lost", &report.lost, |(path, blob)| {
        format!("{path}: {blob} is missing")
    });
    problems::print(
        "damaged journal lines",
        &report.damaged_lines,
        String::clone,
    );
    if report.missing_entries > 0 {
        output::line(&format!(
            "{} journal entries are missing",
            report.missing_entries
        ));
    }
    Ok(report.lost.is_empty() && report.damaged_lines.is_empty() && report.missing_entries == 0)
}

/// Where a tree is to be written.
fn directory(matches: &clap::ArgMatches) -> Result<PathBuf, Failure> {
    let given: Vec<&String> = matches.get_many("what").into_iter().flatten().collect();
    match given.as_slice() {
        [directory] => Ok(PathBuf::from(directory)),
        _ => Err(Failure::new(
            Code::BadInputFile,
            "a tree is written to one directory; name modules with --bundle only",
        )),
    }
}

async fn export(data: &Path, directory: &Path) -> Result<bool, Failure> {
    let store = open_to_read(data).await?;
    let report = maintenance::export(&store, directory, ExportOptions::default()).await?;
    output::line(&format!(
        "{} files written ({}), {} unchanged, {} lists",
        report.written,
        output::size(report.bytes),
        report.unchanged,
        report.lists
    ));
    if report.withdrawn > 0 {
        output::line(&format!(
            "{} files of withdrawn versions left out",
            report.withdrawn
        ));
    }
    problems::print("damaged, left out", &report.damaged, |(path, why)| {
        format!("{path}: {why}")
    });
    let shown = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    output::line(&format!("use it: GOPROXY=file://{}", shown.display()));
    Ok(report.damaged.is_empty())
}

/// What is imported says itself what it is: a bundle is a file, everything else a directory.
async fn import(
    data: &Path,
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    let from = &zip_command::path(matches, "from");
    if from.is_dir() {
        let path = bundle::absolute(from)?;
        return orders::give(data, &StoreOrder::ImportTree { path }).await;
    }
    bundle::import(data, from, resolved, matches).await
}

/// Opens the store to read it: beside a server, if one has it.
async fn open_to_read(data: &Path) -> Result<Store, Failure> {
    match Store::open(wiring::store_options(data)).await {
        Err(StoreError::StoreInUse { .. }) => {
            Ok(Store::open_beside(wiring::store_options(data)).await?)
        }
        opened => Ok(opened?),
    }
}

async fn open(data: &Path) -> Result<Store, Failure> {
    Ok(Store::open(wiring::store_options(data)).await?)
}
