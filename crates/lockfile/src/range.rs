//! Range: which versions a range of npm's lets in.
//!
//! Every tool here reads ranges as node-semver does. What is read is that grammar: alternatives
//! parted by `||`, each of comparators, hyphens, `~`, `^` and partial versions. A word that is no
//! range is a tag, and what it means only the registry knows: that is told apart, and never a no.
//!
//! Of versions before a release the tools take different ones. The widest reading is used: a version
//! is let in if it lies between the bounds, so that what any of the tools locks is let in.

use std::cmp::Ordering;

/// The longest range that is read, in bytes, and the most alternatives. Real ones have some twenty.
const LONGEST: usize = 4096;
const MOST: usize = 256;

/// What of the versions there are is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionRange {
    /// One of these lets a version in.
    alternatives: Vec<VersionBounds>,
}

/// From here to there; without an end where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct VersionBounds {
    lower: Option<(NpmVersion, bool)>,
    upper: Option<(NpmVersion, bool)>,
    /// No version is let in.
    is_empty: bool,
}

/// A version in its parts, ordered as semver orders them. What is behind a `+` has no part in that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NpmVersion {
    numbers: [u64; 3],
    before_release: Vec<PrereleaseIdentifier>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PrereleaseIdentifier {
    Number(u64),
    Word(String),
}

/// A version of which the last numbers may be open: `1`, `1.x`, `*`.
struct PartialVersion {
    numbers: Vec<u64>,
    before_release: Vec<PrereleaseIdentifier>,
}

// === impl VersionRange ===

impl VersionRange {
    /// Reads a range; `None` if it is none, as a tag or an address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let parts: Vec<&str> = text.split("||").collect();
        if parts.len() > MOST {
            return None;
        }
        let alternatives = parts.into_iter().map(VersionBounds::parse);
        Some(Self {
            alternatives: alternatives.collect::<Option<_>>()?,
        })
    }

    /// Whether a version is let in.
    pub(crate) fn contains(&self, version: &NpmVersion) -> bool {
        self.alternatives.iter().any(|one| one.contains(version))
    }
}

// === impl VersionBounds ===

impl VersionBounds {
    fn parse(text: &str) -> Option<Self> {
        if let Some((from, to)) = text.split_once(" - ") {
            let (from, to) = (
                PartialVersion::parse(from.trim())?,
                PartialVersion::parse(to.trim())?,
            );
            let mut bounds = Self::default();
            bounds.narrow(">=", &from);
            bounds.narrow("<=", &to);
            return Some(bounds);
        }
        let mut bounds = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = rest.find(|one: char| !"<>=~^".contains(one))?;
            let (operator, behind) = rest.split_at_checked(end)?;
            let behind = behind.trim_start();
            let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
            let (version, after) = behind.split_at_checked(end)?;
            if !matches!(
                operator,
                "" | "=" | "==" | ">" | ">=" | "<" | "<=" | "~" | "~>" | "^"
            ) {
                return None;
            }
            bounds.narrow(operator, &PartialVersion::parse(version)?);
            rest = after.trim_start();
        }
        Some(bounds)
    }

    fn narrow(&mut self, operator: &str, partial: &PartialVersion) {
        let (low, high) = (partial.lowest(), partial.end());
        match operator {
            ">" => match high {
                // Above all that a partial version stands for.
                Some(end) => self.raise(end, true),
                None if partial.numbers.is_empty() => self.is_empty = true,
                None => self.raise(low, false),
            },
            ">=" => self.raise(low, true),
            "<" if partial.numbers.is_empty() => self.is_empty = true,
            "<" => self.lower_to(low, false),
            "<=" => match high {
                Some(end) => self.lower_to(end, false),
                None if partial.numbers.is_empty() => {}
                None => self.lower_to(low, true),
            },
            "~" | "~>" => self.within(low, partial.next(1)),
            "^" => self.within(low, partial.next(partial.caret())),
            _ => match high {
                Some(end) => self.within(low, Some(end)),
                None if partial.numbers.is_empty() => {}
                None => {
                    self.raise(low.clone(), true);
                    self.lower_to(low, true);
                }
            },
        }
    }

    fn within(&mut self, low: NpmVersion, end: Option<NpmVersion>) {
        self.raise(low, true);
        if let Some(end) = end {
            self.lower_to(end, false);
        }
    }

    fn raise(&mut self, version: NpmVersion, is_in: bool) {
        let is_tighter = self.lower.as_ref().is_none_or(|(old, old_in)| {
            version.cmp(old).then((!is_in).cmp(&!old_in)) == Ordering::Greater
        });
        if is_tighter {
            self.lower = Some((version, is_in));
        }
    }

    fn lower_to(&mut self, version: NpmVersion, is_in: bool) {
        let is_tighter = self
            .upper
            .as_ref()
            .is_none_or(|(old, old_in)| version.cmp(old).then(is_in.cmp(old_in)) == Ordering::Less);
        if is_tighter {
            self.upper = Some((version, is_in));
        }
    }

    fn contains(&self, version: &NpmVersion) -> bool {
        let above = self
            .lower
            .as_ref()
            .is_none_or(|(low, is_in)| match version.cmp(low) {
                Ordering::Greater => true,
                Ordering::Equal => *is_in,
                Ordering::Less => false,
            });
        let below = self
            .upper
            .as_ref()
            .is_none_or(|(high, is_in)| match version.cmp(high) {
                Ordering::Less => true,
                Ordering::Equal => *is_in,
                Ordering::Greater => false,
            });
        !self.is_empty && above && below
    }
}

