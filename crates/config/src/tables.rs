//! The configuration: every option is one field of these structs, and nothing else about it is anywhere.
//!
//! The doc comment is the help of the flag, the text of the reference page and the description in the JSON
//! Schema. The attributes say what a doc comment cannot: the flag (and flat key) of the option, what stands
//! for its value in help texts, its default in the grammar of the option, and an example. All the rest is
//! derived: variable, keys, help, schema, template, page.

mod auth;
mod cache;
mod fetch;
mod listen;
mod private;
mod proof;
mod storage;
mod tls;

pub use auth::AuthSection;
pub use cache::{CacheSection, LogSection, VulndbSection};
pub use fetch::{DirectSection, FetchSection, PrefetchSection};
pub use listen::{LimitSection, ListenSection};
pub use private::{PrivateSection, PublishSection};
pub use proof::{OwnSumdbSection, SumdbSection, VerifySection};
pub use storage::{BlobsSection, ScrubSection, StorageSection};
pub use tls::TlsSection;

use crate::{
    config_value::ConfigValue, fallback::DefaultFinder, field_names::fields_of, types::SourceList,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Configuration of modkeep.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct Configuration {
    /// Listening, starting and stopping.
    pub listen: ListenSection,
    /// TLS towards clients.
    pub tls: TlsSection,
    /// What is kept.
    pub storage: StorageSection,
    /// Where artifacts lie.
    pub blobs: BlobsSection,
    /// Where modules come from: the grammar of GOPROXY, with `,`, `|`, `direct`, `off`, http, https and file
    /// URLs.
    #[schemars(extend(
        "x-flag" = "upstream",
        "x-value" = "LIST",
        "x-found" = "`GOPROXY`, else what `go env GOPROXY` says, else `https://goproxy.cn,direct`",
        "x-finder" = DefaultFinder::Upstream,
        "examples" = ["https://proxy.example.com,https://mirror.example.org"]
    ))]
    pub upstream: ConfigValue<SourceList>,
    /// How upstreams are reached.
    pub fetch: FetchSection,
    /// Version control.
    pub direct: DirectSection,
    /// Private modules.
    pub private: PrivateSection,
    /// Who calls.
    pub auth: AuthSection,
    /// Versions that are published here.
    pub publish: PublishSection,
    /// Verification.
    pub verify: VerifySection,
    /// The checksum database.
    pub sumdb: SumdbSection,
    /// The checksum database of this site's own.
    pub own_sumdb: OwnSumdbSection,
    /// What is fetched ahead.
    pub prefetch: PrefetchSection,
    /// How old an answer may be, and what is held in memory.
    pub cache: CacheSection,
    /// Hashing again what is kept.
    pub scrub: ScrubSection,
    /// What clients may cost.
    pub limits: LimitSection,
    /// Vulnerabilities.
    pub vulndb: VulndbSection,
    /// The log.
    pub log: LogSection,
}
