//! Configuration: one table of options, four layers, and the origin of every value.
//!
//! An option is a row of [`OPTIONS`]. The row makes the command-line flag, the environment
//! variable, the key of the TOML file, the reference page and `modkeep config schema`; there is no
//! second place to forget. A flag beats the environment beats the file beats the default, and each
//! value remembers where it came from, because "which of the four was it?" is the first question
//! whenever a setting does not do what somebody expects.
//!
//! Only options that do something exist. An unknown key in the file is refused with the nearest
//! known one, and so is an unknown variable: a misspelt limit that is silently ignored is found on the
//! worst possible day. Everything that is wrong is said at once, each with what mends it where it
//! stands.

mod advisories;
pub(crate) mod deny;
mod environment;
mod error;
mod fallback;
mod file;
mod go_files;
mod mask;
mod resolve;
mod settings;
mod sumdb;
mod table;
mod toml_value;
mod value;
mod variables;
mod witness;

pub use advisories::VulnerabilitySource;
pub(crate) use environment::{Environment, Process, go, run, variables};
pub use error::{ConfigError, ConfigErrors};
pub(crate) use resolve::{Flags, Layers, resolve};
pub use resolve::{Origin, Resolved};
pub use settings::{LogFormat, OwnSettings, Settings};
pub(crate) use sumdb::{key as database_key, known_key, parse as database};
pub use table::{DefaultValue, Kind, OPTIONS, OptionSpec};

/// The flag and environment variable that name the file itself; no row, for a file cannot name itself.
pub(crate) const CONFIG_FLAG: &str = "config";
