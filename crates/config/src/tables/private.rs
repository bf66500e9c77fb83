//! Options of private modules, and of versions that are published to this server.

use crate::{
    config_value::ConfigValue,
    fallback::DefaultFinder,
    field_names::fields_of,
    types::{CommaList, SourceList},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Private modules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct PrivateSection {
    /// Modules whose names stay here, in the grammar of GOPRIVATE: neither --upstream nor a checksum database
    /// is asked about them. Where it comes from go's settings, --no-sumdb alone says what no database is asked
    /// about, as for go.
    #[schemars(extend(
        "x-flag" = "private",
        "x-value" = "PATTERNS",
        "x-found" = "`GONOPROXY`, else `GOPRIVATE`",
        "x-finder" = DefaultFinder::Private,
        "examples" = ["*.corp.example.com,git.example.com/team"]
    ))]
    pub modules: ConfigValue<Option<CommaList>>,
    /// Where the modules of --private come from, in the grammar of GOPROXY. Without it they are not fetched.
    #[schemars(extend(
        "x-flag" = "private-upstream",
        "x-value" = "LIST",
        "examples" = ["https://modules.corp.example.com"]
    ))]
    pub upstream: ConfigValue<Option<SourceList>>,
}

/// Versions that are published to this server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct PublishSection {
    /// Modules that may be published here, in the grammar of GOPRIVATE, in place of those of --private. A name
    /// that others can publish elsewhere is two modules then.
    #[schemars(extend(
        "x-flag" = "publish-modules",
        "x-value" = "PATTERNS",
        "x-found" = "what --private names",
        "examples" = ["*.corp.example.com/released"]
    ))]
    pub modules: ConfigValue<Option<CommaList>>,
    /// Whether a version is published only if its source, such as `direct`, knows a tag of it.
    #[schemars(extend(
        "x-flag" = "publish-require-tag",
        "x-value" = "on|off",
        "default" = "off",
        "examples" = ["on"]
    ))]
    pub require_tag: ConfigValue<bool>,
    /// Whether pseudo-versions, which name a commit, may be published.
    #[schemars(extend(
        "x-flag" = "publish-pseudo",
        "x-value" = "on|off",
        "default" = "off",
        "examples" = ["on"]
    ))]
    pub pseudo: ConfigValue<bool>,
    /// Whether versions that `store retire` named stay in lists and may be the latest.
    #[schemars(extend(
        "x-flag" = "list-retired",
        "x-value" = "on|off",
        "default" = "off",
        "examples" = ["on"]
    ))]
    pub list_retired: ConfigValue<bool>,
}
