//! The command line of modkeep, and nothing else: commands and wiring.
//!
//! Everything that has a rule of its own lives in a crate of its own. What is here reads options,
//! builds the service out of store, upstreams and proxy, and talks to the person in front of it.

mod access_setup;
mod audit_command;
mod auth_command;
mod cli;
mod client_env;
mod config_command;
mod control;
mod denying;
mod doctor_command;
mod exit_status;
mod explain;
mod failure;
mod file_limit;
mod gate_command;
mod issuers;
mod logging;
mod mod_command;
mod module_checkout;
mod named_server;
mod order;
mod output;
mod preparation;
mod process;
mod project_command;
mod publish_command;
pub mod reference;
mod run;
mod running_instance;
mod serve;
mod store_command;
mod sumdb_command;
mod sumdb_mirror;
mod token_command;
mod vuln_command;
mod wiring;
mod zip_command;

use exit_status::UNUSABLE;
use failure::Failure;
use std::process::ExitCode;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // go starts `auth` hundreds of times in a build, so the other commands are not even described there.
    let is_auth = std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "auth");
    let command = if is_auth {
        cli::auth_alone()
    } else {
        cli::command()
    };
    let matches = command.get_matches();
    match dispatch(&matches) {
        Ok(code) => code,
        Err(failure) => {
            output::error(&failure.to_string());
            ExitCode::from(UNUSABLE)
        }
    }
}

fn dispatch(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("serve", matches)) => serve::main(matches),
        Some(("run", matches)) => run::main(matches),
        Some(("auth", matches)) => auth_command::main(matches),
        Some(("env", matches)) => client_env::main(matches),
        Some(("store", matches)) => store_command::main(matches),
        Some(("token", matches)) => token_command::main(matches),
        Some(("audit", matches)) => audit_command::main(matches),
        Some(("sumdb", matches)) => sumdb_command::main(matches),
        Some(("zip", matches)) => zip_command::main(matches),
        Some(("publish", matches)) => publish_command::main(matches),
        Some(("mod", matches)) => mod_command::main(matches),
        Some(("why", matches)) => project_command::why(matches),
        Some(("graph", matches)) => project_command::graph(matches),
        Some(("tidy-report", matches)) => project_command::tidy(matches),
        Some(("whatif", matches)) => project_command::whatif(matches),
        Some(("vuln", matches)) => vuln_command::main(matches),
        Some(("gate", matches)) => gate_command::main(matches),
        Some(("config", matches)) => config_command::main(matches),
        Some(("doctor", matches)) => doctor_command::main(matches),
        Some(("explain", matches)) => Ok(explain::main(matches)),
        Some(("completions", matches)) => Ok(cli::completions(matches)),
        // clap refuses everything else, and asks for a command where there is none.
        _ => Ok(ExitCode::from(UNUSABLE)),
    }
}
