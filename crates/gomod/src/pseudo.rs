//! Pseudo-versions: version numbers for commits that have no tag.
//!
//! Three forms, each with the commit's UTC time and a revision, twelve hexadecimal digits for git
//! (Go Modules Reference, "Pseudo-versions"); the second and third may carry `+incompatible`:
//!
//! ```text
//! vX.0.0-yyyymmddhhmmss-abcdefabcdef         no earlier tag
//! vX.Y.Z-pre.0.yyyymmddhhmmss-abcdefabcdef   after the pre-release tag vX.Y.Z-pre
//! vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdefabcdef   after the release tag vX.Y.Z
//! ```
//!
//! The shape alone decides whether a version is a pseudo-version: fourteen digits are enough, be
//! they a date or not. The date and the base are questions of their own, which can fail.

mod timestamp;

pub use timestamp::PseudoTimestamp;

use crate::semver::Semver;

/// The parts of a pseudo-version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PseudoVersion<'a> {
    /// Everything before the time: `v1.0.0`, `v1.2.3-pre.0`, `v1.2.4-0`.
    head: &'a str,
    form: PseudoForm<'a>,
    timestamp: &'a str,
    revision: &'a str,
    build: &'a str,
}

/// What the commit follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PseudoForm<'a> {
    NoTag,
    AfterPrerelease,
    AfterRelease { next: Semver<'a> },
}

/// Why a pseudo-version, or a question about one, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PseudoError {
    /// It has not the shape of a pseudo-version.
    #[error("not a pseudo-version")]
    NotPseudo,
    /// The fourteen digits are no date and time.
    #[error("malformed time {0:?}")]
    MalformedTime(String),
    /// The form says that there is no earlier tag, the build metadata that there is one.
    #[error("lacks base version, but has build metadata {0:?}")]
    BuildWithoutBase(String),
    /// The form says that it follows a release, but there is none below this one.
    #[error("version before {0} would have negative patch number")]
    NegativePatch(String),
}

// === impl PseudoVersion ===

impl<'a> PseudoVersion<'a> {
    /// Parses; refuses whatever has not the shape of a pseudo-version.
    pub fn parse(version: &'a str) -> Result<Self, PseudoError> {
        Self::take_apart(version).ok_or(PseudoError::NotPseudo)
    }

    fn take_apart(version: &'a str) -> Option<Self> {
        let parsed = Semver::parse(version)?;
        let plain = version.strip_suffix(parsed.build)?;
        let (before, revision) = plain.rsplit_once('-')?;
        let prerelease = parsed.prerelease.strip_prefix('-')?;
        let prerelease = prerelease.strip_suffix(revision)?.strip_suffix('-')?;
        let digits = prerelease.len().checked_sub(PseudoTimestamp::DIGITS)?;
        let (lead, timestamp) = prerelease.split_at_checked(digits)?;
        let form = match lead {
            "" if parsed.minor == "0" && parsed.patch == "0" => PseudoForm::NoTag,
            "0." => PseudoForm::AfterRelease { next: parsed },
            _ if lead.ends_with(".0.") => PseudoForm::AfterPrerelease,
            _ => return None,
        };
        let well_formed = timestamp.bytes().all(|byte| byte.is_ascii_digit())
            && !revision.is_empty()
            && revision.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let separated = before.strip_suffix(timestamp)?;
        let head = separated.get(..separated.len().checked_sub(1)?)?;
        let build = parsed.build;
        well_formed.then_some(Self {
            head,
            form,
            timestamp,
            revision,
            build,
        })
    }

    /// The revision, usually the first twelve digits of a commit's hash.
    pub const fn revision(&self) -> &'a str {
        self.revision
    }

    /// The commit's time in UTC.
    pub fn time(&self) -> Result<PseudoTimestamp, PseudoError> {
        PseudoTimestamp::parse(self.timestamp)
            .ok_or_else(|| PseudoError::MalformedTime(self.timestamp.to_owned()))
    }

    /// The tagged version that the commit follows, `None` if there is no earlier one.
    pub fn base(&self) -> Result<Option<String>, PseudoError> {
        match self.form {
            PseudoForm::NoTag if self.build.is_empty() => Ok(None),
            PseudoForm::NoTag => Err(PseudoError::BuildWithoutBase(self.build.to_owned())),
            PseudoForm::AfterPrerelease => {
                let tag = self.head.strip_suffix(".0").unwrap_or(self.head);
                Ok(Some(format!("{tag}{}", self.build)))
            }
            PseudoForm::AfterRelease { next } => {
                let head = || self.head.strip_suffix("-0").unwrap_or(self.head).to_owned();
                let patch =
                    decrement(next.patch).ok_or_else(|| PseudoError::NegativePatch(head()))?;
                Ok(Some(format!(
                    "v{}.{}.{patch}{}",
                    next.major, next.minor, self.build
                )))
            }
        }
    }
}

