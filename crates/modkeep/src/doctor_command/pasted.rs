//! A text that somebody has, or that a command prints.

use super::{
    Way, cases, colour,
    mend::{Mending, mend},
    moved, print_json, untold,
};
use crate::{PROBLEM, config, failure::Failure, output};
use codes::Code;
use doctor::{Diagnosis, MAX_TEXT, What, classify, report};
use std::{
    io::{self, Read as _},
    process::ExitCode,
};

/// Much more than is looked at: of a longer input the end counts, but nobody pastes a gibibyte.
const LONGEST_INPUT: u64 = 64 << 20;

pub(super) fn of_text(text: &str, way: Way<'_>) -> Result<ExitCode, Failure> {
    tell(&classify(text), way)
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

fn tell(diagnosis: &Diagnosis, way: Way<'_>) -> Result<ExitCode, Failure> {
    if way.as_json {
        print_json(diagnosis);
    } else {
        output::text(&report(diagnosis, colour()));
    }
    let Some(top) = diagnosis.top() else {
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
