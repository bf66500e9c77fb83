//! Layers: flag, environment, file, default; the first that has a value wins.

use super::{
    Environment,
    config_value::ConfigLeaf,
    error::{ConfigError, ConfigErrors},
    fallback::DefaultFinder,
    file::ConfigFile,
    file_tables::FileTables,
    mask,
    option::{DefaultValue, OPTIONS, OptionRow},
    sourced::{SourcedText, ValueOrigin},
    tables::Configuration,
    types::CommaList,
    value, variables,
};
use access::AccessRule;
use gomod::pattern::ModulePatterns;
use ingest::DenyList;
use oidc::ProviderSettings;
use serde::Deserialize as _;
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Values given on the command line, by flag.
pub type FlagValues = BTreeMap<&'static str, String>;

/// Every value that is in effect.
#[derive(Debug, Clone)]
pub struct ResolvedConfig {
    /// The values with their types.
    pub options: Configuration,
    /// The same as they were given, in the order of [`OPTIONS`].
    values: BTreeMap<usize, SourcedText>,
    /// The file, if one is named.
    pub(crate) file: Option<PathBuf>,
    /// What it has beside options.
    pub(crate) tables: FileTables,
}

/// The layers brought together, with what is wrong in them. A value that is wrong has its default in
/// its place, so that the rest can be judged too.
#[derive(Debug)]
pub struct ConfigLayers {
    values: BTreeMap<usize, SourcedText>,
    file: Option<PathBuf>,
    tables: FileTables,
    errors: Vec<ConfigError>,
}

/// Brings the layers together. `file` is the file's path, if one is named.
pub fn resolve(
    flags: &FlagValues,
    environment: &dyn Environment,
    file: Option<&Path>,
) -> ConfigLayers {
    layers(flags, environment, file.map(ConfigFile::read).as_ref())
}

fn layers(
    flags: &FlagValues,
    environment: &dyn Environment,
    file: Option<&ConfigFile>,
) -> ConfigLayers {
    let mut errors = variables::unknown(&environment.names());
    errors.extend(file.iter().flat_map(|file| file.errors.iter().cloned()));
    let mut layers = ConfigLayers {
        values: BTreeMap::new(),
        file: file.map(|file| file.path.clone()),
        tables: file.map(|file| file.tables.clone()).unwrap_or_default(),
        errors,
    };
    // The default of others depends on where this one came from.
    let mut upstream = None;
    for option in OPTIONS.iter() {
        let given = layers.given(option, flags, environment, file);
        let sourced = given.or_else(|| default(option, environment, upstream.as_ref()));
        let Some(sourced) = sourced else {
            continue;
        };
        if option.finder == Some(DefaultFinder::Upstream) {
            upstream = Some(sourced.clone());
        }
        if let Err(why) = value::check(&option.kind, &sourced.text) {
            let error = ConfigError::of_option(option, Some(&sourced), why);
            layers.errors.push(error);
            layers.put_aside(option);
        } else {
            layers.values.insert(option.index, sourced);
        }
    }
    layers
}

// === impl ConfigLayers ===

impl ConfigLayers {
    /// The values, if nothing is wrong with any.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn checked(self) -> Result<ResolvedConfig, ConfigErrors> {
        let resolved = self.resolved();
        ConfigErrors::of(self.errors)?;
        Ok(resolved?)
    }

    /// What `make` makes of the values, or everything that is wrong. `make` says one thing at a time;
    /// the option that it blames is put aside, its default takes its place, and `make` is asked again.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn make<T>(
        mut self,
        make: impl Fn(&ResolvedConfig) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigErrors> {
        let mut aside: Vec<&'static OptionRow> =
            self.errors.iter().filter_map(ConfigError::option).collect();
        loop {
            let result = self.resolved().and_then(|resolved| make(&resolved));
            let error = match result {
                Ok(whole) => return ConfigErrors::of(self.errors).map(|()| whole),
                Err(error) => error,
            };
            let option = error.option();
            if !error.depends_on(&aside) {
                self.errors.push(error);
            }
            match option {
                Some(option) if !aside.contains(&option) => {
                    aside.push(option);
                    self.put_aside(option);
                }
                // Nothing is left to put aside: what else is wrong shows at the next try.
                _ => return Err(ConfigErrors::none_but(self.errors)),
            }
        }
    }

    fn resolved(&self) -> Result<ResolvedConfig, ConfigError> {
        Ok(ResolvedConfig {
            options: typed(&self.values)?,
            values: self.values.clone(),
            file: self.file.clone(),
            tables: self.tables.clone(),
        })
    }

    /// Puts a wrong value aside: what is built in takes its place.
    fn put_aside(&mut self, option: &OptionRow) {
        let found = || option.finder.and_then(DefaultFinder::built_in);
        self.values.remove(&option.index);
        if let Some(text) = option.default.fixed().or_else(found) {
            let built_in = SourcedText::new(text, ValueOrigin::Default);
            self.values.insert(option.index, built_in);
        }
    }

    /// What was given for an option in the first layer that has it.
    fn given(
        &mut self,
        option: &OptionRow,
        flags: &FlagValues,
        environment: &dyn Environment,
        file: Option<&ConfigFile>,
    ) -> Option<SourcedText> {
        let flag = flags.get(option.flag.as_str());
        let flag = flag.map(|text| SourcedText::new(text, ValueOrigin::Flag));
        let variable = self.variable(option, environment);
        let in_file = || file?.values.get(&option.index).cloned();
        flag.or(variable).or_else(in_file)
    }

    /// The value of an option's variable, which has two names.
    fn variable(
        &mut self,
        option: &OptionRow,
        environment: &dyn Environment,
    ) -> Option<SourcedText> {
        let read = |name: String| {
            let text = environment.variable(&name)?;
            Some(SourcedText::new(text, ValueOrigin::Variable(name)))
        };
        let (flat, nested) = (option.variable(), option.nested_variable());
        let is_one = flat == nested;
        match (read(flat.clone()), read(nested.clone())) {
            (Some(value), Some(_)) if !is_one => {
                self.errors.push(ConfigError::of_place(
                    format!("environment {nested}"),
                    format!("{flat} sets the same"),
                    format!("unset {nested} or {flat}"),
                ));
                Some(value)
            }
            (flat, nested) => flat.or(nested),
        }
    }
}

