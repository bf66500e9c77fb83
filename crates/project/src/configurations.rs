//! Build configurations: in which builds a file takes part, for all builds at once.
//!
//! A build is a port (GOOS and GOARCH), cgo on or off, and tags. To ask "who needs this package, and
//! where" for one build after another would cost a walk for each; so a configuration is a bit, a
//! [`ConfigurationSet`] is every build in which something holds, constraints are evaluated on whole sets,
//! and one walk over the packages answers for all.
//!
//! There are infinitely many tags, but few that occur. The base has every port, with cgo and
//! without, and no tags. For every custom tag that some file names, the base is repeated with that
//! tag set; and for a file that no such configuration builds, because it wants two tags at once, once more
//! with all of its tags. `ignore` is never set: by convention it marks files that are run by hand.
//! Not looked at: builds with several tags that no single file asks for together.

mod ports;
mod scope;
mod set;

pub use ports::PORTS;
pub use scope::BuildScope;
pub use set::ConfigurationSet;

use crate::source::{BuildConstraint, KNOWN_ARCHITECTURES, KNOWN_SYSTEMS};
use std::collections::{BTreeSet, HashMap};

/// The Go release up to which `go1.N` tags are set; a project that asks for a later one raises it.
pub const NEWEST_RELEASE: u32 = 26;

/// The most repetitions of the base: what is beyond is treated as never set, and said to be.
pub const MAX_TAG_SETS: usize = 128;

/// Build configurations in the base: every port, with cgo and without.
const BASE: usize = PORTS.len() * 2;

/// The configurations that the files of a project distinguish.
#[derive(Debug)]
pub struct KnownConfigurations {
    release: u32,
    tag_sets: Vec<BTreeSet<String>>,
    known: HashMap<String, ConfigurationSet>,
    is_cut: bool,
}

// === impl KnownConfigurations ===

