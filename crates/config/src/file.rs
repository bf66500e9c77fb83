//! The TOML file: sections of options, each value with its place, and the tables of `[[deny]]`.
//!
//! An option stands in its section (`[verify]` with `mode`), or at the top as its flag is called
//! (`verify`), as it did before there were sections. Both at once are refused, with both places.

use super::{
    access_entry, auth_entry, deny,
    error::ConfigError,
    file_tables::{FileTables, TABLE_KEYS},
    kind::OptionKind,
    option::{OPTIONS, OptionRow},
    position::SourceText,
    sourced::{FilePlace, SourcedText, ValueOrigin},
    table_array,
    table_keys::{in_order, refuse_unknown},
    toml_value, upstream_entry,
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A file that was read, with the values that are usable.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    /// Values by the place of their options in [`OPTIONS`].
    pub(crate) values: BTreeMap<usize, SourcedText>,
    /// What is no option.
    pub(crate) tables: FileTables,
    /// What is wrong in it.
    pub(crate) errors: Vec<ConfigError>,
}

/// A key with its value.
type KeyValue<'t> = (Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>);

// === impl ConfigFile ===

impl ConfigFile {
    /// Reads and checks `path`.
    pub(crate) fn read(path: &Path) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) => Self {
                errors: vec![ConfigError::of_file(
                    path,
                    None,
                    error,
                    "name a file that this user may read, or leave out --config and MODKEEP_CONFIG",
                )],
                ..Self::default()
            },
        }
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let source = SourceText { path, text };
        match DeTable::parse(text) {
            Ok(table) => {
                file.read_top(table.into_inner(), source);
                file.add_denied(text);
            }
            Err(error) => {
                let remedy = "the file is TOML 1.0, see https://toml.io";
                file.errors.push(match error.span() {
                    Some(span) => source.refuse(span.start, error.message(), remedy),
                    None => ConfigError::of_file(path, None, error.message(), remedy),
                });
            }
        }
        file
    }

    fn add_denied(&mut self, text: &str) {
        match deny::parse(&self.path, text) {
            Ok(denied) => self.tables.denied = denied,
            Err(errors) => self.errors.extend(errors),
        }
    }

    fn add_access(
        &mut self,
        key: &Spanned<Cow<'_, str>>,
        value: Spanned<DeValue<'_>>,
        source: SourceText<'_>,
    ) {
        let DeValue::Array(tables) = value.into_inner() else {
            let error = access_entry::no_tables(key.span().start, source);
            return self.errors.push(error);
        };
        match access_entry::read(tables, source) {
            Ok(rules) => self.tables.access = rules,
            Err(errors) => self.errors.extend(errors),
        }
    }

    fn read_top(&mut self, table: DeTable<'_>, source: SourceText<'_>) {
        for (key, value) in in_order(table) {
            let name = key.get_ref().as_ref();
            let is_section = sections().any(|section| section == name);
            if name == deny::KEY {
                continue;
            }
            if name == access_entry::KEY {
                self.add_access(&key, value, source);
                continue;
            }
            if name == auth_entry::KEY && value.get_ref().is_table() {
                self.read_auth(value, source);
                continue;
            }
            if is_section && value.get_ref().is_table() {
                self.read_section(key, value, source);
            } else if let Some(option) = OptionRow::with_flag(name) {
                self.add(option, (key, value), false, source);
            } else if is_section {
                let why = format!("{name} is a table");
                let remedy = format!("write [{name}], and its keys below it");
                self.errors
                    .push(source.refuse(key.span().start, why, remedy));
            } else {
                let flags = OPTIONS.iter().map(|option| option.flag.as_str());
                let known = flags.chain(sections()).chain(TABLE_KEYS);
                self.errors.push(refuse_unknown(&key, "", known, source));
            }
        }
    }

    /// Options of the section, and its tables, which no flag and no variable can name.
    fn read_auth(&mut self, value: Spanned<DeValue<'_>>, source: SourceText<'_>) {
        let DeValue::Table(table) = value.into_inner() else {
            return;
        };
        for (key, value) in in_order(table) {
            let option = OptionRow::at_key(&format!("{}.{}", auth_entry::KEY, key.get_ref()));
            match option {
                Some(option) => self.add(option, (key, value), true, source),
                None => auth_entry::read(
                    &key,
                    value,
                    source,
                    &mut self.tables.issuers,
                    &mut self.errors,
                ),
            }
        }
    }

    fn read_section(
        &mut self,
        section: Spanned<Cow<'_, str>>,
        value: Spanned<DeValue<'_>>,
        source: SourceText<'_>,
    ) {
        let section = section.into_inner();
        let DeValue::Table(table) = value.into_inner() else {
            return;
        };
        for (key, value) in in_order(table) {
            if let Some(option) = OptionRow::at_key(&format!("{section}.{}", key.get_ref())) {
                self.add(option, (key, value), true, source);
            } else {
                let known = OPTIONS.iter().map(OptionRow::place);
                let known = known.filter(|(of, _)| *of == section).map(|(_, key)| key);
                let of = format!(" in [{section}]");
                self.errors.push(refuse_unknown(&key, &of, known, source));
            }
        }
    }

    fn add(
        &mut self,
        option: &'static OptionRow,
        (key, value): KeyValue<'_>,
        is_nested: bool,
        source: SourceText<'_>,
    ) {
        let start = key.span().start;
        if let Some(first) = self.values.get(&option.index) {
            let why = format!(
                "{} is set here and, as {}, at {}",
                spelling(option, is_nested),
                spelling(option, !is_nested),
                first.origin
            );
            let error = source.refuse(start, why, "remove one of the two");
            return self.errors.push(error);
        }
        match read_value(
            option,
            value.into_inner(),
            source.place(start, is_nested),
            source,
        ) {
            Ok(sourced) => drop(self.values.insert(option.index, sourced)),
            Err(FileValueError::OfTables(errors)) => self.errors.extend(errors),
            Err(FileValueError::OfType(why)) => {
                let error = wrong_type(option, &why, start, is_nested, source);
                self.errors.push(error);
            }
        }
    }
}

