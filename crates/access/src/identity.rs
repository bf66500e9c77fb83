//! Identity: who calls, once that is proven.

use crate::scope::AccessScopes;
use std::fmt;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What the rules and the journal call it: a token's name, a person's or a job's subject.
    pub name: String,
    /// How it was proven.
    pub kind: IdentityKind,
    /// Groups that it is in.
    pub groups: Vec<String>,
    /// What it may do.
    pub rights: CallerRights,
    /// The project that calls, if it is known: repository and job, for questions about impact.
    pub project: Option<String>,
}

/// How an identity was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentityKind {
    /// A token of this site.
    Token,
    /// A token of the issuer of `[auth.oidc]`.
    Oidc,
    /// A token that a CI system gave to a job.
    Ci,
}

/// Where an identity's rights stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerRights {
    /// In the rules of the site that name it or one of its groups.
    Rules,
    /// In its own scopes; a rule that names it adds nothing.
    Scopes(AccessScopes),
    /// In rules, as far as its scopes reach.
    RulesWithin(AccessScopes),
}

// === impl IdentityKind ===

impl IdentityKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Token, Self::Oidc, Self::Ci];

    /// Its name, in `publish-by` and in the metric.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Oidc => "oidc",
            Self::Ci => "ci",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
