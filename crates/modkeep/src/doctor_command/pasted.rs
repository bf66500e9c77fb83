//! A text that somebody has, or that a command prints.

use super::{
    OutputMode, cases,
    client::GoClient,
    colour,
    fixes::{FixMode, mend},
    mirrors, moved, print_json, story, sums, untold,
};
use crate::{exit_status::PROBLEM, failure::Failure, output};
use codes::Code;
use doctor::{
    Diagnosis, Fix, LintCase, MAX_TEXT, ReasonKind, classify,
    compare::{self, HashComparison},
    lint,
    mirrors::MirrorChoice,
    report, report_lints,
    request_record::ServerReply,
};
use serde::Serialize;
use std::{
    io::{self, Read as _},
    process::ExitCode,
};

/// A diagnosis, and what was found out beyond the text.
#[derive(Serialize)]
struct PastedDiagnosis<'d> {
    /// What servers say of the requests that the text names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<ServerReply>,
    #[serde(flatten)]
    diagnosis: &'d Diagnosis,
    /// Who has which hash, if hashes disagree.
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<HashComparison>,
    /// Further versions of which the text has hashes that disagree; they were not compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncompared: Vec<String>,
    /// What is wrong here with the setting that the text is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings: Vec<LintCase>,
    /// Which public proxies are reached from here, if the text is about one that is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    mirrors: Option<MirrorChoice>,
}

/// Much more than is looked at: of a longer input the end counts, but nobody pastes a gibibyte.
const LONGEST_INPUT: u64 = 64 << 20;

pub(super) fn of_text(text: &str, way: OutputMode<'_>) -> Result<ExitCode, Failure> {
    let diagnosis = classify(text);
    let sums = sums::of_text(text, &diagnosis)?;
    let told = PastedDiagnosis {
        requests: story::of_text(text, way.data)?,
        uncompared: sums::uncompared(text, sums.as_ref()),
        sums,
        settings: settings(&diagnosis),
        mirrors: mirrors::of_diagnosis(&diagnosis, way.mirrors)?,
        diagnosis: &diagnosis,
    };
    tell(&told, way)
}

pub(super) fn of_input(way: OutputMode<'_>) -> Result<ExitCode, Failure> {
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
    way: OutputMode<'_>,
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
    if way.mending == FixMode::No || told != ExitCode::SUCCESS {
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

/// Causes that are a setting, and which.
const SETTINGS: [(&str, &str); 2] = [
    ("sum/configuration", "GOSUMDB"),
    ("proxy/bad-list", "GOPROXY"),
];

/// What is wrong here with the setting that a text is about: then the text is likely from here, and
/// the fix follows where the value comes from.
fn settings(diagnosis: &Diagnosis) -> Vec<LintCase> {
    let id = diagnosis.top().map(|top| top.what.id()).unwrap_or_default();
    let meant = SETTINGS.iter().find(|(cause, _)| *cause == id);
    let Some((_, setting)) = meant else {
        return Vec::new();
    };
    let client = GoClient::read();
    let lints = client
        .map(|client| lint(&client.environment))
        .unwrap_or_default();
    lints
        .into_iter()
        .filter(|lint| lint.setting == *setting)
        .collect()
}

fn tell(told: &PastedDiagnosis<'_>, way: OutputMode<'_>) -> Result<ExitCode, Failure> {
    if way.as_json {
        print_json(told);
    } else {
        output::text(&doctor::request_record::render(&told.requests, colour()));
        output::text(&report(told.diagnosis, colour()));
        if !told.settings.is_empty() {
            output::line("Here it is so:");
            output::text(&report_lints(&told.settings, colour()));
        }
        if let Some(sums) = &told.sums {
            output::text(&compare::render(sums, colour()));
        }
        for other in &told.uncompared {
            output::line(&format!(
                "not compared: {other}, of which the text has two hashes too: modkeep doctor --sums {other}"
            ));
        }
        if let Some(choice) = &told.mirrors {
            output::text(&doctor::mirrors::render(choice, colour()));
        }
    }
    let Some(top) = told.diagnosis.top() else {
        return Ok(untold());
    };
    if let ReasonKind::Code(code) = top.what
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
    // What is wrong here is mended where its value comes from; else by what the message tells.
    let here = told.settings.iter().map(|lint| lint.fixes.as_slice());
    let offered: Vec<&[Fix]> = match told.settings.as_slice() {
        [] => vec![top.fixes.as_slice()],
        _ => here.collect(),
    };
    let done = mend(offered, way.mending, way.data)?;
    Ok(done.unwrap_or(ExitCode::from(PROBLEM)))
}