// === impl PartialVersion ===

impl PartialVersion {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=']);
        let text = text.split('+').next().unwrap_or(text);
        let (core, before) = match text.split_once('-') {
            Some((core, before)) => (core, Some(before)),
            None => (text, None),
        };
        let mut numbers = Vec::new();
        let mut is_open = false;
        for part in core.split('.') {
            if matches!(part, "" | "x" | "X" | "*") && (!part.is_empty() || core.is_empty()) {
                is_open = true;
            } else {
                let number = part.parse().ok()?;
                if !is_open {
                    numbers.push(number);
                }
            }
        }
        let is_sound = core.split('.').count() <= 3 && (before.is_none() || numbers.len() == 3);
        is_sound.then(|| Self {
            before_release: before.map(identifiers).unwrap_or_default(),
            numbers,
        })
    }

    /// The first version that it stands for.
    fn lowest(&self) -> NpmVersion {
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(0);
        let mut version = NpmVersion::new([number(0), number(1), number(2)]);
        if self.numbers.len() == 3 {
            version.before_release.clone_from(&self.before_release);
        } else {
            version.before_release = vec![PrereleaseIdentifier::Number(0)];
        }
        version
    }

    /// What comes behind all versions that it stands for, if it stands for several.
    fn end(&self) -> Option<NpmVersion> {
        (self.numbers.len() < 3).then(|| self.next(self.numbers.len().checked_sub(1)?))?
    }

    /// The first version in which the number at a place, or the last one given before it, is higher.
    fn next(&self, place: usize) -> Option<NpmVersion> {
        let place = place.min(self.numbers.len().checked_sub(1)?);
        let mut numbers = [0; 3];
        for (at, slot) in numbers.iter_mut().enumerate().take(place + 1) {
            *slot = self.numbers.get(at).copied().unwrap_or(0);
        }
        let raised = numbers.get_mut(place)?;
        *raised = raised.checked_add(1)?;
        Some(NpmVersion {
            numbers,
            before_release: vec![PrereleaseIdentifier::Number(0)],
        })
    }

    /// The place of the first number that is not zero, which `^` keeps.
    fn caret(&self) -> usize {
        let first = self.numbers.iter().position(|&number| number > 0);
        first.unwrap_or(self.numbers.len().saturating_sub(1))
    }
}

// === impl NpmVersion ===

impl NpmVersion {
    fn new(numbers: [u64; 3]) -> Self {
        Self {
            numbers,
            before_release: Vec::new(),
        }
    }

    /// Reads a whole version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let partial = PartialVersion::parse(text)?;
        (partial.numbers.len() == 3).then(|| partial.lowest())
    }
}

impl PartialOrd for NpmVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NpmVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_release = || match (
            self.before_release.is_empty(),
            other.before_release.is_empty(),
        ) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.before_release.cmp(&other.before_release),
        };
        self.numbers.cmp(&other.numbers).then_with(by_release)
    }
}

