//! Policy: what is answered to whom. Pure.
//!
//! A module is *guarded* if it is private, or if a rule names it; with [`CoveredModules::All`] every module is.
//! About a guarded module nobody learns anything who has no right to it. Rights add up: what one rule
//! allows, no other takes away, so the order of rules means nothing.

use crate::{
    action::AccessAction,
    identity::{CallerRights, Identity},
    rule::AccessRule,
};

/// Which modules callers have to be known for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CoveredModules {
    /// None: everybody who reaches the server reads everything that it has.
    #[default]
    None,
    /// Private ones, and those that a rule names.
    Private,
    /// All.
    All,
}

/// The rules of a site.
#[derive(Debug, Clone, Default)]
pub struct AccessPolicy {
    covered: CoveredModules,
    rules: Vec<AccessRule>,
}

/// What a caller may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessVerdict {
    /// It may.
    Allowed,
    /// It has not said who it is.
    Unidentified,
    /// It may not even know of the module.
    Hidden,
    /// It may know of the module, and not do this.
    Forbidden,
}

// === impl AccessPolicy ===

impl AccessPolicy {
    /// Rules for the modules that are covered.
    pub fn new(covered: CoveredModules, rules: Vec<AccessRule>) -> Self {
        Self { covered, rules }
    }

    /// Whether anybody has to be known for anything.
    pub fn is_open(&self) -> bool {
        self.covered == CoveredModules::None
    }

    /// Whether callers have to be known for a module. `is_private` says whether the site holds it private.
    pub fn guards(&self, module: &str, is_private: bool) -> bool {
        match self.covered {
            CoveredModules::None => false,
            CoveredModules::All => true,
            CoveredModules::Private => {
                is_private || self.rules.iter().any(|rule| rule.modules.matches(module))
            }
        }
    }

    /// Whether callers have to be known for what is about no module that is guarded by itself.
    pub fn guards_everything(&self) -> bool {
        self.covered == CoveredModules::All
    }

    /// Whether a caller may do something about a guarded module.
    pub fn judge(
        &self,
        caller: Option<&Identity>,
        action: AccessAction,
        module: &str,
    ) -> AccessVerdict {
        let Some(identity) = caller else {
            return AccessVerdict::Unidentified;
        };
        if self.allows(identity, action, module) {
            AccessVerdict::Allowed
        } else if AccessAction::ALL
            .into_iter()
            .any(|other| self.allows(identity, other, module))
        {
            AccessVerdict::Forbidden
        } else {
            AccessVerdict::Hidden
        }
    }

    /// Whether a caller may administer the site as a whole: by a scope without patterns, or by a rule about all
    /// modules (`*`).
    pub fn administers_site(&self, identity: &Identity) -> bool {
        let by_rule = || {
            self.rules.iter().any(|rule| {
                rule.modules.to_string() == EVERYTHING
                    && rule.names_caller(identity)
                    && rule.allows(identity, AccessAction::Administer)
            })
        };
        match &identity.rights {
            CallerRights::Scopes(scopes) => scopes.administer_site(),
            CallerRights::Rules => by_rule(),
            CallerRights::RulesWithin(scopes) => scopes.administer_site() && by_rule(),
        }
    }

    /// Whether a rule says how publishers of a module have to prove who they are.
    pub fn restricts_publishers(&self, module: &str) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| !rule.publish_by.is_empty() && rule.modules.matches(module))
    }

    fn allows(&self, identity: &Identity, action: AccessAction, module: &str) -> bool {
        let by_rule = || {
            self.rules
                .iter()
                .any(|rule| rule.names(identity, module) && rule.allows(identity, action))
        };
        match &identity.rights {
            CallerRights::Scopes(scopes) => {
                scopes.allow(action, module) && self.may_publish_so(identity, action, module)
            }
            CallerRights::Rules => by_rule(),
            CallerRights::RulesWithin(scopes) => scopes.allow(action, module) && by_rule(),
        }
    }

    /// A prefix for which `publish-by` stands is published to so only, by tokens of the site too.
    fn may_publish_so(&self, identity: &Identity, action: AccessAction, module: &str) -> bool {
        let mut restricting = self.rules.iter().filter(|rule| {
            action == AccessAction::Publish
                && !rule.publish_by.is_empty()
                && rule.modules.matches(module)
        });
        restricting.all(|rule| rule.publish_by.contains(&identity.kind))
    }
}

/// The glob that every module path matches.
const EVERYTHING: &str = "*";

#[cfg(test)]
mod tests {
    use super::{AccessPolicy, AccessVerdict, CoveredModules};
    use crate::{AccessAction, AccessRule, AccessScopes, CallerRights, Identity, IdentityKind};
    use gomod::pattern::ModulePatterns;

    fn rule(modules: &str, groups: &[&str], users: &[&str], allow: &[AccessAction]) -> AccessRule {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        AccessRule {
            modules: ModulePatterns::parse(modules),
            groups: owned(groups),
            users: owned(users),
            allow: allow.to_vec(),
            publish_by: Vec::new(),
        }
    }

