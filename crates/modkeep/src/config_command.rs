//! `modkeep config show|check|schema|template`.

use crate::{cli, failure::Failure, issuers, output};
use config::{
    DefaultValue, OPTIONS, OptionRow, ResolvedConfig, access_entry, deny, json_schema,
    upstream_entry::{self, UpstreamEntry},
};
use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    process::ExitCode,
};

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyForm {
    /// All at the top, as flags are called.
    Flat,
    /// In sections.
    Nested,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("show", matches)) => {
            let form = if matches.get_flag("nested") {
                KeyForm::Nested
            } else {
                KeyForm::Flat
            };
            let resolved = cli::given(matches)?;
            output::text(&shown(&resolved, form, matches.get_flag("origin")));
        }
        Some(("check", matches)) => {
            let prepared = cli::prepared(matches)?;
            if !matches.get_flag("offline") {
                let settings = &prepared.settings;
                crate::wiring::run(issuers::check(&settings.issuers, &settings.upstreams))??;
            }
            output::line("ok");
        }
        Some(("template", _)) => output::text(&template()),
        _ => output::text(&format!("{:#}\n", json_schema())),
    }
    Ok(ExitCode::SUCCESS)
}

/// Every value in effect, in a form that a configuration file could have.
fn shown(resolved: &ResolvedConfig, form: KeyForm, origins: bool) -> String {
    let tables = tables_of_upstreams(resolved);
    let is_table = |option| tables.iter().any(|(of, _)| *of == option);
    let rows = resolved.rows().filter(|(option, ..)| !is_table(*option));
    let lines = rows.map(|(option, value, origin)| {
        let value = option.kind.in_toml(&value);
        let comment = if origins {
            format!("  # {origin}")
        } else {
            String::new()
        };
        (option, format!("{value}{comment}"))
    });
    let shown = tables.iter().map(|(option, entries)| match form {
        KeyForm::Flat => upstream_entry::shown(&option.flag, entries),
        KeyForm::Nested => upstream_entry::shown(&option.key, entries),
    });
    let shown: String = shown.collect();
    keys(lines, form)
        + &shown
        + &access_entry::shown(resolved.access_rules())
        + &deny::shown(resolved.denied())
}

/// The options that are given as tables, which stand behind all keys.
fn tables_of_upstreams(resolved: &ResolvedConfig) -> Vec<(&'static OptionRow, &[UpstreamEntry])> {
    let (public, private) = (
        &resolved.options.upstream,
        &resolved.options.private.upstream,
    );
    let of_private = private.as_ref().map_or(&[][..], |list| &list.entries);
    let tables = [
        (public.option(), public.entries.as_slice()),
        (private.option(), of_private),
    ];
    tables
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty())
        .collect()
}

/// Lines of keys. In sections, what is in none comes first, as TOML wants it.
fn keys(
    lines: impl Iterator<Item = (&'static OptionRow, impl fmt::Display)>,
    form: KeyForm,
) -> String {
    let (mut top, mut sections) = (String::new(), String::new());
    let mut begun = BTreeSet::new();
    for (option, value) in lines {
        let (section, key) = option.place();
        if form == KeyForm::Flat || section.is_empty() {
            let _ = writeln!(top, "{} = {value}", option.flag);
            continue;
        }
        if begun.insert(section) {
            let _ = write!(sections, "\n[{section}]\n");
        }
        let _ = writeln!(sections, "{key} = {value}");
    }
    top + &sections
}

/// A commented file with every key. What is uncommented in it has its default, so a file whose lines
/// are all uncommented changes nothing but what has no default of its own.
pub(crate) fn template() -> String {
    let mut text = "# Configuration of modkeep. Every key is optional; a flag beats the environment beats this file.\n".to_owned();
    let is_at_top = |option: &&OptionRow| option.place().0.is_empty();
    for option in OPTIONS.iter().filter(is_at_top) {
        let _ = write!(text, "\n# {}\n# {}\n", option.doc, sample_line(option));
    }
    text += UPSTREAMS;
    let mut last = "";
    for option in OPTIONS.iter().filter(|option| !is_at_top(option)) {
        let (section, _) = option.place();
        if section != last {
            let _ = write!(text, "\n# {}.\n# [{section}]\n", option.heading);
            last = section;
        }
        let _ = write!(text, "\n# {}\n# {}\n", option.doc, sample_line(option));
    }
    text + DENYING
}

/// The other form of upstreams.
const UPSTREAMS: &str = "
# The same as tables, for what a list has no place for. `fallback` says when the next one is asked: on absence (the
# default), or after any failure too. `credentials` and `breaker` are those of [fetch] for this upstream alone.
# [[upstream]]
# name = 'company'
# url = 'https://modules.corp.example.com'
# fallback = 'failure'
# credentials = '/etc/modkeep/company.netrc'
# breaker = false
";

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
fn sample_line(option: &OptionRow) -> String {
    let (_, key) = option.place();
    let variable = option.variable();
    let line = |value| format!("{key} = {}", option.kind.in_toml(value));
    match &option.default {
        DefaultValue::Fixed(default) => {
            format!("environment: {variable}; default:\n# {}", line(default))
        }
        DefaultValue::Found(default) => format!(
            "environment: {variable}; default: {default}; for example:\n# {}",
            line(&option.example)
        ),
        DefaultValue::Unset => format!(
            "environment: {variable}; not set; for example:\n# {}",
            line(&option.example)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::template;
    use config::{DefaultValue, OPTIONS, OptionRow};

    /// The sections and keys, uncommented.
    fn uncommented() -> toml::Table {
        let template = template();
        let lines = template.lines().filter_map(|line| line.strip_prefix("# "));
        let lines = lines.filter(|line| {
            let mut options = OPTIONS.iter().map(OptionRow::place);
            options.any(|(section, key)| {
                *line == format!("[{section}]") || line.starts_with(&format!("{key} = "))
            })
        });
        let mut lines: Vec<&str> = lines.collect();
        // Those of the tables at the ends, which have other keys beside them.
        lines.retain(|line| !line.contains('\''));
        lines.join("\n").parse().unwrap()
    }

    #[test]
    fn the_samples_of_the_template_are_the_defaults() {
        let table = uncommented();
        for option in OPTIONS.iter() {
            let sample = match &option.default {
                DefaultValue::Fixed(default) => default,
                _ => &option.example,
            };
            let expected = option.kind.in_toml(sample);
            let (section, key) = option.place();
            let value = match section {
                "" => table.get(key),
                section => table.get(section).and_then(|section| section.get(key)),
            };
            assert_eq!(value, Some(&expected), "{}", option.key);
        }
    }
}
