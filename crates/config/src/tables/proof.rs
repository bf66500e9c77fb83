//! Options of checksum databases.

use crate::{
    config_value::ConfigValue,
    fallback::DefaultFinder,
    field_names::fields_of,
    types::{CommaList, MirrorExtent, RecordScope, UrlListText, UrlText, VerifyMode},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Verification.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct VerifySection {
    /// Proof against the checksum database before anything is served: `required` (no proof, no bytes),
    /// `available` (a database that cannot be asked does not stop a capture; it is marked and proven later),
    /// `off` (toolchains only).
    #[schemars(extend(
        "x-flag" = "verify",
        "x-value" = "MODE",
        "default" = "required",
        "examples" = ["available"]
    ))]
    pub mode: ConfigValue<VerifyMode>,
}

/// The checksum database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct SumdbSection {
    /// The checksum database that artifacts are verified with, in the grammar of GOSUMDB: `off`, `NAME`,
    /// `NAME+KEY`, or one of those and a URL. Without a URL it is reached through the upstreams, as go does.
    #[schemars(extend(
        "x-flag" = "sumdb",
        "x-value" = "SPEC",
        "x-found" = "`GOSUMDB`, else sum.golang.org",
        "x-finder" = DefaultFinder::Database,
        "examples" = ["sum.golang.org https://sum.example.com/db"]
    ))]
    pub database: ConfigValue<UrlText>,
    /// Further modules that no public checksum database is asked about, in the same grammar: --upstream is, and
    /// what it sends first stays. A --private that is given is never narrowed by it.
    #[schemars(extend(
        "x-flag" = "no-sumdb",
        "x-value" = "PATTERNS",
        "x-found" = "`GONOSUMDB`, else `GOPRIVATE`",
        "x-finder" = DefaultFinder::SumdbExceptions,
        "examples" = ["modules.example.com"]
    ))]
    pub except: ConfigValue<Option<CommaList>>,
    /// Whether `serve` keeps every tile of the checksum database's log in the background, and follows its
    /// growth, so that any client can check any head while the database cannot be asked. 2.3 GB for the public
    /// log.
    #[schemars(extend(
        "x-flag" = "sumdb-mirror",
        "x-value" = "WHAT",
        "default" = "off",
        "examples" = ["tiles"]
    ))]
    pub mirror: ConfigValue<MirrorExtent>,
    /// Requests a second for it at most. At 20 the public log takes about four hours.
    #[schemars(extend(
        "x-flag" = "sumdb-mirror-rate",
        "x-value" = "N",
        "default" = "20",
        "examples" = ["100"]
    ))]
    pub mirror_rate: ConfigValue<usize>,
}

/// The checksum database of this site's own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct OwnSumdbSection {
    /// The checksum database of this site's own that takes records, made by `modkeep sumdb init`. All that were
    /// made are served.
    #[schemars(extend(
        "x-flag" = "own-sumdb",
        "x-value" = "NAME",
        "examples" = ["sum.corp.example.com/2026"]
    ))]
    pub name: ConfigValue<Option<String>>,
    /// What it has: records of the modules of --private and --no-sumdb, or of all, those of public ones copied
    /// from the public database after proof.
    #[schemars(extend(
        "x-flag" = "own-sumdb-scope",
        "x-value" = "SCOPE",
        "default" = "private",
        "examples" = ["all"]
    ))]
    pub scope: ConfigValue<RecordScope>,
    /// Witnesses that are asked to sign the heads of own-sumdb, as `NAME+KEY URL`, separated by commas.
    #[schemars(extend(
        "x-flag" = "witness",
        "x-value" = "LIST",
        "examples" = ["w1.example.com+75a05cf5+BPdBTQVQT60ZSFHXDR1VJdgTVBbUOgJkYB5rmQm2Y8qd https://w1.example.com"]
    ))]
    pub witnesses: ConfigValue<Option<UrlListText>>,
    /// How many witnesses must have signed a head before it is shown; without it none is waited for longer than
    /// 5s.
    #[schemars(extend("x-flag" = "witness-quorum", "x-value" = "N", "examples" = ["2"]))]
    pub witness_quorum: ConfigValue<Option<usize>>,
}
