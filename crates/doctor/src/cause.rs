//! Cause: why a `go` command fails, written down once.
//!
//! A cause is a constant: how its messages look, what they mean, what to do. Diagnoses, reports and
//! the documentation page of each cause are all made from it. Its id is a promise, like a code's
//! number: it is printed, searched for and matched by scripts, so it never changes its meaning.
//!
//! A cause has no code of its own that decides: everything that differs between causes is data,
//! except a [`MessagePattern::guard`], for the few messages that mean one of several things depending on
//! what stands in them.
//!
//! What may never be among the remedies: switching verification off. Who needs a private module to
//! be left out of the public checksum database names its prefix; a test holds the table to that.

mod graph;
mod http;
mod install;
mod local;
mod network;
mod standard;
mod sum;
mod toolchain;
mod vcs;
mod version;
mod workspace;

use crate::parts::MessageParts;
use serde::{Serialize, Serializer};

/// The release of `go` whose messages the patterns were taken from.
pub const GO_VERSION: &str = "1.26.8";

/// Why a `go` command fails.
#[derive(Debug)]
pub struct FailureCause {
    /// Its stable name: family, slash, words with hyphens, such as `dns/no-such-host`.
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why that is so, in a sentence or two.
    pub why: &'static str,
    /// What to do, in a sentence or two.
    pub next: &'static str,
    /// Whether it is one of those that most people meet; they come first on equal evidence.
    pub common: bool,
    /// How messages with this cause look.
    pub patterns: &'static [MessagePattern],
    /// What would mend it, as far as that can be said exactly.
    pub remedies: &'static [CauseRemedy],
}

/// How a message looks.
#[derive(Debug)]
pub struct MessagePattern {
    /// The words, with `{name}` where something is taken out and `{...}` where anything may stand;
    /// what a hole takes depends on its name.
    pub template: &'static str,
    /// How much it proves.
    pub evidence: PatternStrength,
    /// What must hold of the parts besides.
    pub guard: Option<fn(&MessageParts) -> bool>,
}

/// How much a message proves of its cause. Strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternStrength {
    /// The message names the cause itself.
    Decisive,
    /// The message has this cause almost always.
    Telling,
    /// The message is what several causes lead to; anything better comes first.
    Symptom,
}

/// What would mend it.
#[derive(Debug, Clone, Copy)]
pub struct CauseRemedy {
    /// What is changed.
    pub kind: RemedyKind,
    /// The command or line, with `{name}` where a part of the message belongs. If the message lacks
    /// the part, the remedy is left out.
    pub template: &'static str,
    /// What it costs, or what to know before.
    pub cost: &'static str,
    /// What must hold of the parts for it to be of use.
    pub guard: Option<fn(&MessageParts) -> bool>,
}

/// What a remedy changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemedyKind {
    /// A `replace` line for the main module's go.mod.
    Replace,
    /// Import paths in the source.
    Import,
    /// Another line of a go.mod.
    GoMod,
    /// A line of a go.sum.
    GoSum,
    /// A setting of the `go` command.
    Environment,
    /// A line of another file, such as netrc.
    Line,
    /// A command to run.
    Command,
}

