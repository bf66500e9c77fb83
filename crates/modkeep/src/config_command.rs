//! `modkeep config show|check|schema`.

use crate::{
    cli,
    config::{DefaultValue, OPTIONS, OptionSpec, Resolved, deny},
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
            cli::prepared(matches)?;
            output::line("ok");
        }
        _ => output::text(&template()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Every value in effect, in a form that a configuration file could have.
fn shown(resolved: &Resolved, origins: bool) -> String {
    let mut text = String::new();
    for (option, value, origin) in resolved.rows() {
        let _ = write!(text, "{} = {}", option.name, option.kind.in_toml(&value));
        let _ = if origins {
            writeln!(text, "  # {origin}")
        } else {
            writeln!(text)
        };
    }
    text + &deny::shown(&resolved.denied)
}

/// A commented file with every key. What is uncommented in it has its default, so a file whose lines
/// are all uncommented changes nothing but what has no default of its own.
pub(crate) fn template() -> String {
    let mut text = "# Configuration of modkeep. Every key is optional; a flag beats the environment beats this file.\n".to_owned();
    for option in OPTIONS {
        let _ = write!(text, "\n# {}\n# {}\n", option.doc, sample_line(option));
    }
    text + DENYING
}

/// The tables of the file, behind its keys.
const DENYING: &str = "
# Versions that are refused (403) with this reason, before any source is asked; read again when the file
# changes. The pattern is one glob as in GOPRIVATE and perhaps @VERSIONS: @v1.2.3, @v1.2 or bounds such as
# @>=v1.2.0,<v1.2.5. With until, the entry holds through that day (UTC).
# [[deny]]
# pattern = 'example.com/evil'
# reason = 'steals credentials, INC-17'
# until = 2026-12-31
";

/// Where a sample comes from, and the sample.
fn sample_line(option: &OptionSpec) -> String {
    let (name, variable) = (option.name, option.variable());
    let line = |value| format!("{name} = {}", option.kind.in_toml(value));
    match option.default {
        DefaultValue::Fixed(default) => {
            format!("environment: {variable}; default:\n# {}", line(default))
        }
        DefaultValue::Found(default) => format!(
            "environment: {variable}; default: {default}; for example:\n# {}",
            line(option.example)
        ),
        DefaultValue::Unset => format!(
            "environment: {variable}; not set; for example:\n# {}",
            line(option.example)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::template;
    use crate::config::{DefaultValue, OPTIONS};

    /// The lines of keys, uncommented.
    fn keys() -> toml::Table {
        let template = template();
        let lines = template.lines().filter_map(|line| line.strip_prefix("# "));
        let keys = lines.filter(|line| {
            let mut options = OPTIONS.iter();
            options.any(|option| line.starts_with(&format!("{} = ", option.name)))
        });
        let keys: Vec<&str> = keys.collect();
        assert_eq!(keys.len(), OPTIONS.len());
        keys.join("\n").parse().unwrap()
    }

    #[test]
    fn the_samples_of_the_template_are_the_defaults() {
        let keys = keys();
        for option in OPTIONS {
            let sample = match option.default {
                DefaultValue::Fixed(default) => default,
                _ => option.example,
            };
            let expected = option.kind.in_toml(sample);
            assert_eq!(keys.get(option.name), Some(&expected), "{}", option.name);
        }
    }
}
