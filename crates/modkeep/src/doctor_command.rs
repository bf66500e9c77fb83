//! `modkeep doctor CODE|CASE`: a code explained, and the cases that belong to it.
//!
//! The server that serves the data directory is asked, if there is one; else the store is opened.

use crate::{PROBLEM, cli, explain, failure::Failure, neighbour, output, wiring};
use codes::Code;
use mismatch::Case;
use serde::Deserialize;
use std::{path::Path, process::ExitCode};
use store::Store;

/// Cases shown under a code: the newest.
const SHOWN: usize = 3;

/// A case as `/-/cases` lists it.
#[derive(Debug, Deserialize)]
struct Listed {
    number: u64,
    at: String,
    path: String,
    case: Case,
}

#[derive(Debug, Deserialize)]
struct Listing {
    cases: Vec<Listed>,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let resolved = cli::given(matches)?;
    let data = std::path::PathBuf::from(resolved.text("data"));
    let what = matches.get_one::<String>("what").map_or("", String::as_str);
    if let Ok(number) = what.parse::<u64>()
        && !is_code(what)
    {
        let cases = wiring::run(cases(&data))??;
        return Ok(show_one(&cases, number));
    }
    let Some(code) = explain::find(what) else {
        output::error("no code and no case; docs/errors.md lists the codes, /-/cases the cases");
        return Ok(ExitCode::from(PROBLEM));
    };
    output::line(&explain::explained(code));
    if code == Code::ChecksumMismatch {
        let cases = wiring::run(cases(&data))??;
        cases.iter().take(SHOWN).for_each(show);
    }
    Ok(ExitCode::SUCCESS)
}

/// Four digits of a known code are that code, not a case.
fn is_code(text: &str) -> bool {
    text.len() == 4 && Code::parse(text).is_some()
}

fn show_one(cases: &[Listed], number: u64) -> ExitCode {
    if let Some(case) = cases.iter().find(|case| case.number == number) {
        show(case);
        return ExitCode::SUCCESS;
    }
    output::error(&format!(
        "no case {number} among the newest {}",
        cases.len()
    ));
    ExitCode::from(PROBLEM)
}

fn show(case: &Listed) {
    output::line(&format!(
        "\ncase {} of {}, {}",
        case.number, case.path, case.at
    ));
    output::text(&case.case.report());
}

/// The newest cases, from the server or the store.
async fn cases(data: &Path) -> Result<Vec<Listed>, Failure> {
    if let Some(url) = neighbour::reachable(data).await {
        let text = neighbour::document(&url, "/-/cases").await;
        let listing = text.and_then(|text| serde_json::from_str::<Listing>(&text).ok());
        return Ok(listing.map(|listing| listing.cases).unwrap_or_default());
    }
    if !data.join("catalog.db").exists() {
        return Ok(Vec::new());
    }
    let store = Store::open(wiring::store_options(data)).await?;
    let files = store.cases(u64::MAX, 100).await?;
    let read = files.into_iter().filter_map(|file| {
        let case = Case::from_json(&file.body).ok()?;
        Some(Listed {
            number: file.number,
            at: file.at.to_string(),
            path: file.path,
            case,
        })
    });
    Ok(read.collect())
}
