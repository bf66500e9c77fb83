//! Options of private modules.

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
