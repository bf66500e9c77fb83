//! Options of what is answered from, and of what is written about all that.

use crate::{
    config_value::ConfigValue,
    field_names::fields_of,
    types::{ByteSize, LogFilter, LogFormat, UrlText},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{path::PathBuf, time::Duration};

/// How old an answer may be, and what is held in memory.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct CacheSection {
    /// How old a list, `@latest` or the answer to a query may be before an upstream is asked again.
    #[schemars(extend(
        "x-flag" = "list-max-age",
        "x-value" = "TIME",
        "default" = "60s",
        "examples" = ["10s"]
    ))]
    pub list_max_age: ConfigValue<Duration>,
    /// For how long after that an old answer is still given at once while an upstream is asked in the
    /// background.
    #[schemars(extend("x-flag" = "list-stale", "x-value" = "TIME", "default" = "60s", "examples" = ["5m"]))]
    pub list_stale: ConfigValue<Duration>,
    /// How long a client waits for a refresh when an old answer is at hand.
    #[schemars(extend(
        "x-flag" = "refresh-patience",
        "x-value" = "TIME",
        "default" = "2s",
        "examples" = ["500ms"]
    ))]
    pub refresh_patience: ConfigValue<Duration>,
    /// For how long an upstream's "does not exist" is believed without asking again.
    #[schemars(extend(
        "x-flag" = "absence-max-age",
        "x-value" = "TIME",
        "default" = "30s",
        "examples" = ["5s"]
    ))]
    pub absence_max_age: ConfigValue<Duration>,
    /// For how long it is believed while no upstream can be asked, where nothing of the module was ever kept or
    /// listed.
    #[schemars(extend("x-flag" = "absence-stale", "x-value" = "TIME", "default" = "7d", "examples" = ["1d"]))]
    pub absence_stale: ConfigValue<Duration>,
    /// Memory for small artifacts and checksum-database records. Zips are not held in memory.
    #[schemars(extend(
        "x-flag" = "memory-limit",
        "x-value" = "SIZE",
        "default" = "64MiB",
        "examples" = ["256MiB"]
    ))]
    pub memory: ConfigValue<ByteSize>,
}

/// Vulnerabilities.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct VulndbSection {
    /// Where the public vulnerability database is fetched from, as one archive `vulndb.zip`, by `serve` every
    /// six hours and by `gate` where it is older than a day; or off. Where --upstream is `off` it is not
    /// fetched, unless this is set.
    #[schemars(extend(
        "x-flag" = "vulndb",
        "x-value" = "URL",
        "default" = "https://vuln.go.dev",
        "examples" = ["https://vuln.example.com"]
    ))]
    pub source: ConfigValue<UrlText>,
    /// Directory of OSV files of this site's own, merged with the public data whenever that is fetched.
    #[schemars(extend("x-flag" = "advisories", "x-value" = "DIR", "examples" = ["/etc/modkeep/advisories"]))]
    pub advisories: ConfigValue<Option<PathBuf>>,
}

/// The log.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct LogSection {
    /// Form of the log on standard error.
    #[schemars(extend(
        "x-flag" = "log-format",
        "x-value" = "FORMAT",
        "default" = "text",
        "examples" = ["json"]
    ))]
    pub format: ConfigValue<LogFormat>,
    /// What is logged: error, warn, info, debug, trace, or a filter such as `info,access=off`.
    #[schemars(extend(
        "x-flag" = "log-level",
        "x-value" = "FILTER",
        "x-found" = "`info` for `serve`, `warn` for `run`",
        "x-reload" = true,
        "examples" = ["info,access=warn"]
    ))]
    pub level: ConfigValue<Option<LogFilter>>,
    /// Whether the log names private modules (those of `--private` and `--no-sumdb`). `off` writes `(private)`
    /// in their place at every level above debug, so that a log can be handed on; its owner may want to see
    /// them.
    #[schemars(extend(
        "x-flag" = "log-private",
        "x-value" = "on|off",
        "default" = "off",
        "examples" = ["on"]
    ))]
    pub private: ConfigValue<bool>,
}
