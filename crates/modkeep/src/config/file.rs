//! The TOML file: flat, one key an option, each value with its line, and the tables of `[[deny]]`.

use super::{
    deny,
    error::ConfigError,
    table::{OPTIONS, OptionSpec},
    toml_value,
};
use proxy::DenyList;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use toml::{Spanned, Value};

/// A file that was read, with the values that are usable.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    pub(super) path: PathBuf,
    /// Value and line by key.
    pub(super) values: BTreeMap<String, (String, usize)>,
    /// What is refused by policy.
    pub(super) denied: DenyList,
    /// What is wrong in it.
    pub(super) errors: Vec<ConfigError>,
}

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

    pub(super) fn parse(path: &Path, text: &str) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let table: Result<BTreeMap<Spanned<String>, Spanned<Value>>, _> = toml::from_str(text);
        match table {
            Ok(table) => {
                let mut entries: Vec<_> = table.into_iter().collect();
                entries.sort_by_key(|(key, _)| key.span().start);
                for (key, value) in entries {
                    let at = line(text, key.span().start);
                    file.add(key.into_inner(), value.into_inner(), at);
                }
                file.add_denied(text);
            }
            Err(error) => {
                let at = error.span().map(|span| line(text, span.start));
                file.refuse(
                    at,
                    error.message(),
                    "the file is TOML 1.0, see https://toml.io",
                );
            }
        }
        file
    }

    fn add_denied(&mut self, text: &str) {
        match deny::parse(&self.path, text) {
            Ok(denied) => self.denied = denied,
            Err(errors) => self.errors.extend(errors),
        }
    }

    fn add(&mut self, key: String, value: Value, at: usize) {
        if key == deny::KEY {
            return;
        }
        let Some(option) = OptionSpec::named(&key) else {
            return self.refuse_unknown(&key, at);
        };
        match toml_value::text(option, value) {
            Ok(text) => {
                self.values.insert(key, (text, at));
            }
            Err(why) => {
                let example = option.kind.in_toml(option.example);
                let remedy = format!("write `{key} = {example}`, for example");
                self.refuse(Some(at), &format!("{key}: {why}"), &remedy);
            }
        }
    }

    fn refuse_unknown(&mut self, key: &str, at: usize) {
        let names = OPTIONS.iter().map(|option| option.name).chain([deny::KEY]);
        match finding::nearest(key, names) {
            Some(known) => self.refuse(
                Some(at),
                &format!("unknown key {key:?}; did you mean {known:?}?"),
                &format!("rename it to {known}, or remove it"),
            ),
            None => self.refuse(
                Some(at),
                &format!("unknown key {key:?}"),
                "remove it; `modkeep config schema` has every key",
            ),
        }
    }

    fn refuse(&mut self, at: Option<usize>, why: &str, remedy: &str) {
        let error = ConfigError::of_file(&self.path, at, why, remedy);
        self.errors.push(error);
    }
}

pub(super) fn line(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::ConfigFile;
    use std::path::Path;

    fn parse(text: &str) -> ConfigFile {
        ConfigFile::parse(Path::new("modkeep.toml"), text)
    }

    fn errors(text: &str) -> Vec<String> {
        let errors = parse(text).errors;
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_know_their_line() {
        let file = parse("# comment\nlisten = \"127.0.0.1:0\"\n\nmax-connections = 7\n");
        assert_eq!(
            file.values.get("listen"),
            Some(&("127.0.0.1:0".to_owned(), 2))
        );
        assert_eq!(
            file.values.get("max-connections"),
            Some(&("7".to_owned(), 4))
        );
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
    }

    #[test]
    fn all_that_is_wrong_is_said_in_the_order_of_the_file() {
        let text = "verfy = 'off'\nlisten = 1\nca = '/x'\nupstrem = 'off'\n";
        let lines: Vec<usize> = errors(text)
            .iter()
            .map(|error| error.split(':').nth(1).unwrap().parse().unwrap())
            .collect();
        assert_eq!(lines, [1, 2, 4]);
        assert!(parse(text).values.contains_key("ca"));
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