/// Why a value of the file is none of its option.
enum FileValueError {
    /// It is of another type.
    OfType(String),
    /// These of its tables are wrong.
    OfTables(Vec<ConfigError>),
}

fn read_value(
    option: &OptionRow,
    value: DeValue<'_>,
    place: FilePlace,
    source: SourceText<'_>,
) -> Result<SourcedText, FileValueError> {
    let origin = ValueOrigin::File(place);
    match value {
        DeValue::Array(array)
            if option.kind == OptionKind::Sources && upstream_entry::is_of_tables(&array) =>
        {
            let entries = upstream_entry::read(array, source).map_err(FileValueError::OfTables)?;
            Ok(SourcedText {
                text: upstream_entry::as_list(&entries),
                entries,
                origin,
            })
        }
        value => {
            let value = table_array::plain(Spanned::new(0..0, value));
            let text = value.and_then(|value| toml_value::text(option, value));
            let text = text.map_err(FileValueError::OfType)?;
            Ok(SourcedText::new(text, origin))
        }
    }
}

fn wrong_type(
    option: &OptionRow,
    why: &str,
    start: usize,
    is_nested: bool,
    source: SourceText<'_>,
) -> ConfigError {
    let key = if is_nested {
        option.place().1
    } else {
        &option.flag
    };
    let example = option.kind.in_toml(&option.example);
    let why = format!("{}: {why}", spelling(option, is_nested));
    let remedy = format!("write `{key} = {example}`, for example");
    source.refuse(start, why, remedy)
}

/// The names of sections, each as often as it has options.
fn sections() -> impl Iterator<Item = &'static str> {
    let sections = OPTIONS.iter().map(|option| option.place().0);
    sections.filter(|section| !section.is_empty())
}

/// How an option is called at its place.
fn spelling(option: &OptionRow, is_nested: bool) -> &str {
    if is_nested { &option.key } else { &option.flag }
}

#[cfg(test)]
mod tests {
    use super::{ConfigFile, OptionRow, ValueOrigin};
    use std::path::Path;

    fn parse(text: &str) -> ConfigFile {
        ConfigFile::parse(Path::new("modkeep.toml"), text)
    }

    fn errors(text: &str) -> Vec<String> {
        let errors = parse(text).errors;
        errors.iter().map(ToString::to_string).collect()
    }

    /// Text and line of an option.
    fn value(file: &ConfigFile, flag: &str) -> Option<(String, usize)> {
        let sourced = file.values.get(&OptionRow::with_flag(flag)?.index)?;
        let ValueOrigin::File(place) = &sourced.origin else {
            return None;
        };
        Some((sourced.text.clone(), place.line))
    }

    #[test]
    fn values_know_their_line() {
        let file = parse("# comment\nlisten = \"127.0.0.1:0\"\n\nmax-connections = 7\n");
        assert_eq!(value(&file, "listen"), Some(("127.0.0.1:0".to_owned(), 2)));
        assert_eq!(value(&file, "max-connections"), Some(("7".to_owned(), 4)));
    }

    #[test]
    fn an_option_stands_in_its_section_or_as_its_flag_is_called() {
        let nested = parse(
            "[verify]\nmode = 'off'\n[fetch]\nbreaker = false\n[listen]\naddresses = ['a:1', 'b:2']\n",
        );
        let flat = parse("verify = 'off'\n\n\nupstream-breaker = false\n\nlisten = 'a:1,b:2'\n");
        for (flag, line) in [("verify", 2), ("upstream-breaker", 4), ("listen", 6)] {
            let (text, at) = value(&nested, flag).unwrap();
            assert_eq!(
                (at, Some(text)),
                (line, value(&flat, flag).map(|flat| flat.0))
            );
        }
        assert!(nested.errors.is_empty(), "{:?}", nested.errors);
        let inline = parse("verify = { mode = 'off' }\nlimits.max-connections = 7\n");
        assert_eq!(value(&inline, "max-connections"), Some(("7".to_owned(), 2)));
        assert_eq!(value(&inline, "verify"), Some(("off".to_owned(), 1)));
    }

