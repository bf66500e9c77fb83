//! `modkeep store verify|rebuild|export|import|withdraw|resolve`.

mod bundle;
mod orders;
mod verify;

use crate::{PROBLEM, cli, config::Resolved, failure::Failure, output, wiring, zip_command};
use codes::Code;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};
use store::{
    Store,
    maintenance::{self, ExportOptions, ImportOptions, Problems},
};

/// Problems that are printed of each kind; the count of all stands beside them.
const SHOWN: usize = 100;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let Some((verb, matches)) = matches.subcommand() else {
        return Ok(ExitCode::from(crate::UNUSABLE));
    };
    let resolved = cli::given(matches)?;
    let data = PathBuf::from(resolved.text("data"));
    // An import is how the store of another site begins.
    if verb != "import" {
        wiring::require_store(&data)?;
    }
    let healthy = wiring::run(async {
        match verb {
            "rebuild" => rebuild(&data).await,
            "export" => match matches.get_one::<PathBuf>("bundle") {
                Some(target) => bundle::export(&data, target, &resolved, matches).await,
                None => export(&data, &directory(matches)?).await,
            },
            "import" => import(&data, &resolved, matches).await,
            "withdraw" => orders::withdraw(&data, matches).await,
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
    list("lost", &report.lost, |(path, blob)| {
        format!("{path}: {blob} is missing")
    });
    list(
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
    let store = open(data).await?;
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
    list("damaged, left out", &report.damaged, |(path, why)| {
        format!("{path}: {why}")
    });
    let shown = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    output::line(&format!("use it: GOPROXY=file://{}", shown.display()));
    Ok(report.damaged.is_empty())
}

/// What is imported says itself what it is: a bundle is a file, everything else a directory.
async fn import(
    data: &Path,
    resolved: &Resolved,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    let from = &zip_command::path(matches, "from");
    if from.is_dir() {
        return import_tree(data, from).await;
    }
    let file = File::open(from).map_err(|error| zip_command::unusable(from, &error))?;
    if !proxy::is_bundle(&file) {
        let why = "it is neither a directory nor a bundle";
        return Err(zip_command::unusable(from, &why));
    }
    bundle::import(data, file, from, resolved, matches).await
}

async fn import_tree(data: &Path, directory: &Path) -> Result<bool, Failure> {
    let store = open(data).await?;
    let options = ImportOptions {
        source: format!("import {}", directory.display()),
        evidence: String::new(),
    };
    let report = maintenance::import(&store, directory, options, proxy::import_checker()).await?;
    store.flush().await?;
    output::line(&format!(
        "{} files kept, {} were kept already, {} skipped",
        report.captured, report.unchanged, report.skipped
    ));
    list(
        "kept with other bytes, left as it is",
        &report.conflicts,
        String::clone,
    );
    list("refused", &report.refused, |(path, why)| {
        format!("{path}: {why}")
    });
    Ok(report.conflicts.is_empty() && report.refused.is_empty())
}

async fn open(data: &Path) -> Result<Store, Failure> {
    Ok(Store::open(wiring::store_options(data)).await?)
}

fn list<T>(title: &str, problems: &Problems<T>, line: impl Fn(&T) -> String) {
    if problems.is_empty() {
        return;
    }
    output::line(&format!("{title}: {}", problems.count));
    for problem in problems.first.iter().take(SHOWN) {
        output::line(&format!("  {}", line(problem)));
    }
}