fn identifiers(text: &str) -> Vec<PrereleaseIdentifier> {
    let parts = text.split('.').map(|part| match part.parse() {
        Ok(number) => PrereleaseIdentifier::Number(number),
        Err(_) => PrereleaseIdentifier::Word(part.to_owned()),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::{NpmVersion, VersionRange};

    fn lets_in(range: &str, version: &str) -> bool {
        let range = VersionRange::parse(range).unwrap();
        range.contains(&NpmVersion::parse(version).unwrap())
    }

    /// From the table of node-semver's own tests.
    #[test]
    fn versions_in_a_range_are_let_in() {
        let table = [
            ("1.0.0 - 2.0.0", "1.2.3"),
            ("1.2.3-pre+asdf - 2.4.3-pre+asdf", "1.2.3-pre.2"),
            ("1.0.0", "1.0.0"),
            ("", "1.0.0"),
            ("*", "1.2.3"),
            (">=*", "0.2.4"),
            (">= 1.0.0", "1.0.1"),
            ("> 1.0.0", "1.1.0"),
            ("<= 2.0.0", "0.2.9"),
            ("<\t2.0.0", "0.2.9"),
            ("0.1.20 || 1.2.4", "1.2.4"),
            ("||", "1.3.4"),
            ("2.x.x", "2.1.3"),
            ("1.2.x || 2.x", "1.2.3"),
            ("2.*.*", "2.1.3"),
            ("2", "2.1.2"),
            ("~2.4", "2.4.5"),
            ("~> 1", "1.2.3"),
            ("~1.0", "1.0.2"),
            (">=1", "1.0.0"),
            ("<1.2", "1.1.1"),
            ("~v0.5.4-pre", "0.5.5"),
            ("=0.7.x", "0.7.2"),
            ("<=0.7.x", "0.6.2"),
            ("~1.2.1 >=1.2.3", "1.2.3"),
            (">=1.2.1 1.2.3", "1.2.3"),
            (">01.02.03", "1.2.4"),
            ("^1.2.3", "1.8.1"),
            ("^0.1.2", "0.1.2"),
            ("^0.0.1", "0.0.1"),
            ("^1.2 ^1", "1.4.2"),
            ("^1.2.3-alpha", "1.2.3-pre"),
            ("^0", "0.9.0"),
            ("^0.0", "0.0.7"),
            ("5.x || >=6.2 <7", "6.3.1"),
            ("^7.0.0-beta.1", "7.0.0-beta.10"),
        ];
        for (range, version) in table {
            assert!(lets_in(range, version), "{range} and {version}");
        }
    }

    #[test]
    fn versions_outside_of_a_range_are_not() {
        let table = [
            ("1.0.0 - 2.0.0", "2.2.3"),
            ("^1.2.3", "2.0.0-pre"),
            ("^1.2", "1.1.0"),
            ("1.0.0", "1.0.1"),
            (">1.2", "1.2.8"),
            ("<=1.2", "1.3.0"),
            ("<2.0.0", "2.9999.9999"),
            ("0.1.20 || 1.2.4", "1.2.3"),
            ("2.x.x", "1.1.3"),
            ("~2.4", "2.5.0"),
            ("~1", "2.2.3"),
            ("=0.7.x", "0.8.2"),
            ("^0.0.1", "0.0.2"),
            ("^0.1.2", "0.2.0"),
            ("~1.2.1 >=1.2.3", "1.2.2"),
            ("<*", "1.0.0"),
            ("^0.0", "0.1.0"),
        ];
        for (range, version) in table {
            assert!(!lets_in(range, version), "{range} and {version}");
        }
    }

    #[test]
    fn a_tag_or_an_address_is_no_range() {
        for text in [
            "latest",
            "next-13",
            "https://a.example/a.tgz",
            "workspace:*",
            "1.2.3.4",
            "a || 1",
            "<>1",
            "1.-2",
        ] {
            assert_eq!(VersionRange::parse(text), None, "{text}");
        }
        assert_eq!(VersionRange::parse(&"1||".repeat(2000)), None);
    }
}