    #[test]
    fn an_option_that_is_set_twice_is_refused_with_both_places() {
        assert_eq!(
            errors("max-connections = 1\n[limits]\nmax-connections = 2\n"),
            [
                "modkeep.toml:3: limits.max-connections is set here and, as max-connections, at modkeep.toml:1"
            ]
        );
        assert_eq!(
            errors("[fetch]\nbreaker = true\n[cache]\nmemory = 1\n").len(),
            0
        );
    }

    #[test]
    fn upstreams_may_be_tables() {
        let file = parse(
            "[[upstream]]\nname = 'company'\nurl = 'https://user:word@a.example.com'\nfallback = 'failure'\nbreaker = false\n\
             [[upstream]]\nurl = 'https://b.example.com'\n[[upstream]]\nurl = 'direct'\n",
        );
        assert!(file.errors.is_empty(), "{:?}", file.errors);
        let (list, line) = value(&file, "upstream").unwrap();
        assert_eq!(
            (list.as_str(), line),
            (
                "https://user:word@a.example.com|https://b.example.com,direct",
                1
            )
        );
        let sourced = file.values.values().next().unwrap();
        assert_eq!(sourced.entries.len(), 3);
        assert!(!format!("{:?} {sourced:?}", sourced.entries).contains("word"));
        let [company, ..] = sourced.entries.as_slice() else {
            panic!()
        };
        assert_eq!(
            (company.name.as_deref(), company.breaker),
            (Some("company"), Some(false))
        );
    }

    #[test]
    fn all_that_is_wrong_in_tables_is_said() {
        let text = "[[upstream]]\nurl = 'https://a.example.com'\nbreakr = false\n\
                    [[upstream]]\nname = 'x'\n[[upstream]]\nurl = 'a,b'\n[[upstream]]\nurl = 7\n\
                    [verify]\nmod = 'off'\n[log]\nzzzzzzzzz = 1\n";
        let errors = errors(text);
        for (index, words) in [
            "modkeep.toml:3: unknown key \"breakr\" in [[upstream]]; did you mean \"breaker\"?",
            "modkeep.toml:4: upstream: missing field `url`",
            "modkeep.toml:6: upstream: url is one source",
            "modkeep.toml:8: upstream: ",
            "modkeep.toml:11: unknown key \"mod\" in [verify]; did you mean \"mode\"?",
            "modkeep.toml:13: unknown key \"zzzzzzzzz\" in [log]",
        ]
        .into_iter()
        .enumerate()
        {
            assert!(errors[index].starts_with(words), "{words}: {errors:?}");
        }
        assert_eq!(errors.len(), 6);
    }

    #[test]
    fn a_url_at_the_wrong_key_of_a_table_is_not_repeated() {
        for key in ["breaker", "fallback"] {
            let text = format!("[[upstream]]\nurl = 'off'\n{key} = 'https://u:topsecret@a'\n");
            let errors = errors(&text);
            assert_eq!(errors.len(), 1);
            assert!(!errors[0].contains("topsecret"), "{errors:?}");
        }
        let empty = errors("[[upstream]]\nurl = ''\n");
        assert_eq!(empty, ["modkeep.toml:1: upstream: url is empty"]);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        for (key, meant) in [
            ("upstrem", "upstream"),
            ("list_max_age", "list-max-age"),
            ("Listen", "listen"),
            ("idle-timout", "idle-timeout"),
        ] {
            let text = format!("data = \"x\"\n{key} = \"y\"\n");
            let expected = format!("modkeep.toml:2: unknown key {key:?}; did you mean {meant:?}?");
            assert_eq!(errors(&text), [expected]);
        }
        assert_eq!(
            errors("entirely-else = 1\n"),
            ["modkeep.toml:1: unknown key \"entirely-else\""]
        );
        assert_eq!(
            errors("limits = 1\n"),
            ["modkeep.toml:1: limits is a table"]
        );
    }

    #[test]
    fn all_that_is_wrong_is_said_in_the_order_of_the_file() {
        let text = "verfy = 'off'\nlisten = 1\nca = '/x'\nupstrem = 'off'\n";
        let lines: Vec<usize> = errors(text)
            .iter()
            .map(|error| error.split(':').nth(1).unwrap().parse().unwrap())
            .collect();
        assert_eq!(lines, [1, 2, 4]);
        assert!(value(&parse(text), "ca").is_some());
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        for (text, place) in [
            ("listen = \"a\"\nlisten = \"b\"\n", "modkeep.toml:2: "),
            ("\nlisten = \n", "modkeep.toml:2: "),
            ("listen = [1]\n", "modkeep.toml:1: "),
        ] {
            let errors = errors(text);
            assert!(errors[0].starts_with(place), "{text:?}: {errors:?}");
        }
    }
}
