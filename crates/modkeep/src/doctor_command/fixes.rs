//! `doctor --fix`: what would mend it, shown, asked about, carried out, and written down so that it
//! can be taken back with `doctor --undo`.

use super::undo::UndoLog;
use crate::{
    exit_status::{PROBLEM, UNUSABLE},
    failure::Failure,
    output,
};
use codes::Code;
use doctor::{Fix, fix_action::FixAction};
use std::{
    io::{self, BufRead as _, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

/// Whether fixes are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FixMode {
    /// They are only shown.
    No,
    /// Whoever sits there is asked.
    Ask,
    /// They have said yes already.
    Yes,
}

// === impl FixMode ===

impl FixMode {
    pub(super) fn of(matches: &clap::ArgMatches) -> Self {
        match (matches.get_flag("fix"), matches.get_flag("yes")) {
            (false, _) => Self::No,
            (true, false) => Self::Ask,
            (true, true) => Self::Yes,
        }
    }
}

/// Carries out the first fix of each thing that was found, if there is one that can be carried out.
/// Gives `None` where nothing was done.
pub(super) fn mend<'f>(
    found: impl IntoIterator<Item = &'f [Fix]>,
    mending: FixMode,
    data: &Path,
) -> Result<Option<ExitCode>, Failure> {
    if mending == FixMode::No {
        return Ok(None);
    }
    let mut actions: Vec<FixAction> = Vec::new();
    for fixes in found {
        let first = fixes.iter().find_map(FixAction::of);
        actions.extend(first.filter(|action| !actions.contains(action)));
    }
    if actions.is_empty() {
        output::error("nothing of this can be carried out safely; what is shown above is for you");
        return Ok(None);
    }
    show(&actions);
    if mending == FixMode::Ask && !agreed()? {
        output::error("nothing was changed");
        return Ok(None);
    }
    carry_out(&actions, data).map(Some)
}

fn show(actions: &[FixAction]) {
    output::line("\nThis would be done:");
    for (number, action) in (1..).zip(actions) {
        output::line(&format!("  {number}. {}", action.command()));
        output::line(&format!("     cost: {}", action.cost));
    }
}

/// Asks, where somebody can answer. Silence is no.
fn agreed() -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        output::error("nobody can be asked here: give --yes to carry it out");
        return Ok(false);
    }
    output::question("Do it? [y/N] ");
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    read.map_err(|error| Failure::of(Code::BadInputFile, &error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn carry_out(actions: &[FixAction], data: &Path) -> Result<ExitCode, Failure> {
    let commands = actions.iter().map(FixAction::command).collect();
    let log = UndoLog::begin(data, commands)?;
    for action in actions {
        let arguments: Vec<&str> = action.arguments.iter().map(String::as_str).collect();
        let done = config::run("go", &arguments);
        let done = done.map_err(|error| Failure::of(Code::CommandFailed, &error))?;
        if !done.status.success() {
            output::error(String::from_utf8_lossy(&done.stderr).trim_end());
            output::error(&format!(
                "{} failed; everything is taken back",
                action.command()
            ));
            log.complete()?;
            take_back(data)?;
            return Ok(ExitCode::from(PROBLEM));
        }
        output::line(&format!("done: {}", action.command()));
    }
    for file in log.complete()? {
        output::line(&format!("changed: {}", file.display()));
    }
    output::line("to take it back: modkeep doctor --undo");
    Ok(ExitCode::SUCCESS)
}

/// Takes back what was carried out last.
pub(super) fn take_back(data: &Path) -> Result<ExitCode, Failure> {
    let Some(log) = UndoLog::newest(data)? else {
        output::error("nothing was carried out that could be taken back");
        return Ok(ExitCode::from(UNUSABLE));
    };
    let commands = log.commands().join(", ");
    match log.take_back()? {
        Ok(files) => {
            output::line(&format!("taken back: {commands}"));
            for file in files {
                output::line(&format!("restored: {}", file.display()));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(changed) => {
            for file in changed {
                output::error(&format!(
                    "{} has been changed since, so nothing is taken back",
                    file.display()
                ));
            }
            Ok(ExitCode::from(PROBLEM))
        }
    }
}
