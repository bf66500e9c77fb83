//! Which system may be used for which module: the rules of `GOVCS`.
//!
//! `public:git|hg,private:all` by default, as for `go`: a version control system is a large program that parses
//! what strangers send, so for public modules only those that are looked after are run. The first pattern that
//! matches decides (Go Modules Reference, "Controlling version control tools with GOVCS").

use gomod::pattern::ModulePatterns;

/// A version control system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VcsKind {
    /// git.
    Git,
    /// Mercurial.
    Hg,
    /// Subversion.
    Svn,
    /// Fossil, which is recognised and not run here.
    Fossil,
    /// Bazaar, which is recognised and not run here.
    Bzr,
}

/// The rules, in order.
#[derive(Debug, Clone)]
pub struct VcsPolicy {
    rules: Vec<VcsRule>,
}

#[derive(Debug, Clone)]
struct VcsRule {
    subject: RuleSubject,
    allowed: AllowedSystems,
}

#[derive(Debug, Clone)]
enum RuleSubject {
    Public,
    Private,
    Modules(ModulePatterns),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AllowedSystems {
    All,
    Off,
    Some(Vec<VcsKind>),
}

/// What is wrong with a list of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VcsPolicyError {
    /// An entry without a pattern or without systems.
    #[error("{0:?} is not of the form PATTERN:SYSTEMS")]
    Form(String),
    /// A system that nobody knows.
    #[error("{0:?} is no version control system; known are git, hg, svn, fossil, bzr, all and off")]
    System(String),
}

// === impl VcsKind ===

impl VcsKind {
    /// Its name, as `go` and `go-import` tags write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Hg => "hg",
            Self::Svn => "svn",
            Self::Fossil => "fossil",
            Self::Bzr => "bzr",
        }
    }

    /// The system of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Git, Self::Hg, Self::Svn, Self::Fossil, Self::Bzr];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

// === impl VcsPolicy ===

impl Default for VcsPolicy {
    fn default() -> Self {
        let rule = |subject, allowed| VcsRule { subject, allowed };
        Self {
            rules: vec![
                rule(
                    RuleSubject::Public,
                    AllowedSystems::Some(vec![VcsKind::Git, VcsKind::Hg]),
                ),
                rule(RuleSubject::Private, AllowedSystems::All),
            ],
        }
    }
}

impl VcsPolicy {
    /// Reads rules as `GOVCS` has them; the default rules stand behind them.
    ///
    /// # Errors
    /// An entry that is none.
    pub fn parse(text: &str) -> Result<Self, VcsPolicyError> {
        let entries = text.split(',').map(str::trim);
        let mut rules = Vec::new();
        for entry in entries.filter(|entry| !entry.is_empty()) {
            rules.push(VcsRule::parse(entry)?);
        }
        rules.extend(Self::default().rules);
        Ok(Self { rules })
    }

    /// Whether a system may be used for a module.
    pub fn allows(&self, module: &str, is_private: bool, system: VcsKind) -> bool {
        let rule = self.rules.iter().find(|rule| match &rule.subject {
            RuleSubject::Public => !is_private,
            RuleSubject::Private => is_private,
            RuleSubject::Modules(patterns) => patterns.matches(module),
        });
        match rule.map(|rule| &rule.allowed) {
            Some(AllowedSystems::All) => true,
            Some(AllowedSystems::Some(systems)) => systems.contains(&system),
            Some(AllowedSystems::Off) | None => false,
        }
    }
}

// === impl VcsRule ===

impl VcsRule {
    fn parse(entry: &str) -> Result<Self, VcsPolicyError> {
        let form = || VcsPolicyError::Form(entry.to_owned());
        let (pattern, systems) = entry.split_once(':').ok_or_else(form)?;
        let (pattern, systems) = (pattern.trim(), systems.trim());
        if pattern.is_empty() || systems.is_empty() {
            return Err(form());
        }
        let subject = match pattern {
            "public" => RuleSubject::Public,
            "private" => RuleSubject::Private,
            _ => RuleSubject::Modules(ModulePatterns::parse(pattern)),
        };
        let allowed = match systems {
            "all" => AllowedSystems::All,
            "off" => AllowedSystems::Off,
            _ => {
                let system = |name: &str| {
                    let unknown = || VcsPolicyError::System(name.to_owned());
                    VcsKind::named(name.trim()).ok_or_else(unknown)
                };
                AllowedSystems::Some(systems.split('|').map(system).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { subject, allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::{VcsKind, VcsPolicy, VcsPolicyError};

    #[test]
    fn the_first_rule_that_matches_decides_and_the_default_ones_stand_behind() {
        let policy = VcsPolicy::parse("github.com:git,evil.com:off,*:git|hg").unwrap();
        for (module, system, allowed) in [
            ("github.com/a/b", VcsKind::Git, true),
            ("github.com/a/b", VcsKind::Hg, false),
            ("evil.com/x", VcsKind::Git, false),
            ("other.org/x", VcsKind::Hg, true),
            ("other.org/x", VcsKind::Svn, false),
        ] {
            assert_eq!(policy.allows(module, false, system), allowed, "{module}");
        }
        let default = VcsPolicy::default();
        assert!(!default.allows("example.com/a", false, VcsKind::Svn));
        assert!(default.allows("example.com/a", true, VcsKind::Svn));
    }

    #[test]
    fn rules_without_a_pattern_or_with_an_unknown_system_are_refused() {
        for (text, error) in [
            ("git", VcsPolicyError::Form("git".to_owned())),
            (":git", VcsPolicyError::Form(":git".to_owned())),
            ("a.com:", VcsPolicyError::Form("a.com:".to_owned())),
            ("a.com:cvs", VcsPolicyError::System("cvs".to_owned())),
        ] {
            assert_eq!(VcsPolicy::parse(text).unwrap_err(), error);
        }
    }
}