/// Every cause, by family.
pub static CAUSES: &[&FailureCause] = &[
    &network::UNREACHABLE,
    &network::NO_ROUTE,
    &network::REFUSED,
    &network::TIMEOUT,
    &network::RESET,
    &network::PROXY_VARIABLES,
    &network::NO_SUCH_HOST,
    &network::SERVER_FAILURE,
    &network::RESOLVER_UNREACHABLE,
    &network::UNKNOWN_AUTHORITY,
    &network::EXPIRED,
    &network::WRONG_NAME,
    &network::HANDSHAKE,
    &network::PLAIN_PORT,
    &http::UNAUTHORIZED,
    &http::FORBIDDEN,
    &http::PROXY_AUTHENTICATION,
    &http::NOT_FOUND,
    &http::TOO_MANY_REQUESTS,
    &http::LEGAL,
    &http::SERVER_ERROR,
    &http::OTHER_STATUS,
    &http::NOT_A_PROXY,
    &http::WRONG_INFO,
    &http::CUT,
    &http::BAD_ZIP,
    &http::INSECURE_REDIRECT,
    &http::REDIRECT_LOOP,
    &http::INSECURE_CREDENTIALS,
    &http::BAD_URL,
    &http::OFF,
    &http::PRIVATE_RULE,
    &http::PRIVATE_MODULE,
    &sum::GO_SUM_MISMATCH,
    &sum::DATABASE_MISMATCH,
    &sum::DATABASE_LACKS_LINE,
    &sum::NOT_IN_DATABASE,
    &sum::DATABASE_UNREACHABLE,
    &sum::DATABASE_OFF,
    &sum::CONFIGURATION,
    &sum::FORK,
    &sum::BAD_TILES,
    &sum::UNKNOWN_ALGORITHM,
    &sum::MALFORMED,
    &sum::MISSING,
    &sum::STALE,
    &sum::CACHE_CHANGED,
    &version::MOVED,
    &version::CASE,
    &version::MAJOR_SUFFIX,
    &version::MALFORMED_PATH,
    &version::OTHER_MAJOR,
    &version::UNKNOWN_REVISION,
    &version::NO_MATCH,
    &version::DISALLOWED,
    &version::PATCH_WITHOUT_CURRENT,
    &version::BAD_PSEUDO,
    &version::BAD_GO_MOD,
    &version::NEWEST_BLOCKED,
    &version::RETRACTED,
    &version::DEPRECATED,
    &install::VERSION_NEEDED,
    &install::REPLACES,
    &install::NO_COMMAND,
    &graph::PACKAGE_GONE,
    &graph::NOT_REQUIRED,
    &graph::AMBIGUOUS,
    &graph::NOT_IN_STD,
    &graph::CYCLE,
    &graph::INTERNAL,
    &workspace::NO_MODULES,
    &workspace::NOT_LISTED,
    &workspace::GO_LINE,
    &workspace::MODULE_GONE,
    &workspace::MODE,
    &workspace::VENDOR_INCONSISTENT,
    &workspace::NO_FILE,
    &graph::CONFLICT,
    &graph::SYNTAX,
    &graph::STALE,
    &graph::VENDOR,
    &graph::VENDOR_INCONSISTENT,
    &graph::NO_GO_MOD,
    &graph::REPLACEMENT_GONE,
    &graph::CASE_COLLISION,
    &graph::BAD_ZIP_NAME,
    &graph::UNEXPECTED_FILE,
    &graph::TOO_LARGE,
    &toolchain::TOO_OLD,
    &toolchain::NOT_AVAILABLE,
    &toolchain::DOWNLOAD,
    &toolchain::LANGUAGE_VERSION,
    &toolchain::INVALID,
    &toolchain::NOT_IN_PATH,
    &vcs::AUTHENTICATION,
    &vcs::SSH_KEY,
    &vcs::HOST_KEY,
    &vcs::UNKNOWN_HOST,
    &vcs::NO_REPOSITORY,
    &vcs::NO_PROTOCOL,
    &vcs::NOT_INSTALLED,
    &vcs::FAILED,
    &vcs::FORBIDDEN,
    &vcs::STAMP,
    &vcs::NO_META_TAG,
    &vcs::DISCOVERY,
    &local::NO_CACHE,
    &local::PERMISSION,
    &local::READ_ONLY,
    &local::FULL,
    &local::NO_LOCKS,
    &local::MODULES_OFF,
    &local::GOPATH_GO_MOD,
    &local::NO_COMPILER,
    &local::NO_PROGRAM,
    &local::BAD_SETTING,
    &local::UNKNOWN_COMMAND,
];

/// Stands where a cause is missing in the table; tests see to it that it never does.
pub(crate) static UNNAMED: FailureCause = FailureCause {
    id: "unknown",
    title: "something that has no name here",
    why: "It fits no known cause.",
    next: "Look at what was seen.",
    common: false,
    patterns: &[],
    remedies: &[],
};

/// The cause with this id.
pub fn find(id: &str) -> Option<&'static FailureCause> {
    CAUSES.iter().copied().find(|cause| cause.id == id)
}

