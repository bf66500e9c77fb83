//! Scope: a set of builds in the words that a person would use.

use super::ports::PORTS;
use std::collections::BTreeSet;

/// GOOS and GOARCH.
pub(super) type Platform = (&'static str, &'static str);

/// Where something is built, in the fewest words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildScope {
    /// In every build.
    Everywhere,
    /// In none that is looked at.
    Nowhere,
    /// Only for these values of GOOS.
    Systems(Vec<&'static str>),
    /// Only for these values of GOARCH.
    Architectures(Vec<&'static str>),
    /// Only for these ports, `GOOS/GOARCH`.
    Ports(Vec<String>),
    /// Only with cgo.
    Cgo,
    /// Only without cgo.
    NoCgo,
    /// Only with cgo on these ports.
    CgoOn(Box<BuildScope>),
    /// Only without cgo on these ports.
    NoCgoOn(Box<BuildScope>),
    /// On every port, but not in all of its builds.
    EveryPort,
    /// Only if one of these sets of tags is set.
    Tags(Vec<String>),
}

/// What explains builds without tags, each a port and whether cgo is on: cgo, ports, or both.
pub(super) fn of_builds(builds: &[(Platform, bool)]) -> BuildScope {
    let with = |wanted: bool| -> BTreeSet<Platform> {
        let half = builds.iter().filter(|(_, cgo)| *cgo == wanted);
        half.map(|(port, _)| *port).collect()
    };
    let (cgo, none) = (with(true), with(false));
    match (cgo.is_empty(), none.is_empty()) {
        (false, true) => match port_scope(&cgo) {
            BuildScope::Everywhere => BuildScope::Cgo,
            ports => BuildScope::CgoOn(Box::new(ports)),
        },
        (true, false) => match port_scope(&none) {
            BuildScope::Everywhere => BuildScope::NoCgo,
            ports => BuildScope::NoCgoOn(Box::new(ports)),
        },
        _ => match port_scope(&cgo.union(&none).copied().collect()) {
            BuildScope::Everywhere => BuildScope::EveryPort,
            ports => ports,
        },
    }
}

/// The narrowest single dimension that explains a set of ports.
fn port_scope(ports: &BTreeSet<Platform>) -> BuildScope {
    if ports.len() == PORTS.len() {
        return BuildScope::Everywhere;
    }
    let count =
        |wanted: &dyn Fn(&(&str, &str)) -> bool| PORTS.iter().filter(|port| wanted(port)).count();
    let systems: BTreeSet<&'static str> = ports.iter().map(|port| port.0).collect();
    if count(&|port| systems.contains(port.0)) == ports.len() {
        return BuildScope::Systems(systems.into_iter().collect());
    }
    let architectures: BTreeSet<&'static str> = ports.iter().map(|port| port.1).collect();
    if count(&|port| architectures.contains(port.1)) == ports.len() {
        return BuildScope::Architectures(architectures.into_iter().collect());
    }
    let names = ports.iter();
    BuildScope::Ports(
        names
            .map(|(system, architecture)| format!("{system}/{architecture}"))
            .collect(),
    )
}

/// Names, or those that are missing, whichever are fewer.
fn shorter(what: &str, names: &[&str], all: &BTreeSet<&str>) -> String {
    let others: Vec<&str> = all
        .iter()
        .copied()
        .filter(|name| !names.contains(name))
        .collect();
    if others.len() < names.len() {
        format!("every {what} but {}", others.join(", "))
    } else {
        format!("{what} {}", names.join(", "))
    }
}

impl std::fmt::Display for BuildScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everywhere => f.write_str("every build"),
            Self::Nowhere => f.write_str("no build"),
            Self::Systems(names) => {
                let all = PORTS.iter().map(|port| port.0).collect();
                f.write_str(&shorter("GOOS", names, &all))
            }
            Self::Architectures(names) => {
                let all = PORTS.iter().map(|port| port.1).collect();
                f.write_str(&shorter("GOARCH", names, &all))
            }
            Self::Ports(names) => write!(f, "{}", names.join(", ")),
            Self::Cgo => f.write_str("builds with cgo"),
            Self::NoCgo => f.write_str("builds without cgo"),
            Self::CgoOn(ports) => write!(f, "{ports} with cgo"),
            Self::NoCgoOn(ports) => write!(f, "{ports} without cgo"),
            Self::EveryPort => f.write_str("some builds of every port"),
            Self::Tags(names) => write!(f, "tags {}", names.join(" or ")),
        }
    }
}
