//! `modkeep sumdb init|list|mirror|retire|resume`.
//!
//! The first three touch files only, and work beside a server that runs; it reads them at its next
//! start. `resume` is about databases of others, which this site verifies, and needs the catalog.

use crate::{cli, exit_status::PROBLEM, failure::Failure, output, sumdb_mirror, wiring};
use codes::Code;
use std::{path::Path, process::ExitCode};
use store::{Store, own};
use tlog::note::VerifierKey;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let Some((verb, matches)) = matches.subcommand() else {
        return Ok(ExitCode::from(crate::exit_status::UNUSABLE));
    };
    if verb == "mirror" {
        return sumdb_mirror::main(matches);
    }
    let resolved = cli::given(matches)?;
    let data = cli::data(&resolved)?;
    let name = matches.try_get_one::<String>("name").ok().flatten();
    let name = name.map_or("", String::as_str);
    if verb != "init" {
        wiring::require_store(&data)?;
    }
    match verb {
        "init" => init(&data, name),
        "list" => list(&data),
        "retire" => retire(&data, name),
        _ => resume(&data, name),
    }
}

fn init(data: &Path, name: &str) -> Result<ExitCode, Failure> {
    own::check_name(name).map_err(|error| Failure::of(Code::BadConfiguration, &error))?;
    let key = own::init(data, name)?;
    if !has_year(name) {
        output::error(&format!(
            "modkeep: {name} has no path with a year. A key can only be changed together with the name,\n\
             so leave room for the next one: sum.corp.example.com/2026"
        ));
    }
    output::text(&client_lines(&key));
    Ok(ExitCode::SUCCESS)
}

/// Whether the last element of a path names a year.
fn has_year(name: &str) -> bool {
    let last = name.split('/').skip(1).last().unwrap_or_default();
    let digits = last.split(|c: char| !c.is_ascii_digit());
    digits.into_iter().any(|digits| digits.len() == 4)
}

/// What a client has to set. Without the last two, `go` would ask neither the database nor a proxy
/// about whatever its GOPRIVATE names.
fn client_lines(key: &VerifierKey) -> String {
    format!("GOSUMDB={key}\nGONOSUMDB=none\nGONOPROXY=none\n")
}

fn list(data: &Path) -> Result<ExitCode, Failure> {
    for own::DatabaseName {
        key,
        retired,
        halted,
    } in own::list(data)?
    {
        let state = match (halted, retired) {
            (true, _) => "  stopped: see its .halted file",
            (false, true) => "  retired",
            (false, false) => "",
        };
        output::line(&format!("{key}{state}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn retire(data: &Path, name: &str) -> Result<ExitCode, Failure> {
    own::retire(data, name)?;
    output::line(&format!(
        "{name} takes no further records from the next start on; what it has stays served"
    ));
    Ok(ExitCode::SUCCESS)
}

fn resume(data: &Path, name: &str) -> Result<ExitCode, Failure> {
    if own::list(data)?.iter().any(|own| own.key.name() == name) {
        let facts = format!("{name} is this site's own: begin another name instead");
        return Err(Failure::new(Code::OwnSumdbHalted, facts));
    }
    let resumed = wiring::run(async {
        let store = Store::open(wiring::store_options(data)).await?;
        let resumed = checksumdb::resume(&store, name).await?;
        store.flush().await?;
        Ok::<_, Failure>(resumed)
    })??;
    let Some(evidence) = resumed else {
        output::line(&format!("nothing is held against {name}"));
        return Ok(ExitCode::from(PROBLEM));
    };
    output::text(&evidence);
    output::line(&format!("{name} is believed again"));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::has_year;

    #[test]
    fn a_name_has_room_for_the_next_key_if_its_path_has_a_year() {
        for name in ["sum.example.com/2026", "sum.example.com/go/db-2026b"] {
            assert!(has_year(name), "{name}");
        }
        for name in ["sum.example.com", "2026.example.com", "sum.example.com/db"] {
            assert!(!has_year(name), "{name}");
        }
    }
}
