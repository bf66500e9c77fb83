//! Rule: one entry of `[[access]]`.

use crate::{
    action::AccessAction,
    identity::{Identity, IdentityKind},
};
use gomod::pattern::ModulePatterns;

/// Who may do what about some modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// About which modules.
    pub modules: ModulePatterns,
    /// Who: members of these groups. `*` is everybody who is known.
    pub groups: Vec<String>,
    /// Who: these users, by the names of their identities.
    pub users: Vec<String>,
    /// What.
    pub allow: Vec<AccessAction>,
    /// How whoever publishes must have proven who it is; empty is any way.
    pub publish_by: Vec<IdentityKind>,
}

// === impl AccessRule ===

impl AccessRule {
    /// Whether it is about this module and this caller.
    pub fn names(&self, identity: &Identity, module: &str) -> bool {
        self.modules.matches(module) && self.names_caller(identity)
    }

    /// Whether it is about this caller.
    pub fn names_caller(&self, identity: &Identity) -> bool {
        self.users.contains(&identity.name)
            || self
                .groups
                .iter()
                .any(|group| group == "*" || identity.groups.contains(group))
    }

    /// Whether it lets a caller whom it is about do this.
    pub fn allows(&self, identity: &Identity, action: AccessAction) -> bool {
        let is_proven_so =
            || self.publish_by.is_empty() || self.publish_by.contains(&identity.kind);
        self.allow.contains(&action) && (action != AccessAction::Publish || is_proven_so())
    }
}