impl KnownConfigurations {
    /// The configurations that these constraints tell apart. `release` is the minor version of Go that the
    /// project asks for.
    pub fn new<'a>(
        constraints: impl Iterator<Item = &'a BuildConstraint> + Clone,
        release: u32,
    ) -> Self {
        let mut single = BTreeSet::new();
        for constraint in constraints.clone() {
            constraint.tags(&mut |tag| {
                if is_custom(tag) {
                    single.insert(tag);
                }
            });
        }
        let is_cut = single.len() > MAX_TAG_SETS;
        let one = |tag: &str| BTreeSet::from([tag.to_owned()]);
        let mut universe = Self {
            release: release.max(NEWEST_RELEASE),
            tag_sets: single.into_iter().take(MAX_TAG_SETS).map(one).collect(),
            known: HashMap::new(),
            is_cut,
        };
        universe.add_joint_tags(constraints);
        universe
    }

    /// Adds the tags of files that no single tag builds.
    fn add_joint_tags<'a>(&mut self, constraints: impl Iterator<Item = &'a BuildConstraint>) {
        let mut joint = BTreeSet::new();
        for constraint in constraints {
            let mut tags = BTreeSet::new();
            constraint.tags(&mut |tag| {
                if is_custom(tag) {
                    tags.insert(tag.to_owned());
                }
            });
            if tags.len() > 1 && self.of(constraint).is_empty() {
                joint.insert(tags);
            }
        }
        let room = MAX_TAG_SETS.saturating_sub(self.tag_sets.len());
        self.is_cut |= joint.len() > room;
        if !joint.is_empty() {
            self.tag_sets.extend(joint.into_iter().take(room));
            self.known.clear();
        }
    }

    /// Whether there were more tags than are told apart.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Every configuration.
    pub fn all(&self) -> ConfigurationSet {
        ConfigurationSet::full(self.size())
    }

    /// No configuration, of the right size.
    pub fn none(&self) -> ConfigurationSet {
        ConfigurationSet::empty(self.size())
    }

    fn size(&self) -> usize {
        BASE * (self.tag_sets.len() + 1)
    }

    /// The configurations in which a constraint holds.
    pub fn of(&mut self, constraint: &BuildConstraint) -> ConfigurationSet {
        match constraint {
            BuildConstraint::Tag(tag) => self.of_tag(tag),
            BuildConstraint::Not(inner) => self.of(inner).complement(),
            BuildConstraint::All(terms) => {
                let mut set = self.all();
                for term in terms {
                    set.intersect(&self.of(term));
                }
                set
            }
            BuildConstraint::Any(terms) => {
                let mut set = self.none();
                for term in terms {
                    set.unite(&self.of(term));
                }
                set
            }
        }
    }

    /// Whether a constraint holds in one build without tags. A port that Go does not have builds
    /// nothing.
    pub fn holds(&self, constraint: &BuildConstraint, port: (&str, &str), cgo: bool) -> bool {
        let configuration = Self::build(port, cgo);
        configuration
            .is_some_and(|configuration| constraint.eval(&|tag| self.is_set(configuration, tag)))
    }

    /// Whether a set has one build without tags.
    pub fn has(&self, set: &ConfigurationSet, port: (&str, &str), cgo: bool) -> bool {
        Self::build(port, cgo).is_some_and(|configuration| set.contains(configuration))
    }

    fn build(port: (&str, &str), cgo: bool) -> Option<usize> {
        (0..BASE).find(|&configuration| place(configuration) == (port, cgo))
    }

    fn of_tag(&mut self, tag: &str) -> ConfigurationSet {
        if let Some(set) = self.known.get(tag) {
            return set.clone();
        }
        let mut set = self.none();
        for configuration in 0..self.size() {
            if self.is_set(configuration, tag) {
                set.insert(configuration);
            }
        }
        self.known.insert(tag.to_owned(), set.clone());
        set
    }

    fn is_set(&self, configuration: usize, tag: &str) -> bool {
        let (port, cgo) = place(configuration);
        match tag {
            "gc" => true,
            "cgo" => cgo,
            "ignore" => false,
            _ => match release_of(tag) {
                Some(minor) => minor <= self.release,
                None => {
                    ports::matches(port, tag)
                        || self
                            .tags_of(configuration)
                            .is_some_and(|tags| tags.contains(tag))
                }
            },
        }
    }

    fn tags_of(&self, configuration: usize) -> Option<&BTreeSet<String>> {
        self.tag_sets.get((configuration / BASE).checked_sub(1)?)
    }

    /// Where the builds of a set are, in the fewest words. Builds with tags count only if there is
    /// none without.
    pub fn scope(&self, set: &ConfigurationSet) -> BuildScope {
        let base: Vec<usize> = set
            .iter()
            .take_while(|&configuration| configuration < BASE)
            .collect();
        if base.len() == BASE {
            return BuildScope::Everywhere;
        }
        if base.is_empty() {
            return self.scope_of_tags(set);
        }
        let builds: Vec<_> = base.into_iter().map(place).collect();
        scope::of_builds(&builds)
    }

    /// The least sets of tags that are needed: what holds with one tag is not said again for two.
    fn scope_of_tags(&self, set: &ConfigurationSet) -> BuildScope {
        let found: BTreeSet<&BTreeSet<String>> = set
            .iter()
            .filter_map(|configuration| self.tags_of(configuration))
            .collect();
        let least = |tags: &&&BTreeSet<String>| {
            let smaller =
                |other: &&BTreeSet<String>| other.len() < tags.len() && other.is_subset(tags);
            !found.iter().any(smaller)
        };
        let joined = |tags: &&BTreeSet<String>| {
            let names: Vec<&str> = tags.iter().map(String::as_str).collect();
            names.join(",")
        };
        let names: Vec<String> = found.iter().filter(least).map(joined).collect();
        if names.is_empty() {
            BuildScope::Nowhere
        } else {
            BuildScope::Tags(names)
        }
    }
}

