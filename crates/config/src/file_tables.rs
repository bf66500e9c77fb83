//! What the file has beside options: arrays of tables, which no flag and no variable can name.

use crate::{access_entry, deny};
use access::AccessRule;
use ingest::DenyList;
use oidc::ProviderSettings;

/// The tables that were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileTables {
    /// What is refused by policy.
    pub(crate) denied: DenyList,
    /// Who may do what.
    pub(crate) access: Vec<AccessRule>,
    /// Whose tokens are believed, beside those of this site.
    pub(crate) issuers: ProviderSettings,
}

/// The keys of these tables.
pub(crate) const TABLE_KEYS: [&str; 2] = [access_entry::KEY, deny::KEY];
