//! The TOML file: flat, one key an option, each value with its line.

use super::{
    resolve::ConfigError,
    table::{OPTIONS, OptionSpec},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use toml::{Spanned, Value};

/// A file that was read and whose keys are all known.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(super) path: PathBuf,
    /// Value and line by key.
    pub(super) values: BTreeMap<String, (String, usize)>,
}

impl ConfigFile {
    /// Reads and checks `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| refused(path, None, &error.to_string()))?;
        Self::parse(path, &text)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let table: BTreeMap<Spanned<String>, Spanned<Value>> =
            toml::from_str(text).map_err(|error| {
                refused(
                    path,
                    error.span().map(|span| line(text, span.start)),
                    error.message(),
                )
            })?;
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let at = line(text, key.span().start);
            let key = key.into_inner();
            if OptionSpec::named(&key).is_none() {
                return Err(refused(path, Some(at), &unknown(&key)));
            }
            let value = plain(value.into_inner()).ok_or_else(|| {
                refused(path, Some(at), &format!("{key} takes a string or a number"))
            })?;
            values.insert(key, (value, at));
        }
        Ok(Self {
            path: path.to_owned(),
            values,
        })
    }
}

fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn unknown(key: &str) -> String {
    match finding::nearest(key, OPTIONS.iter().map(|option| option.name)) {
        Some(known) => format!("unknown key {key:?}; did you mean {known:?}?"),
        None => format!("unknown key {key:?}; see modkeep config schema"),
    }
}

fn refused(path: &Path, line: Option<usize>, why: &str) -> ConfigError {
    let place = line.map_or_else(
        || path.display().to_string(),
        |line| format!("{}:{line}", path.display()),
    );
    ConfigError::new(place, why)
}

fn line(text: &str, offset: usize) -> usize {
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

    fn parse(text: &str) -> Result<ConfigFile, String> {
        ConfigFile::parse(Path::new("modkeep.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn values_know_their_line() {
        let file = parse("# comment\nlisten = \"127.0.0.1:0\"\n\nmax-connections = 7\n").unwrap();
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
            let error = parse(&format!("data = \"x\"\n{key} = \"y\"\n")).map(drop);
            assert_eq!(
                error,
                Err(format!(
                    "modkeep.toml:2: unknown key {key:?}; did you mean {meant:?}?"
                ))
            );
        }
        let error = parse("entirely-else = 1\n").map(drop).unwrap_err();
        assert!(error.contains("see modkeep config schema"), "{error}");
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        for (text, place) in [
            ("listen = \"a\"\nlisten = \"b\"\n", "modkeep.toml:2: "),
            ("\nlisten = \n", "modkeep.toml:2: "),
            ("listen = [1]\n", "modkeep.toml:1: "),
        ] {
            let error = parse(text).map(drop).unwrap_err();
            assert!(error.starts_with(place), "{text:?}: {error}");
        }
    }
}
