//! Cases of wrong bytes, and codes with those that belong to them.
//!
//! The server that serves the data directory is asked, if there is one; else the store is opened.

use crate::{exit_status::PROBLEM, explain, failure::Failure, output, running_instance, wiring};
use codes::Code;
use mismatch::{Disagreement, MismatchCase};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{path::Path, process::ExitCode};
use store::Store;

/// Cases shown under a code: the newest.
const SHOWN: usize = 3;

/// A case as `/-/cases` lists it.
#[derive(Debug, Deserialize)]
struct CaseSummary {
    number: u64,
    at: String,
    path: String,
    case: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct CaseList {
    cases: Vec<CaseSummary>,
}

// === impl CaseSummary ===

impl CaseSummary {
    fn is_mismatch(&self) -> bool {
        MismatchCase::from_json(self.case.get()).is_ok()
    }

    /// What a person reads; as it was written, where this release cannot read it.
    fn report(&self) -> String {
        let json = self.case.get();
        let mismatch = MismatchCase::from_json(json).map(|case| case.report());
        mismatch
            .or_else(|_| Disagreement::from_json(json).map(|case| case.report()))
            .unwrap_or_else(|_| format!("{json}\n"))
    }
}

/// Explains a code, with the newest cases of it.
pub(super) fn explain(code: Code, data: &Path) -> Result<ExitCode, Failure> {
    output::line(&explain::explained(code));
    show_newest(code, data)?;
    Ok(ExitCode::SUCCESS)
}

/// The newest cases that belong to a code.
pub(super) fn show_newest(code: Code, data: &Path) -> Result<(), Failure> {
    // A client has no store, and needs none to be told what a code means.
    if code == Code::ChecksumMismatch && store::is_store(data) {
        let cases = wiring::run(cases(data))??;
        let mismatches = cases.iter().filter(|case| case.is_mismatch());
        mismatches.take(SHOWN).for_each(show);
    }
    Ok(())
}

/// The case with this number.
pub(super) fn show_numbered(number: u64, data: &Path) -> Result<ExitCode, Failure> {
    let cases = wiring::run(cases(data))??;
    Ok(show_one(&cases, number))
}

fn show_one(cases: &[CaseSummary], number: u64) -> ExitCode {
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

fn show(case: &CaseSummary) {
    output::line(&format!(
        "\ncase {} of {}, {}",
        case.number, case.path, case.at
    ));
    output::text(&case.report());
}

/// The newest cases, from the server or the store.
async fn cases(data: &Path) -> Result<Vec<CaseSummary>, Failure> {
    if let Some(url) = running_instance::reachable_for_operators(data).await {
        let text = running_instance::document(&url, "-/cases").await;
        let listing = text.and_then(|text| serde_json::from_str::<CaseList>(&text).ok());
        return Ok(listing.map(|listing| listing.cases).unwrap_or_default());
    }
    wiring::require_store(data)?;
    let store = Store::open(wiring::store_options(data)).await?;
    let files = store.cases(u64::MAX, 100).await?;
    let read = files.into_iter().filter_map(|file| {
        let case = RawValue::from_string(file.body).ok()?;
        Some(CaseSummary {
            number: file.number,
            at: file.at.to_string(),
            path: file.path,
            case,
        })
    });
    Ok(read.collect())
}