/// Whether the version has the shape of a pseudo-version.
pub fn is_pseudo(version: &str) -> bool {
    PseudoVersion::parse(version).is_ok()
}

/// Whether the version is the placeholder that `go` writes for a module replaced by a directory:
/// no base, the first second of year 1, a revision of zeros.
pub fn is_zero(version: &str) -> bool {
    crate::semver::major(version).is_some_and(|major| {
        version.strip_prefix(major) == Some(".0.0-00010101000000-000000000000")
    })
}

/// The pseudo-version of a commit. `major` is the major version to use when there is no earlier
/// tag (`v2`; empty means `v0`), `older` the earlier tag; a text that is no version counts as none.
pub fn build(major: &str, older: Option<&str>, time: &PseudoTimestamp, revision: &str) -> String {
    let segment = format!("{}-{revision}", time.digits());
    let Some(tag) = older.and_then(Semver::parse) else {
        let major = if major.is_empty() { "v0" } else { major };
        return format!("{major}.0.0-{segment}");
    };
    let Semver {
        major,
        minor,
        patch,
        prerelease,
        build,
        ..
    } = tag;
    if prerelease.is_empty() {
        format!("v{major}.{minor}.{}-0.{segment}{build}", increment(patch))
    } else {
        format!("v{major}.{minor}.{patch}{prerelease}.0.{segment}{build}")
    }
}

/// One more, on digits of any length.
fn increment(decimal: &str) -> String {
    let kept = decimal.trim_end_matches('9');
    let zeros = "0".repeat(decimal.len() - kept.len());
    match cut_last_digit(kept) {
        Some((lead, digit)) => format!("{lead}{}{zeros}", digit + 1),
        None => format!("1{zeros}"),
    }
}

/// One less, on digits of any length; `None` below zero.
fn decrement(decimal: &str) -> Option<String> {
    let kept = decimal.trim_end_matches('0');
    let nines = "9".repeat(decimal.len() - kept.len());
    let (lead, digit) = cut_last_digit(kept)?;
    match digit - 1 {
        // No leading zero: one less than 10 is 9.
        0 if lead.is_empty() && !nines.is_empty() => Some(nines),
        less => Some(format!("{lead}{less}{nines}")),
    }
}

fn cut_last_digit(digits: &str) -> Option<(&str, u32)> {
    let (lead, last) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
    Some((lead, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{PseudoTimestamp, PseudoVersion, build, decrement, increment, is_pseudo, is_zero};

    #[test]
    fn counting_works_on_any_length() {
        let pairs = [
            ("0", "1"),
            ("9", "10"),
            ("10", "11"),
            ("1999", "2000"),
            ("99", "100"),
        ];
        for (low, high) in pairs {
            assert_eq!(increment(low), high);
            assert_eq!(decrement(high).as_deref(), Some(low));
        }
        assert_eq!(decrement("0"), None);
    }

    #[test]
    fn each_form_comes_back_with_its_base() {
        let time = PseudoTimestamp::parse("20240229235959");
        let forms = [
            (None, "v0.0.0-20240229235959-abcdefabcdef"),
            (
                Some("v1.2.3-pre"),
                "v1.2.3-pre.0.20240229235959-abcdefabcdef",
            ),
            (Some("v1.2.9"), "v1.2.10-0.20240229235959-abcdefabcdef"),
            (
                Some("v2.0.0+incompatible"),
                "v2.0.1-0.20240229235959-abcdefabcdef+incompatible",
            ),
        ];
        for (older, version) in forms {
            let built = time
                .as_ref()
                .map(|time| build("", older, time, "abcdefabcdef"));
            assert_eq!(built.as_deref(), Some(version));
            let parsed = PseudoVersion::parse(version);
            assert_eq!(
                parsed.as_ref().map(PseudoVersion::revision),
                Ok("abcdefabcdef")
            );
            let base = parsed.and_then(|parsed| parsed.base());
            assert_eq!(base, Ok(older.map(str::to_owned)), "{version}");
        }
    }

    #[test]
    fn a_tag_that_looks_similar_is_none() {
        assert!(!is_pseudo("v1.2.3-20240229235959-abcdefabcdef"));
        assert!(!is_pseudo("v1.2.3-0.2024022923595-abcdefabcdef"));
        assert!(!is_pseudo("v1.2.3-0.20240229235959-"));
        assert!(is_zero("v3.0.0-00010101000000-000000000000"));
        assert!(!is_zero("v3.0.1-00010101000000-000000000000"));
    }
}