// Constructors, so that the tables read as lists.

const fn decisive(template: &'static str) -> MessagePattern {
    MessagePattern {
        template,
        evidence: PatternStrength::Decisive,
        guard: None,
    }
}

const fn telling(template: &'static str) -> MessagePattern {
    MessagePattern {
        template,
        evidence: PatternStrength::Telling,
        guard: None,
    }
}

const fn symptom(template: &'static str) -> MessagePattern {
    MessagePattern {
        template,
        evidence: PatternStrength::Symptom,
        guard: None,
    }
}

const fn remedy(kind: RemedyKind, template: &'static str, cost: &'static str) -> CauseRemedy {
    CauseRemedy {
        kind,
        template,
        cost,
        guard: None,
    }
}

const fn run(template: &'static str, cost: &'static str) -> CauseRemedy {
    remedy(RemedyKind::Command, template, cost)
}

// === impl FailureCause ===

impl FailureCause {
    /// The part of the id before the slash: the documentation is ordered by it.
    pub fn family(&self) -> &'static str {
        self.id
            .split_once('/')
            .map_or(self.id, |(family, _)| family)
    }
}

/// By its id alone: whoever reads a diagnosis looks the rest up.
impl Serialize for FailureCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

// === impl MessagePattern ===

impl MessagePattern {
    /// The same, if this holds of the parts too.
    const fn when(self, guard: fn(&MessageParts) -> bool) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }
}

// === impl CauseRemedy ===

impl CauseRemedy {
    /// The same, if this holds of the parts.
    const fn when(self, guard: fn(&MessageParts) -> bool) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }
}

// === impl RemedyKind ===

impl RemedyKind {
    /// Whether it makes another module path stand for the one that was asked for.
    pub const fn rewrites_path(self) -> bool {
        matches!(self, Self::Replace | Self::Import)
    }

    /// What it changes, in a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replace | Self::GoMod => "go.mod",
            Self::Import => "imports",
            Self::GoSum => "go.sum",
            Self::Environment => "setting",
            Self::Line => "line",
            Self::Command => "run",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CAUSES, find};
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_found() {
        let ids: HashSet<&str> = CAUSES.iter().map(|cause| cause.id).collect();
        assert_eq!(ids.len(), CAUSES.len());
        for cause in CAUSES {
            assert!(find(cause.id).is_some_and(|found| std::ptr::eq(found, *cause)));
            assert!(!cause.patterns.is_empty(), "{}", cause.id);
        }
    }

    #[test]
    fn families_stand_together() {
        let mut families: Vec<&str> = CAUSES.iter().map(|cause| cause.family()).collect();
        families.dedup();
        let different: HashSet<&str> = families.iter().copied().collect();
        assert_eq!(families.len(), different.len(), "{families:?}");
    }

    #[test]
    fn words_are_short_ascii() {
        for cause in CAUSES {
            for text in [cause.title, cause.why, cause.next] {
                assert!(text.is_ascii() && !text.is_empty(), "{}", cause.id);
            }
            assert!(cause.title.len() <= 70, "{}", cause.title);
            assert!(cause.why.len() <= 220, "{}: {}", cause.id, cause.why);
            assert!(cause.next.len() <= 220, "{}: {}", cause.id, cause.next);
        }
    }

    #[test]
    fn no_remedy_turns_verification_off() {
        const FORBIDDEN: [&str; 7] = [
            "GOSUMDB=off",
            "GONOSUMCHECK",
            "GOINSECURE",
            "-insecure",
            "GIT_SSL_NO_VERIFY",
            "rm go.sum",
            "=*",
        ];
        for cause in CAUSES {
            for remedy in cause.remedies {
                for forbidden in FORBIDDEN {
                    let harmless = remedy.template.contains("-u GOSUMDB");
                    assert!(
                        harmless || !remedy.template.contains(forbidden),
                        "{}: {}",
                        cause.id,
                        remedy.template
                    );
                }
                assert!(!remedy.cost.is_empty(), "{}", cause.id);
            }
        }
    }
}
