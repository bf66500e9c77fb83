//! Lint: settings of `go` that do not do what people expect of them.
//!
//! Each lint is a belief that many hold, what is so, and the command that says what was meant.
//! Nothing is asked of the network here, and nothing is changed. A setting that nobody set is never
//! complained about: the defaults of `go` are what people expect.
//!
//! The fixes follow where the value comes from, since `go env -w` does not reach a variable of the
//! environment; and no fix turns verification off.

mod local;
mod pattern;
mod private;
mod proxy;
mod shell;
mod sums;

pub(crate) use pattern::intended_pattern;

use crate::cause::RemedyKind;
use crate::environment::{GoEnvironment, GoSettingOrigin};
use crate::fix::Fix;
use serde::{Serialize, Serializer};

/// A belief that is not so.
#[derive(Debug, PartialEq, Eq)]
pub struct LintRule {
    /// Its stable name: `env/` and words with hyphens.
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What people believe.
    pub believed: &'static str,
    /// What is so.
    pub truth: &'static str,
}

/// One case of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LintCase {
    /// The belief.
    pub belief: &'static LintRule,
    /// The setting that it is about.
    pub setting: String,
    /// Its value, without secrets.
    pub value: String,
    /// Where the value comes from.
    pub origin: GoSettingOrigin,
    /// What to do; the first is what most people mean.
    pub fixes: Vec<Fix>,
}

/// Every belief.
pub static LINTS: &[&LintRule] = &[
    &proxy::EMPTY,
    &proxy::UNREADABLE,
    &proxy::BEHIND_END,
    &proxy::PIPE_DIRECT,
    &proxy::DIRECT,
    &proxy::CREDENTIALS_ON_HTTP,
    &proxy::NETRC_WITHOUT_PORT,
    &proxy::OLD_AUTH,
    &proxy::HTTP_PROXY,
    &private::BYPASS,
    &private::EVERYTHING,
    &private::PUBLIC_HOST,
    &private::MALFORMED,
    &private::DEAD,
    &private::INSECURE,
    &private::ANY_VCS,
    &sums::NOTHING,
    &sums::OFF,
    &sums::MIRROR,
    &sums::UNREADABLE,
    &sums::STATE,
    &sums::MODULE_FLAGS,
    &sums::INSECURE_FLAG,
    &local::TOOLCHAIN,
    &local::READ_ONLY,
    &local::MISSPELT,
    &local::MODULES_OFF,
];

/// Looks through the settings.
pub fn lint(environment: &GoEnvironment) -> Vec<LintCase> {
    let mut lints = proxy::lint(environment);
    lints.extend(private::lint(environment));
    lints.extend(sums::lint(environment));
    lints.extend(local::lint(environment));
    lints
}

/// A case of a belief about a setting of `go`.
fn about(belief: &'static LintRule, environment: &GoEnvironment, name: &str) -> LintCase {
    let setting = environment.get(name);
    LintCase {
        belief,
        setting: name.to_owned(),
        value: match setting {
            Some(setting) if name == "GOPROXY" => setting.shown_sources(),
            Some(setting) => setting.redacted(),
            None => String::new(),
        },
        origin: setting.map_or(GoSettingOrigin::Default, |setting| setting.origin),
        fixes: Vec::new(),
    }
}

// === impl LintCase ===

impl LintCase {
    /// With the command that gives the setting another value.
    fn set(self, value: &str, cost: &'static str) -> Self {
        let name = self.setting.clone();
        self.set_other(&name, value, cost)
    }

    /// With the command that gives another setting a value, in the same place.
    fn set_other(self, name: &str, value: &str, cost: &'static str) -> Self {
        let text = match self.origin {
            GoSettingOrigin::Environment => format!("export {}", shell::assignment(name, value)),
            _ => format!("go env -w {}", shell::whole_assignment(name, value)),
        };
        self.fix(RemedyKind::Environment, text, cost)
    }

    /// With the command that takes the setting away.
    fn unset(self, cost: &'static str) -> Self {
        let command = match self.origin {
            GoSettingOrigin::Environment => "unset",
            _ => "go env -u",
        };
        let text = format!("{command} {}", self.setting);
        self.fix(RemedyKind::Environment, text, cost)
    }

    fn fix(mut self, kind: RemedyKind, text: String, cost: &'static str) -> Self {
        self.fixes.push(Fix { kind, text, cost });
        self
    }
}

// === impl Belief ===

/// With its words, so that a reader of the JSON needs no table.
impl Serialize for LintRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            id,
            title,
            believed,
            truth,
        } = self;
        [
            ("id", id),
            ("title", title),
            ("believed", believed),
            ("truth", truth),
        ]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>()
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