/// The port of a configuration, and whether cgo is on in it.
fn place(configuration: usize) -> ((&'static str, &'static str), bool) {
    let within = configuration % BASE;
    let port = PORTS.get(within / 2).copied().unwrap_or(("", ""));
    (port, within.is_multiple_of(2))
}

/// The minor version in a tag such as `go1.21`.
fn release_of(tag: &str) -> Option<u32> {
    tag.strip_prefix("go1.")?.parse().ok()
}

/// Whether a tag is one that only whoever builds can set.
fn is_custom(tag: &str) -> bool {
    let known = KNOWN_SYSTEMS.contains(&tag) || KNOWN_ARCHITECTURES.contains(&tag);
    !known && !matches!(tag, "gc" | "cgo" | "unix" | "ignore") && release_of(tag).is_none()
}

#[cfg(test)]
mod tests {
    use super::{BuildScope, KnownConfigurations, NEWEST_RELEASE};
    use crate::source::{BuildConstraint, parse};

    fn scopes(lines: &[&str]) -> Vec<BuildScope> {
        let constraints: Vec<BuildConstraint> = lines
            .iter()
            .map(|line| {
                let source = format!("//go:build {line}\n\npackage x\n");
                parse(source.as_bytes()).unwrap().constraint.unwrap()
            })
            .collect();
        let mut universe = KnownConfigurations::new(constraints.iter(), 0);
        let sets: Vec<_> = constraints.iter().map(|each| universe.of(each)).collect();
        sets.iter().map(|set| universe.scope(set)).collect()
    }

    #[test]
    fn a_scope_is_named_by_what_decides_it() {
        let tags = |names: &[&str]| {
            BuildScope::Tags(names.iter().map(|name| (*name).to_owned()).collect())
        };
        let linux = BuildScope::Systems(vec!["android", "linux"]);
        let cases = [
            ("gc", BuildScope::Everywhere),
            ("!ignore", BuildScope::Everywhere),
            ("ignore", BuildScope::Nowhere),
            ("windows", BuildScope::Systems(vec!["windows"])),
            ("darwin && !ios", BuildScope::Systems(vec!["darwin"])),
            ("solaris", BuildScope::Systems(vec!["illumos", "solaris"])),
            ("s390x", BuildScope::Architectures(vec!["s390x"])),
            (
                "linux && amd64 && !android",
                BuildScope::Ports(vec!["linux/amd64".to_owned()]),
            ),
            ("cgo", BuildScope::Cgo),
            ("!cgo", BuildScope::NoCgo),
            ("linux && cgo", BuildScope::CgoOn(Box::new(linux))),
            ("cgo || windows", BuildScope::EveryPort),
            ("integration", tags(&["integration"])),
            ("integration && linux", tags(&["integration"])),
            ("one && two", tags(&["one,two"])),
            ("one || three", tags(&["one", "three"])),
            ("integration || linux || !linux", BuildScope::Everywhere),
            ("!purego", BuildScope::Everywhere),
            ("linux && windows", BuildScope::Nowhere),
        ];
        let lines: Vec<&str> = cases.iter().map(|(line, _)| *line).collect();
        for ((line, expected), found) in cases.iter().zip(scopes(&lines)) {
            assert_eq!(found, *expected, "{line}");
        }
    }

    #[test]
    fn long_lists_are_told_by_what_is_missing() {
        let told: Vec<String> = scopes(&["unix", "!windows", "arm64 || amd64"])
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = [
            "every GOOS but js, plan9, wasip1, windows",
            "every GOOS but windows",
            "GOARCH amd64, arm64",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn releases_are_set_up_to_the_newest() {
        let beyond = format!("go1.{}", NEWEST_RELEASE + 1);
        assert_eq!(
            scopes(&["go1.1", &beyond]),
            [BuildScope::Everywhere, BuildScope::Nowhere]
        );
    }
}
