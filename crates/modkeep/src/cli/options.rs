//! Flags made of the table of options, and read back into it.

use crate::{failure::Failure, preparation::ServerPreparation};
use clap::{Arg, ArgMatches, Command, ValueHint};
use config::{
    CONFIG_FLAG, ConfigErrors, ConfigLayers, Environment as _, FlagValues, OPTIONS, OptionKind,
    OptionRow, Process, ResolvedConfig, Settings, resolve,
};
use gomod::pattern::ModulePatterns;
use std::path::PathBuf;

/// Options of commands that ask upstreams and serve nobody.
pub(super) const REACHING: &[&str] = &[
    "upstream",
    "ca",
    "credentials",
    "allow-net",
    "connect-timeout",
    "header-timeout",
    "stall-timeout",
    "upstream-requests",
];

/// Adds every option, and `--config`.
pub(super) fn add(command: Command) -> Command {
    OPTIONS
        .iter()
        .map(arg)
        .fold(command, Command::arg)
        .arg(config())
}

/// Adds the options of these names, and `--config`.
pub(super) fn add_some(command: Command, names: &[&str]) -> Command {
    let is_known = |name: &&str| OptionRow::with_flag(name).is_some();
    debug_assert!(names.iter().all(is_known), "{names:?}");
    let chosen = OPTIONS
        .iter()
        .filter(|option| names.contains(&option.flag.as_str()));
    chosen.map(arg).fold(command, Command::arg).arg(config())
}

/// Adds an option under a name that is shorter where the command says the rest.
pub(super) fn add_as(command: Command, name: &str, flag: &'static str) -> Command {
    let option = OPTIONS.iter().find(|option| option.flag == name);
    let arg = option.map(|option| arg(option).long(flag));
    command.args(arg)
}

fn config() -> Arg {
    Arg::new(CONFIG_FLAG)
        .long(CONFIG_FLAG)
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .help("Configuration file (TOML) [env: MODKEEP_CONFIG]")
}

fn arg(option: &'static OptionRow) -> Arg {
    let help = format!(
        "{} [env: {}] [default: {}]",
        option.doc.trim_end_matches('.'),
        option.variable(),
        option.default.describe()
    );
    let hint = match option.kind {
        OptionKind::Path => ValueHint::AnyPath,
        _ => ValueHint::Other,
    };
    let arg = Arg::new(option.flag.as_str())
        .long(option.flag.as_str())
        .value_name(option.placeholder.as_str())
        .value_hint(hint)
        .help_heading(option.heading.as_str())
        .help(help);
    match option.kind {
        // Alone it means on, as people write a switch.
        OptionKind::Switch => arg.num_args(0..=1).default_missing_value("on"),
        _ => arg,
    }
}

/// What was given on the command line and in the layers below it.
fn layers(matches: &ArgMatches) -> ConfigLayers {
    let value = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    let flags: FlagValues = OPTIONS
        .iter()
        .filter_map(|option| Some((option.flag.as_str(), value(&option.flag)?)))
        .collect();
    let file = value(CONFIG_FLAG)
        .or_else(|| Process.variable("MODKEEP_CONFIG"))
        .map(PathBuf::from);
    resolve(&flags, &Process, file.as_deref())
}

/// The value of every option, and where it comes from.
pub(crate) fn given(matches: &ArgMatches) -> Result<ResolvedConfig, Failure> {
    Ok(layers(matches).checked()?)
}

/// The same as typed settings.
pub(crate) fn settings(matches: &ArgMatches) -> Result<Settings, Failure> {
    Ok(layers(matches).make(Settings::of)?)
}

/// The same of values that are at hand.
pub(crate) fn settings_of(resolved: &ResolvedConfig) -> Result<Settings, Failure> {
    Ok(Settings::of(resolved).map_err(ConfigErrors::from)?)
}

/// All that a server starts from. Whatever is wrong is said at once.
pub(crate) fn prepared(matches: &ArgMatches) -> Result<ServerPreparation, Failure> {
    Ok(layers(matches).make(ServerPreparation::of)?)
}

/// The data directory, for commands that need no more.
pub(crate) fn data(resolved: &ResolvedConfig) -> Result<PathBuf, Failure> {
    let directory = &resolved.options.storage.directory;
    let none = || directory.error("the platform names no data directory; give one");
    let directory = directory.as_ref().cloned().ok_or_else(none);
    Ok(directory.map_err(ConfigErrors::from)?)
}

/// Modules that no public checksum database is asked about.
pub(crate) fn unlogged(resolved: &ResolvedConfig) -> Result<ModulePatterns, Failure> {
    let patterns = resolved.no_sumdb();
    Ok(patterns.map_err(ConfigErrors::from)?)
}
