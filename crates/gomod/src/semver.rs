//! Semantic versions in Go's dialect.
//!
//! A leading `v` is required, minor and patch may be left out (`v1`, `v1.2`), and numbers have any
//! length (Semantic Versioning 2.0.0, sections 2, 9, 10, 11, with Go's `semver` package for the
//! dialect). A parsed [`Semver`] borrows its text: comparing two versions allocates nothing.
//!
//! Numbers are compared as digits, never converted: hostile versions may have a thousand of them.

use std::{borrow::Cow, cmp::Ordering};

/// The parts of a valid semantic version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Semver<'a> {
    text: &'a str,
    /// Digits without leading zeros.
    pub major: &'a str,
    /// Digits; `0` when left out.
    pub minor: &'a str,
    /// Digits; `0` when left out.
    pub patch: &'a str,
    /// What must be added to the text to have three numbers: nothing, `.0` or `.0.0`.
    missing: &'static str,
    /// The pre-release with its dash, `-rc.1`, or empty.
    pub prerelease: &'a str,
    /// The build metadata with its plus, `+incompatible`, or empty.
    pub build: &'a str,
}

// === impl Semver ===

impl<'a> Semver<'a> {
    /// Parses; `None` for everything that is not a semantic version with a leading `v`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (major, rest) = number(text.strip_prefix('v')?)?;
        let short = |minor, missing| {
            Some(Self {
                text,
                major,
                minor,
                patch: "0",
                missing,
                prerelease: "",
                build: "",
            })
        };
        if rest.is_empty() {
            return short("0", ".0.0");
        }
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        if rest.is_empty() {
            return short(minor, ".0");
        }
        let (patch, rest) = number(rest.strip_prefix('.')?)?;
        let (prerelease, build) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
        let valid = (prerelease.is_empty() || identifiers(prerelease, '-', is_prerelease_part))
            && (build.is_empty() || identifiers(build, '+', |_| true));
        valid.then_some(Self {
            text,
            major,
            minor,
            patch,
            missing: "",
            prerelease,
            build,
        })
    }

    /// The version with all three numbers and without build metadata.
    pub fn canonical(&self) -> Cow<'a, str> {
        let kept = self.text.len() - self.build.len();
        match self.missing {
            "" => Cow::Borrowed(self.text.get(..kept).unwrap_or(self.text)),
            missing => Cow::Owned(format!("{}{missing}", self.text)),
        }
    }

    /// The major version with its `v`: `v1`.
    pub fn major(&self) -> &'a str {
        self.text.get(..=self.major.len()).unwrap_or(self.text)
    }

    /// Major and minor version with the `v`: `v1.2`.
    pub fn major_minor(&self) -> Cow<'a, str> {
        if self.missing == ".0.0" {
            return Cow::Owned(format!("{}.0", self.text));
        }
        let end = 1 + self.major.len() + 1 + self.minor.len();
        Cow::Borrowed(self.text.get(..end).unwrap_or(self.text))
    }

    /// Whether it is written with fewer than three numbers, as version queries may be.
    pub const fn is_short(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Precedence (section 11 of the specification). Build metadata does not count, so versions
    /// with different texts may be equal here.
    pub fn precedence(&self, other: &Self) -> Ordering {
        compare_numbers(self.major, other.major)
            .then_with(|| compare_numbers(self.minor, other.minor))
            .then_with(|| compare_numbers(self.patch, other.patch))
            .then_with(|| compare_prereleases(self.prerelease, other.prerelease))
    }
}

/// Whether the text is a semantic version, `v1` and `v1.2` included.
pub fn is_valid(version: &str) -> bool {
    Semver::parse(version).is_some()
}

/// The canonical form, see [`Semver::canonical`]; `None` when invalid.
pub fn canonical(version: &str) -> Option<Cow<'_, str>> {
    Semver::parse(version).map(|parsed| parsed.canonical())
}

/// The major version with its `v`; `None` when invalid.
pub fn major(version: &str) -> Option<&str> {
    Semver::parse(version).map(|parsed| parsed.major())
}

