//! Layers: flag, environment, file, default; the first that has a value wins.

use super::{
    Environment,
    error::{ConfigError, ConfigErrors},
    fallback,
    file::ConfigFile,
    mask, sumdb,
    table::{DefaultValue, OPTIONS, OptionSpec},
    value, variables,
};
use gomod::pattern::ModulePatterns;
use proxy::DenyList;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// Values given on the command line, by option name.
pub(crate) type Flags = BTreeMap<&'static str, String>;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// This environment variable.
    Variable(String),
    /// This line of this file.
    File(PathBuf, usize),
    /// `go env` of this variable.
    GoEnv(&'static str),
    /// Convention of the platform.
    Platform,
    /// Built in.
    Default,
}

/// A value and where it came from. Its `Debug` shows the latter only: the value may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sourced {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// Every option that has a value.
#[derive(Debug, Clone)]
pub struct Resolved {
    values: BTreeMap<&'static str, Sourced>,
    /// The file, if one is named.
    pub(crate) file: Option<PathBuf>,
    /// What it denies.
    pub(crate) denied: DenyList,
}

/// The layers brought together, with what is wrong in them. A value that is wrong has its default in
/// its place, so that the rest can be judged too.
#[derive(Debug)]
pub(crate) struct Layers {
    resolved: Resolved,
    errors: Vec<ConfigError>,
}

/// Brings the layers together. `file` is the file's path, if one is named.
pub(crate) fn resolve(flags: &Flags, environment: &dyn Environment, file: Option<&Path>) -> Layers {
    layers(flags, environment, file.map(ConfigFile::read).as_ref())
}

fn layers(flags: &Flags, environment: &dyn Environment, file: Option<&ConfigFile>) -> Layers {
    let mut errors = variables::unknown(&environment.names());
    errors.extend(file.iter().flat_map(|file| file.errors.iter().cloned()));
    let mut resolved = Resolved {
        values: BTreeMap::new(),
        file: file.map(|file| file.path.clone()),
        denied: file.map(|file| file.denied.clone()).unwrap_or_default(),
    };
    for option in OPTIONS {
        let given = given(option, flags, environment, file);
        let sourced = given.or_else(|| default(option, environment, &resolved.values));
        let Some(sourced) = sourced else {
            continue;
        };
        if let Err(why) = value::check(option.kind, &sourced.text) {
            errors.push(ConfigError::of_option(option, Some(&sourced), why));
            resolved.put_aside(option);
        } else {
            resolved.values.insert(option.name, sourced);
        }
    }
    Layers { resolved, errors }
}

// === impl Layers ===

impl Layers {
    /// The values, if nothing is wrong with any.
    pub(crate) fn checked(self) -> Result<Resolved, ConfigErrors> {
        ConfigErrors::of(self.errors)?;
        Ok(self.resolved)
    }

    /// What `make` makes of the values, or everything that is wrong. `make` says one thing at a time;
    /// the option that it blames is put aside, its default takes its place, and `make` is asked again.
    pub(crate) fn make<T>(
        self,
        make: impl Fn(&Resolved) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigErrors> {
        let Self {
            mut resolved,
            mut errors,
        } = self;
        let mut aside: Vec<&'static str> = errors.iter().filter_map(ConfigError::option).collect();
        loop {
            let error = match make(&resolved) {
                Ok(whole) => return ConfigErrors::of(errors).map(|()| whole),
                Err(error) => error,
            };
            let option = error.option();
            if !error.depends_on(&aside) {
                errors.push(error);
            }
            match option.and_then(OptionSpec::named) {
                Some(option) if !aside.contains(&option.name) => {
                    aside.push(option.name);
                    resolved.put_aside(option);
                }
                // Nothing is left to put aside: what else is wrong shows at the next try.
                _ => return Err(ConfigErrors::none_but(errors)),
            }
        }
    }
}

fn given(
    option: &OptionSpec,
    flags: &Flags,
    environment: &dyn Environment,
    file: Option<&ConfigFile>,
) -> Option<Sourced> {
    let flag = flags
        .get(option.name)
        .map(|text| Sourced::new(text, Origin::Flag));
    let variable = || {
        let name = option.variable();
        environment
            .variable(&name)
            .map(|text| Sourced::new(text, Origin::Variable(name)))
    };
    let in_file = || {
        let file = file?;
        let (text, line) = file.values.get(option.name)?;
        Some(Sourced::new(text, Origin::File(file.path.clone(), *line)))
    };
    flag.or_else(variable).or_else(in_file)
}

/// `before` has the options that stand above this one in the table.
fn default(
    option: &OptionSpec,
    environment: &dyn Environment,
    before: &BTreeMap<&'static str, Sourced>,
) -> Option<Sourced> {
    let of_go = |name| fallback::of_go(environment, name, before.get("upstream"));
    let of_go_or_private =
        |name| fallback::of_go_or_private(environment, name, before.get("upstream"));
    match (option.name, option.default) {
        (_, DefaultValue::Fixed(text)) => Some(Sourced::new(text, Origin::Default)),
        ("upstream", _) => Some(fallback::upstream(environment)),
        ("sumdb", _) => {
            of_go("GOSUMDB").or_else(|| Some(Sourced::new(sumdb::DEFAULT, Origin::Default)))
        }
        ("private", _) => of_go_or_private("GONOPROXY"),
        ("no-sumdb", _) => of_go_or_private("GONOSUMDB"),
        ("data", _) => fallback::data(environment),
        ("credentials", _) => fallback::credentials(environment),
        _ => None,
    }
}

// === impl Sourced ===

impl Sourced {
    pub(super) fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self {
            text: text.into(),
            origin,
        }
    }

