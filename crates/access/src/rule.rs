//! Rule: one entry of `[[access]]`.

use crate::identity::{Identity, IdentityKind};
use gomod::pattern::ModulePatterns;
use std::{fmt, str::FromStr};

/// What somebody may do about a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// See it: versions, files, records, proofs.
    Read,
    /// Publish versions of it.
    Publish,
    /// Decide about it: refresh, withdraw, read what concerns others.
    Administer,
}

/// A word is no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the actions are read, publish and administer")]
pub struct UnknownAction;

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
    pub allow: Vec<Action>,
    /// How whoever publishes must have proven who it is; empty is any way.
    pub publish_by: Vec<IdentityKind>,
}

// === impl Action ===

impl Action {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Publish, Self::Administer];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Administer => "administer",
        }
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let mut all = Self::ALL.into_iter();
        all.find(|action| action.name() == name)
            .ok_or(UnknownAction)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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
    pub fn allows(&self, identity: &Identity, action: Action) -> bool {
        let is_proven_so =
            || self.publish_by.is_empty() || self.publish_by.contains(&identity.kind);
        self.allow.contains(&action) && (action != Action::Publish || is_proven_so())
    }
}
