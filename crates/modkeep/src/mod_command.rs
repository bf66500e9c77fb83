//! `modkeep mod hash|fmt|graph|buildlist`.

mod files;
mod graph;

use crate::{
    failure::Failure,
    output,
    zip_command::{path, told, unusable},
};
use gomod::{gowork, modfile, zip::command};
use std::{fs, path::Path, process::ExitCode};

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("hash", matches)) => Ok(told(&command::mod_hash(&read(&path(matches, "file"))?))),
        Some(("fmt", matches)) => format(&path(matches, "file")),
        Some(("graph", matches)) => graph::main(matches, graph::Output::Graph),
        Some(("buildlist", matches)) if matches.get_flag("files") => files::main(matches),
        Some(("buildlist", matches)) => graph::main(matches, graph::Output::BuildList),
        _ => Ok(ExitCode::from(crate::exit_status::UNUSABLE)),
    }
}

/// A file called `go.work` is one; everything else is a go.mod.
fn format(file: &Path) -> Result<ExitCode, Failure> {
    let source = read(file)?;
    let is_work = file.file_name().is_some_and(|name| name == "go.work");
    let formatted = if is_work {
        gowork::format(&source)
    } else {
        modfile::format(&source)
    };
    match formatted {
        Ok(bytes) => {
            output::bytes(&bytes);
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            for error in &errors {
                output::error(&format!("{}:{error}", file.display()));
            }
            Ok(ExitCode::from(crate::exit_status::PROBLEM))
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| unusable(file, &error))
}
