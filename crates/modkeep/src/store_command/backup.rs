//! `modkeep store backup` and `modkeep store restore`.

use super::{
    bundle, open_to_read,
    problems::{self, SHOWN},
};
use crate::{failure::Failure, output, wiring};
use codes::Code;
use std::path::{Path, PathBuf};
use store::maintenance::{self, BackupError, BackupReport};

pub(super) async fn back_up(data: &Path, matches: &clap::ArgMatches) -> Result<bool, Failure> {
    let target = &path(matches);
    if bundle::absolute(target)?.starts_with(bundle::absolute(data)?) {
        let why = format!("{} lies in the data directory itself", target.display());
        return Err(Failure::new(Code::BadInputFile, why));
    }
    let store = open_to_read(data).await?;
    let watched = output::is_watched();
    let progress = move |blobs: u64, bytes: u64| {
        if watched && blobs.is_multiple_of(64) {
            output::progress(&format!("{blobs} blobs, {} copied", output::size(bytes)));
        }
    };
    let report = maintenance::backup(&store, target, progress).await;
    if watched {
        output::progress("");
    }
    let report = report.map_err(|error| failure(&error))?;
    let BackupReport {
        manifest,
        copied: (blobs, bytes),
        unchanged,
        damaged,
        ..
    } = &report;
    output::line(&format!(
        "{}: complete as of {}, {} journal entries; {blobs} blobs copied ({}), {unchanged} were there",
        target.display(),
        manifest.made,
        manifest.entries,
        output::size(*bytes)
    ));
    problems::print("damaged here, not in it", damaged, |(blob, why)| {
        format!("{blob}: {why}")
    });
    Ok(damaged.is_empty())
}

pub(super) async fn restore(data: &Path, matches: &clap::ArgMatches) -> Result<bool, Failure> {
    let from = path(matches);
    let report = maintenance::restore(&from, wiring::store_options(data)).await;
    let report = report.map_err(|error| failure(&error))?;
    let BackupReport {
        manifest,
        copied: (blobs, bytes),
        unchanged,
        damaged,
        stopped,
    } = &report;
    output::line(&format!(
        "{}: as of {}, {} journal entries; {} blobs ({} copied now)",
        data.display(),
        manifest.made,
        manifest.entries,
        blobs + unchanged,
        output::size(*bytes)
    ));
    if manifest.log.is_some() {
        output::line(
            "the journal goes on under another name, and says what it was restored from: \
             give those who follow it /-/journal/key",
        );
    }
    for name in stopped.iter().take(SHOWN) {
        output::line(&format!(
            "{name} is stopped: what it signed after the backup is not known here; if it signed nothing: \
             modkeep store resolve --database {name} --reason ..., else begin another name (docs/sumdb.md)"
        ));
    }
    problems::print(
        "damaged in the backup, asked for anew when needed",
        damaged,
        |(blob, why)| format!("{blob}: {why}"),
    );
    Ok(damaged.is_empty())
}

fn path(matches: &clap::ArgMatches) -> PathBuf {
    let given = matches.get_one::<PathBuf>("backup");
    given.cloned().unwrap_or_default()
}

fn failure(error: &BackupError) -> Failure {
    match error {
        BackupError::Store(error) => Failure::of(error.code(), error),
        BackupError::Incomplete(..) => Failure::of(Code::BackupIncomplete, error),
        _ => Failure::of(Code::BadInputFile, error),
    }
}
