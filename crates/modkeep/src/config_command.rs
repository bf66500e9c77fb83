//! `modkeep config show|check|schema`.

use crate::{
    cli,
    config::{OPTIONS, Resolved},
    failure::Failure,
    output,
};
use std::{fmt::Write as _, process::ExitCode};

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("show", matches)) => {
            output::text(&shown(&cli::given(matches)?, matches.get_flag("origin")));
        }
        Some(("check", matches)) => {
            cli::settings(&cli::given(matches)?)?;
            output::line("ok");
        }
        _ => output::text(&template()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Every value in effect, in a form that a configuration file could have.
fn shown(resolved: &Resolved, origins: bool) -> String {
    let mut text = String::new();
    for (name, value, origin) in resolved.rows() {
        let _ = write!(text, "{name} = {}", toml_string(&value));
        let _ = if origins {
            writeln!(text, "  # {origin}")
        } else {
            writeln!(text)
        };
    }
    text
}

/// A commented file with every key.
pub(crate) fn template() -> String {
    let mut text = "# Configuration of modkeep. Every key is optional; a flag beats the environment beats this file.\n".to_owned();
    for option in OPTIONS {
        let _ = write!(
            text,
            "\n# {}\n# default: {}; environment: {}\n# {} = {}\n",
            option.doc,
            option.default.describe(),
            option.variable(),
            option.name,
            toml_string(option.example),
        );
    }
    text
}

fn toml_string(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::{template, toml_string};
    use crate::config::OPTIONS;

    #[test]
    fn the_template_is_a_valid_file_once_its_keys_are_uncommented() {
        let keys: Vec<String> = template()
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                OPTIONS
                    .iter()
                    .any(|option| line.starts_with(&format!("{} = ", option.name)))
            })
            .map(str::to_owned)
            .collect();
        assert_eq!(keys.len(), OPTIONS.len());
        let table: toml::Table = keys.join("\n").parse().unwrap();
        assert!(OPTIONS.iter().all(
            |option| table.get(option.name).and_then(toml::Value::as_str) == Some(option.example)
        ));
    }

    #[test]
    fn values_are_quoted_as_the_file_wants_them() {
        assert_eq!(toml_string("a\"b"), "'a\"b'");
    }
}
