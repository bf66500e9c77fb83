//! Options of what is kept, and of its health.

use crate::{
    config_value::ConfigValue,
    fallback::DefaultFinder,
    field_names::fields_of,
    types::{ByteSize, DurationOrOff},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;
use store::BucketLocation;
use url::Url;

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

/// Where artifacts lie.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct BlobsSection {
    /// Bucket of an object store that artifacts lie in: `s3://BUCKET/PREFIX`. Without it they are files below the
    /// data directory, which has everything else in any case. The directory remembers it, and it cannot be
    /// changed later. Credentials come from
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, a web identity, or the machine's role.
    #[schemars(extend(
        "x-flag" = "blobs",
        "x-value" = "URL",
        "x-found" = "what the store was made with",
        "examples" = ["s3://modules/site-a"]
    ))]
    pub location: ConfigValue<Option<BucketLocation>>,
    /// URL of the object store, where it is not that of AWS.
    #[schemars(extend(
        "x-flag" = "blobs-endpoint",
        "x-value" = "URL",
        "x-found" = "`AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`, else that of AWS",
        "examples" = ["https://s3.corp.example.com"]
    ))]
    pub endpoint: ConfigValue<Option<Url>>,
    /// Region of the bucket.
    #[schemars(extend(
        "x-flag" = "blobs-region",
        "x-value" = "NAME",
        "x-found" = "`AWS_REGION`, else `AWS_DEFAULT_REGION`, else us-east-1",
        "examples" = ["eu-central-1"]
    ))]
    pub region: ConfigValue<Option<String>>,
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