    /// Whether nobody chose the value.
    pub(crate) fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }

    /// Whether it is a setting of the go command, and not one that somebody made for us.
    fn is_of_go(&self) -> bool {
        match &self.origin {
            Origin::Variable(name) => !name.starts_with("MODKEEP_"),
            Origin::GoEnv(_) => true,
            _ => false,
        }
    }
}

impl fmt::Debug for Sourced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sourced({})", self.origin)
    }
}

// === impl Origin ===

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::GoEnv(name) => write!(f, "go env {name}"),
            Self::Platform => f.write_str("platform"),
            Self::Default => f.write_str("default"),
        }
    }
}

// === impl Resolved ===

impl Resolved {
    pub(crate) fn get(&self, name: &str) -> Option<&Sourced> {
        self.values.get(name)
    }

    /// Puts a wrong value aside: what is built in takes its place.
    fn put_aside(&mut self, option: &OptionSpec) {
        let built_in = match (option.name, option.default) {
            (_, DefaultValue::Fixed(text)) => Some(text),
            ("upstream", _) => Some(fallback::BUILT_IN),
            ("sumdb", _) => Some(sumdb::DEFAULT),
            ("data", _) => Some("."),
            _ => None,
        };
        match built_in {
            Some(text) => {
                let sourced = Sourced::new(text, Origin::Default);
                self.values.insert(option.name, sourced);
            }
            None => {
                self.values.remove(option.name);
            }
        }
    }

    /// The value of an option that always has one, because its default is fixed.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).map_or("", |sourced| &sourced.text)
    }

    /// Modules that no upstream is asked about. Of a malformed glob, what it was meant for is told.
    pub(crate) fn private(&self) -> Result<ModulePatterns, ConfigError> {
        self.patterns("private", ModulePatterns::parse(self.text("private")))
    }

    /// Modules that no public checksum database is asked about. A `--private` that somebody gave us is
    /// never narrowed by a setting of go's.
    pub(crate) fn no_sumdb(&self) -> Result<ModulePatterns, ConfigError> {
        self.private()?;
        let given = self.get("private").filter(|private| !private.is_of_go());
        let lists = given.map(|private| &private.text);
        let lists = lists
            .into_iter()
            .chain(self.get("no-sumdb").map(|own| &own.text));
        let lists: Vec<&str> = lists.map(String::as_str).collect();
        self.patterns("no-sumdb", ModulePatterns::parse(&lists.join(",")))
    }

    /// Go ignores a malformed glob, and whoever wrote it believes that it protects a name.
    fn patterns(
        &self,
        name: &'static str,
        patterns: ModulePatterns,
    ) -> Result<ModulePatterns, ConfigError> {
        match patterns.malformed().first() {
            Some(wrong) => Err(self.error(name, format!("{wrong:?} is no glob"))),
            None => Ok(patterns),
        }
    }

    /// An error about the value of an option.
    pub(crate) fn error(&self, name: &'static str, why: impl fmt::Display) -> ConfigError {
        match OptionSpec::named(name) {
            Some(option) => ConfigError::of_option(option, self.get(name), why),
            None => ConfigError::of_place(name, why, "see modkeep config schema"),
        }
    }

    /// The options that have another value in `other`, by name.
    pub(crate) fn changed(&self, other: &Self) -> Vec<&'static str> {
        let text = |resolved: &Self, name| resolved.get(name).map(|value| value.text.clone());
        let names = OPTIONS.iter().map(|option| option.name);
        names
            .filter(|name| text(self, name) != text(other, name))
            .collect()
    }

    /// Takes over the values of these options.
    pub(crate) fn take(&mut self, other: &Self, names: &[&'static str]) {
        for name in names {
            match other.values.get(name) {
                Some(value) => self.values.insert(name, value.clone()),
                None => self.values.remove(name),
            };
        }
    }

    /// Option, value and origin of every option that has a value, in the order of the table. Values
    /// are as they may be shown.
    pub fn rows(&self) -> impl Iterator<Item = (&'static OptionSpec, Cow<'_, str>, &Origin)> {
        OPTIONS.iter().filter_map(|option| {
            let sourced = self.values.get(option.name)?;
            let shown = mask::shown(option.kind, &sourced.text);
            Some((option, shown, &sourced.origin))
        })
    }
}

#[cfg(test)]
mod tests;