    fn who(name: &str, groups: &[&str], rights: CallerRights) -> Identity {
        Identity {
            name: name.to_owned(),
            kind: IdentityKind::Oidc,
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            rights,
            project: None,
        }
    }

    fn scopes(text: &str) -> AccessScopes {
        AccessScopes::parse(text).unwrap()
    }

    fn policy() -> AccessPolicy {
        AccessPolicy::new(
            CoveredModules::Private,
            vec![
                rule("corp.example/*", &["staff"], &[], &[AccessAction::Read]),
                rule(
                    "corp.example/pay",
                    &[],
                    &["alice"],
                    &[AccessAction::Read, AccessAction::Publish],
                ),
                rule("named.example", &["*"], &[], &[AccessAction::Read]),
                rule("*", &["ops"], &[], &[AccessAction::Administer]),
            ],
        )
    }

    #[test]
    fn what_is_private_or_named_is_guarded_and_nothing_else() {
        let policy = AccessPolicy::new(
            CoveredModules::Private,
            vec![rule("named.example", &["*"], &[], &[])],
        );
        assert!(policy.guards("secret.example/x", true));
        assert!(policy.guards("named.example/x", false));
        assert!(!policy.guards("github.com/x/y", false));
        assert!(!AccessPolicy::default().guards("secret.example/x", true));
        assert!(AccessPolicy::new(CoveredModules::All, Vec::new()).guards("github.com/x/y", false));
    }

    #[test]
    fn rights_add_up_and_whoever_has_none_may_not_know() {
        let policy = policy();
        let staff = who("bob", &["staff"], CallerRights::Rules);
        let alice = who("alice", &[], CallerRights::Rules);
        let judge = |caller: &Identity, action, module| policy.judge(Some(caller), action, module);
        assert_eq!(
            judge(&staff, AccessAction::Read, "corp.example/pay"),
            AccessVerdict::Allowed
        );
        assert_eq!(
            judge(&staff, AccessAction::Publish, "corp.example/pay"),
            AccessVerdict::Forbidden
        );
        assert_eq!(
            judge(&staff, AccessAction::Read, "other.example/x"),
            AccessVerdict::Hidden
        );
        assert_eq!(
            judge(&alice, AccessAction::Publish, "corp.example/pay/v2"),
            AccessVerdict::Allowed
        );
        assert_eq!(
            judge(&alice, AccessAction::Read, "corp.example/else"),
            AccessVerdict::Hidden
        );
        assert_eq!(
            judge(&alice, AccessAction::Read, "named.example/x"),
            AccessVerdict::Allowed
        );
        let nobody = policy.judge(None, AccessAction::Read, "corp.example/pay");
        assert_eq!(nobody, AccessVerdict::Unidentified);
    }

    #[test]
    fn scopes_are_rights_of_their_own_or_bounds_of_rules() {
        let policy = policy();
        let robot = who(
            "robot",
            &["staff"],
            CallerRights::Scopes(scopes("read:tools.example")),
        );
        let read = |caller, module| policy.judge(Some(caller), AccessAction::Read, module);
        assert_eq!(read(&robot, "tools.example/x"), AccessVerdict::Allowed);
        assert_eq!(read(&robot, "corp.example/pay"), AccessVerdict::Hidden);
        let bounded = who(
            "bob",
            &["staff"],
            CallerRights::RulesWithin(scopes("read:corp.example/a")),
        );
        assert_eq!(read(&bounded, "corp.example/a"), AccessVerdict::Allowed);
        assert_eq!(read(&bounded, "corp.example/b"), AccessVerdict::Hidden);
    }

    #[test]
    fn a_prefix_published_by_ci_takes_no_other_proof() {
        let mut published = rule("corp.example/*", &["*"], &[], &[AccessAction::Publish]);
        published.publish_by = vec![IdentityKind::Ci];
        let policy = AccessPolicy::new(CoveredModules::Private, vec![published]);
        let publish =
            |caller: &Identity| policy.judge(Some(caller), AccessAction::Publish, "corp.example/x");
        let person = who("alice", &[], CallerRights::Rules);
        let job = Identity {
            kind: IdentityKind::Ci,
            ..person.clone()
        };
        let token = Identity {
            kind: IdentityKind::Token,
            rights: CallerRights::Scopes(scopes("publish read")),
            ..person.clone()
        };
        assert_eq!(publish(&person), AccessVerdict::Hidden);
        assert_eq!(publish(&job), AccessVerdict::Allowed);
        assert_eq!(publish(&token), AccessVerdict::Forbidden);
    }

    #[test]
    fn the_site_is_administered_by_a_right_to_all_of_it() {
        let policy = policy();
        let site = |groups: &[&str], rights| policy.administers_site(&who("x", groups, rights));
        assert!(site(&["ops"], CallerRights::Rules));
        assert!(!site(&["staff"], CallerRights::Rules));
        assert!(site(&[], CallerRights::Scopes(scopes("administer"))));
        assert!(!site(
            &[],
            CallerRights::Scopes(scopes("administer:corp.example/*"))
        ));
        assert!(!site(&["ops"], CallerRights::RulesWithin(scopes("read"))));
    }
}
