//! Scope: what a token may do, in words that fit into one argument.
//!
//! `read:corp.example/*` is an action and a list of globs in the grammar of GOPRIVATE; `read` alone is
//! about all modules. Several are separated by spaces, as in OAuth (RFC 6749 section 3.3).

use crate::action::AccessAction;
use gomod::pattern::ModulePatterns;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One action, about some modules or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessScope {
    /// What may be done.
    pub action: AccessAction,
    /// About which modules; `None` is all.
    pub modules: Option<ModulePatterns>,
}

/// What a token may do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessScopes(Vec<AccessScope>);

/// A text is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// There is none at all.
    #[error("no scope; write read:corp.example/* or read, publish, administer")]
    Empty,
    /// The action is not known.
    #[error("{0:?} is no action; a scope is read, publish or administer, and perhaps :PATTERNS")]
    Action(String),
    /// The globs match nothing.
    #[error("{0:?} has no pattern, or one that matches nothing")]
    Patterns(String),
}

// === impl AccessScope ===

impl AccessScope {
    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let (action, globs) = match text.split_once(':') {
            Some((action, globs)) => (action, Some(globs)),
            None => (text, None),
        };
        let unknown = |_| ScopeError::Action(action.to_owned());
        let action = action.parse().map_err(unknown)?;
        let Some(globs) = globs else {
            return Ok(Self {
                action,
                modules: None,
            });
        };
        let patterns = ModulePatterns::parse(globs);
        if patterns.is_empty() || !patterns.malformed().is_empty() {
            return Err(ScopeError::Patterns(text.to_owned()));
        }
        Ok(Self {
            action,
            modules: Some(patterns),
        })
    }

    fn covers(&self, module: &str) -> bool {
        let modules = self.modules.as_ref();
        modules.is_none_or(|modules| modules.matches(module))
    }
}

impl fmt::Display for AccessScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.modules {
            Some(modules) => write!(f, "{}:{modules}", self.action),
            None => write!(f, "{}", self.action),
        }
    }
}

// === impl AccessScopes ===

impl AccessScopes {
    /// Reads some, separated by spaces.
    ///
    /// # Errors
    /// One of them is none, or there is none.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let scopes = text.split_whitespace().map(AccessScope::parse);
        let scopes: Vec<AccessScope> = scopes.collect::<Result<_, _>>()?;
        if scopes.is_empty() {
            return Err(ScopeError::Empty);
        }
        Ok(Self(scopes))
    }

    /// Whether an action on a module is within them.
    pub fn allow(&self, action: AccessAction, module: &str) -> bool {
        let mut scopes = self.0.iter();
        scopes.any(|scope| scope.action == action && scope.covers(module))
    }

    /// Whether any action on a module is within them.
    pub fn name(&self, module: &str) -> bool {
        self.0.iter().any(|scope| scope.covers(module))
    }

    /// Whether the site as a whole may be administered: a scope without patterns.
    pub fn administer_site(&self) -> bool {
        let mut scopes = self.0.iter();
        scopes.any(|scope| scope.action == AccessAction::Administer && scope.modules.is_none())
    }
}

impl fmt::Display for AccessScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for AccessScopes {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        Self::parse(&text)
    }
}

impl From<AccessScopes> for String {
    fn from(scopes: AccessScopes) -> Self {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessScopes, ScopeError};
    use crate::AccessAction;

    #[test]
    fn a_scope_reaches_as_far_as_its_patterns() {
        let scopes =
            AccessScopes::parse("read:corp.example/*,other.example publish:corp.example/tools")
                .unwrap();
        assert!(scopes.allow(AccessAction::Read, "corp.example/tools/x"));
        assert!(scopes.allow(AccessAction::Read, "other.example/y"));
        assert!(
            !scopes.allow(AccessAction::Read, "corp.example"),
            "the glob has two elements"
        );
        assert!(scopes.allow(AccessAction::Publish, "corp.example/tools/x"));
        assert!(!scopes.allow(AccessAction::Publish, "corp.example/other"));
        assert!(!scopes.administer_site());
        assert!(AccessScopes::parse("administer").unwrap().administer_site());
        assert!(
            !AccessScopes::parse("administer:a.example")
                .unwrap()
                .administer_site()
        );
        let again = AccessScopes::parse(&scopes.to_string()).unwrap();
        assert_eq!(again, scopes);
    }

    #[test]
    fn what_would_protect_or_allow_nothing_is_refused() {
        assert_eq!(AccessScopes::parse(" "), Err(ScopeError::Empty));
        for text in ["write", "read publish:x all", "READ"] {
            assert!(
                matches!(AccessScopes::parse(text), Err(ScopeError::Action(_))),
                "{text}"
            );
        }
        for text in ["read:", "read:[a-", "read:,"] {
            assert!(
                matches!(AccessScopes::parse(text), Err(ScopeError::Patterns(_))),
                "{text}"
            );
        }
    }
}
