//! `modkeep doctor`: why something failed, and what repairs it.
//!
//! Without an argument it looks at this machine and the checkout in the working directory. With a
//! text, or `-` for standard input, it says what the text shows. Behind `--` it runs a command and
//! says what its failure shows. A code, the id of a cause, or the number of a
//! case is explained. Of the id of a request the server's story is told; with `--sums`, everybody's
//! hashes of one version are compared; with `--moved`, a module that is gone is looked for where its
//! traces lead. Where a public proxy is not reached, a short list of mirrors is asked from here.
//!
//! With `--fix` what can be carried out safely is shown, asked about and done; `--undo` takes it back.
//!
//! Exit codes: 0 all is well, or what was asked for was explained or done; 1 something was found; 2 it
//! cannot be told.

mod cases;
mod client;
mod fixes;
mod machine;
mod mirrors;
mod moved;
mod pasted;
mod story;
mod sums;
mod undo;

pub(crate) use moved::parse as parse_moved;

use crate::{cli, exit_status::UNUSABLE, failure::Failure, output};
use codes::Code;
use doctor::{ColourMode, FailureCause, cause};
use fixes::FixMode;
use std::{
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

/// How something is told, and whether it is mended.
#[derive(Debug, Clone, Copy)]
struct OutputMode<'a> {
    as_json: bool,
    /// Whether a module that is gone is looked for.
    asks: bool,
    mending: FixMode,
    data: &'a Path,
    mirrors: &'a mirrors::MirrorList,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let resolved = cli::given(matches)?;
    let data = (*resolved.options.storage.directory)
        .clone()
        .unwrap_or_default();
    if matches.get_flag("undo") {
        return fixes::take_back(&data);
    }
    let given = mirrors::MirrorList::of(matches)?;
    let way = OutputMode {
        as_json: matches.get_flag("json"),
        asks: matches.get_flag("ask") || io::stdout().is_terminal(),
        mending: FixMode::of(matches),
        data: &data,
        mirrors: &given,
    };
    if let Some((module, version)) = matches.get_one::<moved::MovedModule>("moved") {
        return moved::look_for(module, version.as_ref(), way.as_json);
    }
    let command: Vec<&str> = matches
        .get_many::<String>("command")
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if let Some((program, arguments)) = command.split_first() {
        return pasted::of_command(program, arguments, way);
    }
    if let Some(subject) = matches.get_one::<String>("sums") {
        return sums::main(subject, way.as_json);
    }
    let Some(what) = matches.get_one::<String>("what") else {
        return machine::look(way);
    };
    if let Some(code) = code(what) {
        return cases::explain(code, &data);
    }
    if let Some(cause) = cause::find(what) {
        output::line(&explained(cause));
        return Ok(ExitCode::SUCCESS);
    }
    if doctor::request_record::is_id(what) {
        return story::main(what, way.as_json, &data);
    }
    if let Ok(number) = what.parse() {
        return cases::show_numbered(number, &data);
    }
    match what.as_str() {
        "-" => pasted::of_input(way),
        text => pasted::of_text(text, way),
    }
}

/// A text that is a code and nothing else. Four digits of a known code are that code, not a case.
fn code(text: &str) -> Option<Code> {
    Code::parse(text).filter(|_| matches!(text.len(), 4 | 6))
}

/// A cause in the words of the table, as codes are explained.
fn explained(cause: &FailureCause) -> String {
    format!(
        "{}: {}\nwhy: {}\nnext: {}",
        cause.id, cause.title, cause.why, cause.next
    )
}

/// Colours are for people who watch.
fn colour() -> ColourMode {
    if io::stdout().is_terminal() {
        ColourMode::Always
    } else {
        ColourMode::Never
    }
}

/// A value as JSON on standard output.
fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => output::line(&finding::printable_json(&text)),
        Err(error) => output::error(&error.to_string()),
    }
}

/// The exit code where nothing can be told.
fn untold() -> ExitCode {
    ExitCode::from(UNUSABLE)
}
