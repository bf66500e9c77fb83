//! Importing: the part of `modkeep store import` that is done where the store is open, by the command or
//! by the server that holds the data directory. What there is to say comes back as lines.
//!
//! A server reads the files itself, so they have to be readable for its user; where it cannot, it says
//! so, and nothing is kept.

use super::problems::{self, SHOWN};
use crate::{failure::Failure, output, zip_command};
use codes::Code;
use exchange::{Admission, BundleReport, Intent, Stage};
use gomod::pattern::ModulePatterns;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
};
use store::{
    Store,
    maintenance::{self, ImportOptions},
};

/// What is believed of a bundle.
pub(crate) fn admission(
    keys: &[String],
    private: &str,
    allow_unproven: bool,
) -> Result<Admission, Failure> {
    let parsed = keys.iter().map(|key| {
        key.parse()
            .map_err(|error| Failure::new(Code::BadConfiguration, format!("{key}: {error}")))
    });
    Ok(Admission {
        keys: parsed.collect::<Result<_, _>>()?,
        private: ModulePatterns::parse(private),
        allow_unproven,
    })
}

/// Keeps what a tree has; gives what there is to say, and whether all went well.
pub(crate) async fn tree(store: &Store, directory: &Path) -> Result<(Vec<String>, bool), Failure> {
    fs::read_dir(directory).map_err(|error| zip_command::unusable(directory, &error))?;
    let options = ImportOptions {
        source: format!("import {}", directory.display()),
        evidence: protocol::Evidence::Unclaimed,
    };
    let report = maintenance::import(store, directory, options, ingest::import_checker()).await?;
    store.flush().await?;
    let mut lines = vec![format!(
        "{} files kept, {} were kept already, {} skipped",
        report.captured, report.unchanged, report.skipped
    )];
    lines.extend(problems::lines(
        "kept with other bytes, left as it is",
        &report.conflicts,
        String::clone,
    ));
    lines.extend(problems::lines(
        "refused",
        &report.refused,
        |(path, why)| format!("{path}: {why}"),
    ));
    let is_sound = report.conflicts.is_empty() && report.refused.is_empty();
    Ok((lines, is_sound))
}

/// Looks at a bundle, and keeps it if that is intended.
pub(crate) async fn bundle(
    store: &Store,
    name: &Path,
    admission: &Admission,
    intent: Intent,
    progress: impl FnMut(Stage, u64, u64) + Send,
) -> Result<(Vec<String>, bool), Failure> {
    let file = File::open(name).map_err(|error| zip_command::unusable(name, &error))?;
    if !bundle::is_bundle(&file) {
        let why = "it is neither a directory nor a bundle";
        return Err(zip_command::unusable(name, &why));
    }
    let source = format!("import {}", name.display());
    let report = exchange::import_bundle(store, file, admission, intent, &source, progress).await?;
    Ok((found(&report, intent), report.is_sound()))
}

fn found(report: &BundleReport, intent: Intent) -> Vec<String> {
    let mut lines = Vec::new();
    let BundleReport {
        versions,
        bytes,
        proven,
        claimed,
        heads,
        captured,
        unchanged,
        differing,
        problems,
        problem_count,
    } = report;
    lines.push(format!(
        "{versions} versions looked at, {}",
        output::size(*bytes)
    ));
    counted(&mut lines, proven, "proven by");
    counted(&mut lines, claimed, "without a proof:");
    if *differing > 0 {
        lines.push(format!(
            "{differing} .info files are kept here with other bytes, and stay as they are"
        ));
    }
    for head in heads.iter().filter(|_| report.is_sound()) {
        lines.push(format!(
            "{}: {} records are known, {} were before",
            head.database, head.now, head.before
        ));
    }
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    if *problem_count > 0 {
        lines.push(format!("problems: {problem_count}"));
    }
    for problem in shown.iter().take(SHOWN) {
        lines.push(format!("  {problem}"));
    }
    lines.push(match (report.is_sound(), intent) {
        (true, Intent::Keep) => {
            format!("{captured} files kept, {unchanged} were kept already")
        }
        (true, Intent::Check) => "nothing is wrong with it; nothing was kept".to_owned(),
        (false, _) if *captured > 0 => format!("{captured} files were kept before"),
        (false, _) => "nothing was kept".to_owned(),
    });
    lines
}

fn counted(lines: &mut Vec<String>, counts: &BTreeMap<String, u64>, by: &str) {
    for (why, count) in counts {
        lines.push(format!("{count} artifacts {by} {why}"));
    }
}
