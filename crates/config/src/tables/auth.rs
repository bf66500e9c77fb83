//! Options of callers.

use crate::{config_value::ConfigValue, field_names::fields_of, types::AuthRequirement};
use schemars::JsonSchema;
use serde::Deserialize;

/// Who calls.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct AuthSection {
    /// For which modules callers have to say who they are, by a token (`modkeep token create`): `private`, which
    /// is those of --private and those that `[[access]]` rules name; `all`; or `off`. Without it `private` where
    /// there are rules or issuers, else `off`: whoever reaches the server reads all that it has.
    #[schemars(extend("x-flag" = "auth-require", "x-value" = "off|private|all", "examples" = ["private"]))]
    pub require: ConfigValue<Option<AuthRequirement>>,
}
