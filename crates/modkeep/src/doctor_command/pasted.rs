//! A text that somebody has, or that a command prints.

use super::{cases, colour, moved, print_json, untold};
use crate::{PROBLEM, config, failure::Failure, output};
use codes::Code;
use doctor::{Diagnosis, MAX_TEXT, What, classify, report};
use std::{
    io::{self, Read as _},
    path::Path,
    process::ExitCode,
};

/// Much more than is looked at: of a longer input the end counts, but nobody pastes a gibibyte.
const LONGEST_INPUT: u64 = 64 << 20;

pub(super) fn of_text(
    text: &str,
    as_json: bool,
    asks: bool,
    data: &Path,
) -> Result<ExitCode, Failure> {
    tell(&classify(text), as_json, asks, data)
}

pub(super) fn of_input(as_json: bool, asks: bool, data: &Path) -> Result<ExitCode, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LONGEST_INPUT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::of(Code::BadInputFile, &error))?;
    of_text(&end_of(&bytes), as_json, asks, data)
}

/// Runs a command, shows what it printed, and says what its failure shows.
pub(super) fn of_command(
    program: &str,
    arguments: &[&str],
    as_json: bool,
    asks: bool,
    data: &Path,
) -> Result<ExitCode, Failure> {
    let output = config::run(program, arguments)
        .map_err(|error| Failure::of(Code::CommandFailed, &error))?;
    if !as_json {
        output::bytes(&output.stdout);
        output::error(String::from_utf8_lossy(&output.stderr).trim_end());
    }
    if output.status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    let printed = [output.stdout, output.stderr].concat();
    of_text(&end_of(&printed), as_json, asks, data)
}

fn end_of(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(MAX_TEXT);
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
}

fn tell(
    diagnosis: &Diagnosis,
    as_json: bool,
    asks: bool,
    data: &Path,
) -> Result<ExitCode, Failure> {
    if as_json {
        print_json(diagnosis);
    } else {
        output::text(&report(diagnosis, colour()));
    }
    let Some(top) = diagnosis.top() else {
        return Ok(untold());
    };
    if let What::Code(code) = top.what
        && !as_json
    {
        cases::show_newest(code, data)?;
    }
    if asks
        && !as_json
        && let Some((module, version)) = moved::lost(top)
    {
        moved::look_for(&module, version.as_ref(), false)?;
    }
    Ok(ExitCode::from(PROBLEM))
}
