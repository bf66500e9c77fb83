//! Options of what is kept, and of its health.

use crate::{
    config_value::ConfigValue,
    fallback::DefaultFinder,
    option::fields_of,
    types::{ByteSize, DurationOrOff},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;

/// What is kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct StorageSection {
    /// Directory of everything that is kept. One process at a time holds it.
    #[schemars(extend(
        "x-flag" = "data",
        "x-value" = "DIR",
        "x-found" = "`modkeep` in the platform's data directory",
        "x-finder" = DefaultFinder::DataDirectory,
        "examples" = ["/var/lib/modkeep"]
    ))]
    pub directory: ConfigValue<Option<PathBuf>>,
    /// Room on the disk of the data directory that is left alone: below it nothing new is kept (503, MK3011),
    /// before any byte is sent, and what is kept is served as always. 0 is none. Clients go on with the next
    /// entry of GOPROXY if a `|` stands before it.
    #[schemars(extend(
        "x-flag" = "disk-reserve",
        "x-value" = "SIZE",
        "x-found" = "2GiB, or a twentieth of the disk if that is less",
        "examples" = ["10GiB"]
    ))]
    pub disk_reserve: ConfigValue<Option<ByteSize>>,
}

/// Hashing again what is kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct ScrubSection {
    /// Everything kept is hashed again once in this time, and damage is healed from an upstream or put aside.
    /// `off` turns it off.
    #[schemars(extend("x-flag" = "scrub-period", "x-value" = "TIME", "default" = "7d", "examples" = ["30d"]))]
    pub period: ConfigValue<DurationOrOff>,
    /// The share of one core that scrubbing may take, in percent. It is kept even if the period is exceeded.
    #[schemars(extend("x-flag" = "scrub-cpu", "x-value" = "PERCENT", "default" = "5", "examples" = ["20"]))]
    pub cpu: ConfigValue<usize>,
}
