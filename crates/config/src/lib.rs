//! Configuration: serde structs of options, four layers, and the origin of every value.
//!
//! An option is one field of [`Configuration`]. The field makes the command-line flag, the environment
//! variables, the keys of the TOML file, the reference page, the template and the JSON Schema
//! ([`json_schema`]); there is no second place to forget. A flag beats the environment beats the file beats
//! the default, and each value remembers where it came from ([`ConfigValue`]), because "which of the four was
//! it?" is the first question whenever a setting does not do what somebody expects.
//!
//! Only options that do something exist. An unknown key in the file is refused with the nearest
//! known one, and so is an unknown variable: a misspelt limit that is silently ignored is found on the
//! worst possible day. Everything that is wrong is said at once, each with what mends it where it
//! stands. What may hold a secret is of a type that cannot be printed.
//!
//! Values are checked one by one where they are brought together ([`mod@resolve`]), then made into the structs,
//! then into what the other crates take ([`Settings`]). This crate knows no command line: flags come as
//! texts.

pub mod access_entry;
mod advisories;
mod auth_entry;
mod config_value;
pub mod deny;
mod environment;
mod error;
mod fallback;
mod field_names;
mod file;
mod file_tables;
mod go_files;
mod kind;
pub mod log_filter;
mod mask;
mod option;
mod position;
mod resolve;
mod schema;
mod settings;
mod sourced;
mod sumdb;
mod table_array;
mod table_keys;
mod tables;
mod toml_value;
pub mod types;
pub mod upstream_entry;
mod value;
mod variables;
mod witness;

pub use advisories::VulnerabilitySource;
pub use config_value::{ConfigValue, FromSourced, OptionValue};
pub use environment::{Environment, Process, go, run, variables};
pub use error::{ConfigError, ConfigErrors};
pub use kind::OptionKind;
pub use option::{DefaultValue, OPTIONS, OptionRow};
pub use resolve::{ConfigLayers, FlagValues, ResolvedConfig, resolve};
pub use schema::json_schema;
pub use settings::{OwnSettings, Settings, StoreSettings, TlsSettings};
pub use sourced::{FilePlace, ValueOrigin};
pub use sumdb::{Database, key as database_key, known_key, parse as database};
pub use tables::{
    AuthSection, BlobsSection, CacheSection, Configuration, DirectSection, FetchSection,
    LimitSection, ListenSection, LogSection, OwnSumdbSection, PrefetchSection, PrivateSection,
    PublishSection, ScrubSection, StorageSection, SumdbSection, TlsSection, VerifySection,
    VulndbSection,
};
pub use types::LogFormat;
pub use value::duration as parse_duration;

/// The flag and environment variable that name the file itself; no option, for a file cannot name itself.
pub const CONFIG_FLAG: &str = "config";