/// Major and minor version with the `v`; `None` when invalid.
pub fn major_minor(version: &str) -> Option<Cow<'_, str>> {
    Semver::parse(version).map(|parsed| parsed.major_minor())
}

/// The pre-release with its dash, or empty; `None` when invalid.
pub fn prerelease(version: &str) -> Option<&str> {
    Semver::parse(version).map(|parsed| parsed.prerelease)
}

/// The build metadata with its plus, or empty; `None` when invalid.
pub fn build(version: &str) -> Option<&str> {
    Semver::parse(version).map(|parsed| parsed.build)
}

/// Precedence of two texts. What is no version is below every version and equal to each other.
pub fn compare(left: &str, right: &str) -> Ordering {
    match (Semver::parse(left), Semver::parse(right)) {
        (Some(left), Some(right)) => left.precedence(&right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

/// A total order: precedence, then the bytes of the text.
pub fn compare_total(left: &str, right: &str) -> Ordering {
    compare(left, right).then_with(|| left.cmp(right))
}

/// Sorts from the lowest to the highest, in the order of [`compare_total`].
pub fn sort<T: AsRef<str>>(versions: &mut [T]) {
    versions.sort_unstable_by(|left, right| compare_total(left.as_ref(), right.as_ref()));
}

/// Digits without leading zeros, and what follows them.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let valid = !digits.is_empty() && (digits == "0" || !digits.starts_with('0'));
    valid.then_some((digits, rest))
}

/// Dot-separated identifiers behind a mark.
fn identifiers(text: &str, mark: char, valid: impl Fn(&str) -> bool) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.strip_prefix(mark)
        .is_some_and(|rest| rest.split('.').all(|part| word(part) && valid(part)))
}

/// A numeric identifier of a pre-release has no leading zeros.
fn is_prerelease_part(part: &str) -> bool {
    !(is_number(part) && part.len() > 1 && part.starts_with('0'))
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Without leading zeros the longer number is the larger one.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn compare_prereleases(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        // A pre-release comes before its release.
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // The dash that introduces a pre-release belongs to none of its identifiers.
    let identifiers = |text| str::strip_prefix(text, '-').unwrap_or(text).split('.');
    let (mut left, mut right) = (identifiers(left), identifiers(right));
    loop {
        let order = match (left.next(), right.next()) {
            (Some(left), Some(right)) => compare_identifiers(left, right),
            (left, right) => return left.is_some().cmp(&right.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers by value and below words; words by their bytes.
fn compare_identifiers(left: &str, right: &str) -> Ordering {
    match (is_number(left), is_number(right)) {
        (true, true) => compare_numbers(left, right),
        (false, false) => left.cmp(right),
        (left_is_number, right_is_number) => right_is_number.cmp(&left_is_number),
    }
}

#[cfg(test)]
mod tests {
    use super::{canonical, compare, is_valid, major_minor, sort};
    use std::cmp::Ordering;

    #[test]
    fn precedence_is_that_of_the_specification() {
        // The example of section 11.4, in order.
        let ordered = [
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-beta",
            "v1.0.0-beta.2",
            "v1.0.0-beta.11",
            "v1.0.0-rc.1",
            "v1.0.0",
            "v2.0.0",
            "v2.1.0",
            "v2.1.1",
        ];
        let mut shuffled = ordered;
        shuffled.reverse();
        sort(&mut shuffled);
        assert_eq!(shuffled, ordered);
        assert_eq!(compare("v1.0.0+a", "v1.0.0+b"), Ordering::Equal);
        assert_eq!(compare("nonsense", "v0.0.0-0"), Ordering::Less);
    }

    #[test]
    fn short_versions_are_filled_up() {
        assert_eq!(canonical("v1").as_deref(), Some("v1.0.0"));
        assert_eq!(canonical("v1.2+meta"), None);
        assert_eq!(canonical("v1.2.3-rc+meta").as_deref(), Some("v1.2.3-rc"));
        assert_eq!(major_minor("v1").as_deref(), Some("v1.0"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "v",
            "1.2.3",
            "v01.2.3",
            "v1.2.3-",
            "v1.2.3-01",
            "v1.2.3-a..b",
            "v1-rc",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
