//! A text that somebody has, or that a command prints.

use super::{
    Way, cases, colour,
    mend::{Mending, mend},
    moved, print_json, story, sums, untold,
};
use crate::{PROBLEM, config, failure::Failure, output};
use codes::Code;
use doctor::{
    Diagnosis, MAX_TEXT, What, classify,
    compare::{self, Comparison},
    report,
    story::Heard,
};
use serde::Serialize;
use std::{
    io::{self, Read as _},
    process::ExitCode,
};

/// A diagnosis, and what was found out beyond the text.
#[derive(Serialize)]
struct Told<'d> {
    /// What servers say of the requests that the text names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<Heard>,
    #[serde(flatten)]
    diagnosis: &'d Diagnosis,
    /// Who has which hash, if hashes disagree.
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<Comparison>,
}

/// Much more than is looked at: of a longer input the end counts, but nobody pastes a gibibyte.
const LONGEST_INPUT: u64 = 64 << 20;

pub(super) fn of_text(text: &str, way: Way<'_>) -> Result<ExitCode, Failure> {
    let diagnosis = classify(text);
    let told = Told {
        requests: story::of_text(text, way.data)?,
        sums: sums::of_text(text, &diagnosis)?,
        diagnosis: &diagnosis,
    };
    tell(&told, way)
}

pub(super) fn of_input(way: Way<'_>) -> Result<ExitCode, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LONGEST_INPUT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::of(Code::BadInputFile, &error))?;
    of_text(&end_of(&bytes), way)
}

/// Runs a command, shows what it printed, and says what its failure shows.
pub(super) fn of_command(
    program: &str,
    arguments: &[&str],
    way: Way<'_>,
) -> Result<ExitCode, Failure> {
    let output = config::run(program, arguments)
        .map_err(|error| Failure::of(Code::CommandFailed, &error))?;
    if !way.as_json {
        output::bytes(&output.stdout);
        output::error(String::from_utf8_lossy(&output.stderr).trim_end());
    }
    if output.status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    let printed = [output.stdout, output.stderr].concat();
    let told = of_text(&end_of(&printed), way)?;
    if way.mending == Mending::No || told != ExitCode::SUCCESS {
        return Ok(told);
    }
    let again = config::run(program, arguments);
    let again = again.map_err(|error| Failure::of(Code::CommandFailed, &error))?;
    output::error(String::from_utf8_lossy(&again.stderr).trim_end());
    if again.status.success() {
        output::line("the command succeeds now");
        return Ok(ExitCode::SUCCESS);
    }
    output::line("the command still fails: run this again, or take it back");
    Ok(ExitCode::from(PROBLEM))
}

fn end_of(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(MAX_TEXT);
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
}

fn tell(told: &Told<'_>, way: Way<'_>) -> Result<ExitCode, Failure> {
    if way.as_json {
        print_json(told);
    } else {
        output::text(&doctor::story::render(&told.requests, colour()));
        output::text(&report(told.diagnosis, colour()));
        if let Some(sums) = &told.sums {
            output::text(&compare::render(sums, colour()));
        }
    }
    let Some(top) = told.diagnosis.top() else {
        return Ok(untold());
    };
    if let What::Code(code) = top.what
        && !way.as_json
    {
        cases::show_newest(code, way.data)?;
    }
    if way.asks
        && !way.as_json
        && let Some((module, version)) = moved::lost(top)
    {
        moved::look_for(&module, version.as_ref(), false)?;
    }
    let fixes = top.fixes.as_slice();
    let done = mend([fixes], way.mending, way.data)?;
    Ok(done.unwrap_or(ExitCode::from(PROBLEM)))
}