/// `upstream` is where the list of upstreams came from.
fn default(
    option: &OptionRow,
    environment: &dyn Environment,
    upstream: Option<&SourcedText>,
) -> Option<SourcedText> {
    if let DefaultValue::Fixed(text) = &option.default {
        return Some(SourcedText::new(text, ValueOrigin::Default));
    }
    option.finder?.find(environment, upstream)
}

/// The values in the structs. Each was checked, so this fails only where a type and its kind disagree.
fn typed(values: &BTreeMap<usize, SourcedText>) -> Result<Configuration, ConfigError> {
    let mut tree = Map::new();
    let failed = |why: serde_json::Error| {
        ConfigError::of_place("the configuration", why, "report this, please")
    };
    for option in OPTIONS.iter() {
        let leaf = ConfigLeaf {
            option: option.index,
            sourced: values.get(&option.index).cloned(),
        };
        let leaf = serde_json::to_value(leaf).map_err(failed)?;
        let (section, key) = option.place();
        if section.is_empty() {
            tree.insert(key.to_owned(), leaf);
        } else if let Value::Object(section) = tree
            .entry(section)
            .or_insert_with(|| Value::Object(Map::new()))
        {
            section.insert(key.to_owned(), leaf);
        }
    }
    Configuration::deserialize(Value::Object(tree)).map_err(failed)
}

// === impl ResolvedConfig ===

impl ResolvedConfig {
    /// Modules that no upstream is asked about. Of a malformed glob, what it was meant for is told.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn private(&self) -> Result<ModulePatterns, ConfigError> {
        let modules = &self.options.private.modules;
        let patterns = modules.as_ref().map_or("", |list| list.as_str());
        whole(ModulePatterns::parse(patterns), |why| modules.error(why))
    }

    /// Modules that may be published, if that is not what is private.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn published(&self) -> Result<Option<ModulePatterns>, ConfigError> {
        let modules = &self.options.publish.modules;
        let Some(list) = modules.as_ref() else {
            return Ok(None);
        };
        whole(ModulePatterns::parse(list.as_str()), |why| {
            modules.error(why)
        })
        .map(Some)
    }

    /// Modules that no public checksum database is asked about. A `--private` that somebody gave us is
    /// never narrowed by a setting of go's.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn no_sumdb(&self) -> Result<ModulePatterns, ConfigError> {
        self.private()?;
        let (private, except) = (&self.options.private.modules, &self.options.sumdb.except);
        let is_given = private.origin().is_some_and(|origin| !origin.is_of_go());
        let given = private.as_ref().filter(|_| is_given);
        let lists = given.into_iter().chain(except.as_ref());
        let lists: Vec<&str> = lists.map(CommaList::as_str).collect();
        whole(ModulePatterns::parse(&lists.join(",")), |why| {
            except.error(why)
        })
    }

    /// What the file denies.
    pub fn denied(&self) -> &DenyList {
        &self.tables.denied
    }

    /// Who may do what, as the file says.
    pub fn access_rules(&self) -> &[AccessRule] {
        &self.tables.access
    }

    /// Whose tokens are believed, as the file says.
    pub fn issuers(&self) -> &ProviderSettings {
        &self.tables.issuers
    }

    /// The options that have another value in `other`.
    pub fn changed(&self, other: &Self) -> Vec<&'static OptionRow> {
        let value = |resolved: &Self, option: &OptionRow| {
            let sourced = resolved.values.get(&option.index)?;
            Some((sourced.text.clone(), sourced.entries.clone()))
        };
        let options = OPTIONS.iter();
        options
            .filter(|option| value(self, option) != value(other, option))
            .collect()
    }

    /// Takes over the values of options that are in force at once.
    pub fn take_reloaded(&mut self, other: &Self) {
        for option in OPTIONS.iter().filter(|option| option.reloads) {
            match other.values.get(&option.index) {
                Some(value) => self.values.insert(option.index, value.clone()),
                None => self.values.remove(&option.index),
            };
        }
        if let Ok(options) = typed(&self.values) {
            self.options = options;
        }
    }

    /// Option, value and origin of every option that has a value, in the order of [`OPTIONS`]. Values
    /// are as they may be shown.
    pub fn rows(&self) -> impl Iterator<Item = (&'static OptionRow, Cow<'_, str>, &ValueOrigin)> {
        OPTIONS.iter().filter_map(|option| {
            let sourced = self.values.get(&option.index)?;
            let shown = mask::shown(&option.kind, &sourced.text);
            Some((option, shown, &sourced.origin))
        })
    }

    #[cfg(test)]
    pub(crate) fn get(&self, flag: &str) -> Option<&SourcedText> {
        self.values.get(&OptionRow::with_flag(flag)?.index)
    }
}

/// Go ignores a malformed glob, and whoever wrote it believes that it protects a name.
fn whole(
    patterns: ModulePatterns,
    refuse: impl FnOnce(String) -> ConfigError,
) -> Result<ModulePatterns, ConfigError> {
    match patterns.malformed().first() {
        Some(wrong) => Err(refuse(format!("{wrong:?} is no glob"))),
        None => Ok(patterns),
    }
}

#[cfg(test)]
mod tests;
