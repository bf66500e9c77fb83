//! Chain: which requirement pulled the failing module.
//!
//! `go` prints the way from the main module to the failure before the failure itself:
//! `A@v1 requires`, `B@v2 requires`, and only then what happened to C. The failure is what has to be
//! mended, but the first link of the way is what the reader can change.

use regex::Regex;
use serde::Serialize;
use std::sync::LazyLock;

/// A module or package on the way to the failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequirementLink {
    /// Module path, `MODULE@VERSION`, or import path.
    pub name: String,
    /// How it pulls the next one.
    pub pull: PullKind,
}

/// How one module or package pulls another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullKind {
    /// Its go.mod requires it.
    Requires,
    /// It imports it.
    Imports,
    /// It is tested by it.
    TestedBy,
}

/// What stands before a failure: the subject that it is about, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FailureContext {
    /// `MODULE` or `MODULE@VERSION`.
    pub(crate) subject: Option<(String, Option<String>)>,
    pub(crate) chain: Vec<RequirementLink>,
}

/// How far back a lead is looked for.
const WINDOW: usize = 8192;

/// Longest way that is kept; the beginning and the end of a longer one tell the story.
const LONGEST: usize = 64;

static SUBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?:module )?([^\s:@"'(),;]+\.[^\s:@"'(),;]*)(?:@([^\s:,;"'()]+))?(?: \([^()\n]*\))?: "#,
        r"(?:(?:invalid version|verifying module|verifying go\.mod|parsing go\.mod|https fetch|",
        r#"[^\s:@]+@[^\s:]+|unrecognized import path "[^"]*"|Get|read(?:ing)?):? )*$"#
    ))
    .ok()
});

static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([^\s]+)(?: \([^()\n]*\))? (requires|imports|tested by) $").ok());

/// Reads backward from a failure.
pub(crate) fn lead(text: &str, failure: usize) -> FailureContext {
    let low = text.floor_char_boundary(failure.saturating_sub(WINDOW));
    let before = text.get(low..failure).unwrap_or_default();
    let mut before = before.rsplit('\n').next().unwrap_or_default();
    let mut lead = FailureContext::default();
    let subject = SUBJECT.as_ref().and_then(|regex| regex.captures(before));
    if let Some(captures) = subject {
        let group = |index| captures.get(index).map(|group| group.as_str().to_owned());
        lead.subject = group(1).map(|path| (path, group(2)));
        before = before
            .get(..captures.get_match().start())
            .unwrap_or_default();
    }
    lead.chain = chain(before);
    lead
}

/// The way whose last link ends the text.
fn chain(mut before: &str) -> Vec<RequirementLink> {
    let mut chain = Vec::new();
    while chain.len() < LONGEST {
        // Links are short, and the search for one is from the left: only the end is looked at.
        let low = before.floor_char_boundary(before.len().saturating_sub(600));
        let end = before.get(low..).unwrap_or_default();
        let Some(captures) = LINK.as_ref().and_then(|regex| regex.captures(end)) else {
            break;
        };
        let (Some(name), Some(word)) = (captures.get(1), captures.get(2)) else {
            break;
        };
        chain.push(RequirementLink {
            name: name.as_str().to_owned(),
            pull: PullKind::of(word.as_str()),
        });
        let start = low + captures.get_match().start();
        before = before.get(..start).unwrap_or_default();
    }
    chain.reverse();
    chain
}

// === impl PullKind ===

impl PullKind {
    fn of(word: &str) -> Self {
        match word {
            "imports" => Self::Imports,
            "tested by" => Self::TestedBy,
            _ => Self::Requires,
        }
    }

    /// In a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requires => "requires",
            Self::Imports => "imports",
            Self::TestedBy => "tested by",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PullKind, lead};

    #[test]
    fn the_way_and_the_subject_are_read_backward() {
        let text = "go: example.com/a@v1.0.0 requires example.com/b@v1.2.0 requires example.com/c@v1.3.0: reading x";
        let failure = text.find("reading").unwrap();
        let lead = lead(text, failure);
        assert_eq!(
            lead.subject,
            Some(("example.com/c".to_owned(), Some("v1.3.0".to_owned())))
        );
        let names: Vec<&str> = lead.chain.iter().map(|link| link.name.as_str()).collect();
        assert_eq!(names, ["example.com/a@v1.0.0", "example.com/b@v1.2.0"]);
    }

    #[test]
    fn imports_and_tests_are_told_apart() {
        let text = "go: example.com/main imports example.com/a tested by example.com/a.test imports example.com/b: cannot find module";
        let lead = lead(text, text.find("cannot").unwrap());
        let pulls: Vec<PullKind> = lead.chain.iter().map(|link| link.pull).collect();
        assert_eq!(
            pulls,
            [PullKind::Imports, PullKind::TestedBy, PullKind::Imports]
        );
    }

    #[test]
    fn another_message_is_no_lead() {
        let text = "go: example.com/a@v1.0.0 requires example.com/b@v1.0.0: bad\ngo: reading x";
        let lead = lead(text, text.rfind("reading").unwrap());
        assert_eq!((lead.subject, lead.chain.len()), (None, 0));
    }
}
