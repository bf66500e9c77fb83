//! `cargo xtask check-deps`: dependencies point downward only.
//!
//! The house has floors: pure rules at the bottom, mechanisms above, then the service, its
//! surfaces, and the binary. The table below says who may stand on whom; a crate that is not in it
//! is refused, so a new room is argued here first. A second table names the libraries that only one
//! room may know, because the rest must not care which library it is.

use crate::house_drawing::{self, CrateGraph};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Each room, and the rooms it may depend on.
const HOUSE: &[(&str, &[&str])] = &[
    ("codes", &[]),
    ("discovery", &["gomod"]),
    ("doctor", &["codes", "discovery", "gomod", "mismatch"]),
    ("finding", &[]),
    (
        "gate",
        &["finding", "gomod", "lockfile", "project", "vulndb"],
    ),
    ("checkout", &["finding", "gate", "gomod", "project"]),
    ("gomod", &[]),
    ("metric", &[]),
    ("jobs", &["metric"]),
    ("lockfile", &["finding"]),
    ("tlog", &[]),
    ("bundle", &["gomod"]),
    ("mismatch", &["gomod"]),
    ("protocol", &["codes", "gomod"]),
    ("prefetch", &["codes", "gomod", "metric", "protocol"]),
    ("project", &["finding", "gomod"]),
    ("vulndb", &["finding", "gomod"]),
    ("store", &["codes", "gomod", "protocol", "tlog"]),
    ("vcs", &["codes", "discovery", "gomod"]),
    ("upstream", &["codes", "gomod", "protocol", "vcs"]),
    ("access", &["gomod", "metric", "store", "upstream"]),
    ("oidc", &["access", "codes", "metric", "upstream"]),
    ("goauth", &["access", "oidc", "upstream"]),
    ("alarm", &["metric", "protocol", "store"]),
    ("single_flight", &["codes", "protocol", "upstream"]),
    ("inspection", &["codes", "gomod", "protocol", "upstream"]),
    ("memory", &["gomod", "protocol", "single_flight", "store"]),
    (
        "checksumdb",
        &[
            "alarm",
            "codes",
            "gomod",
            "inspection",
            "memory",
            "metric",
            "mismatch",
            "protocol",
            "single_flight",
            "store",
            "tlog",
            "upstream",
        ],
    ),
    (
        "ingest",
        &[
            "alarm",
            "checksumdb",
            "codes",
            "gomod",
            "inspection",
            "memory",
            "metric",
            "mismatch",
            "protocol",
            "single_flight",
            "store",
            "upstream",
        ],
    ),
    (
        "repair",
        &[
            "alarm",
            "checksumdb",
            "codes",
            "gomod",
            "ingest",
            "inspection",
            "memory",
            "metric",
            "mismatch",
            "protocol",
            "single_flight",
            "store",
            "upstream",
        ],
    ),
    (
        "exchange",
        &[
            "alarm",
            "bundle",
            "checksumdb",
            "codes",
            "gomod",
            "inspection",
            "protocol",
            "store",
            "tlog",
            "upstream",
        ],
    ),
    (
        "publish",
        &[
            "alarm",
            "checksumdb",
            "codes",
            "gomod",
            "ingest",
            "inspection",
            "memory",
            "metric",
            "protocol",
            "store",
        ],
    ),
    // Of `exchange` it knows in tests only: bundles are carried between sites that answer.
    (
        "proxy",
        &[
            "alarm",
            "checksumdb",
            "codes",
            "exchange",
            "gomod",
            "ingest",
            "inspection",
            "memory",
            "mismatch",
            "prefetch",
            "protocol",
            "publish",
            "repair",
            "single_flight",
            "store",
            "tlog",
            "upstream",
            "vulndb",
        ],
    ),
    (
        "server",
        &[
            "access",
            "checksumdb",
            "codes",
            "gomod",
            "ingest",
            "metric",
            "prefetch",
            "protocol",
            "proxy",
            "publish",
            "repair",
            "store",
        ],
    ),
    // It makes what each of these takes of what an operator wrote.
    (
        "config",
        &[
            "access",
            "checksumdb",
            "codes",
            "finding",
            "gomod",
            "ingest",
            "oidc",
            "prefetch",
            "proxy",
            "publish",
            "repair",
            "server",
            "store",
            "tlog",
            "upstream",
        ],
    ),
    (
        "modkeep",
        &[
            "access",
            "bundle",
            "checkout",
            "checksumdb",
            "codes",
            "config",
            "doctor",
            "exchange",
            "finding",
            "gate",
            "goauth",
            "gomod",
            "ingest",
            "jobs",
            "lockfile",
            "mismatch",
            "oidc",
            "prefetch",
            "project",
            "protocol",
            "proxy",
            "publish",
            "repair",
            "server",
            "store",
            "tlog",
            "upstream",
            "vcs",
            "vulndb",
        ],
    ),
    ("testkit", &["tlog"]),
    // The bench shares the tests' raw client, fixtures and driver of the real `go`.
    ("xtask", &["gomod", "testkit", "tlog"]),
];

/// Libraries that only some rooms may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("anyhow", &["modkeep", "xtask"]),
    ("axum", &["server"]),
    ("clap", &["modkeep", "xtask"]),
    ("html5gum", &["discovery"]),
    // `upstream` looks into the HTTP client's errors, which are hyper's. `doctor` asks layer by layer,
    // so it needs the connection, the handshake and the request apart.
    ("hyper", &["doctor", "server", "testkit", "upstream"]),
    // `upstream` asks the HTTP client's own rules which hops a proxy takes.
    ("hyper-util", &["doctor", "server", "testkit", "upstream"]),
    ("object_store", &["store"]),
    ("reqwest", &["upstream"]),
    ("rusqlite", &["store"]),
    // `server` has the certificate that clients see.
    (
        "rustls",
        &["doctor", "server", "testkit", "upstream", "modkeep"],
    ),
    ("utoipa", &["server"]),
    (
        "tokio",
        &[
            "checksumdb",
            "doctor",
            "inspection",
            "jobs",
            "prefetch",
            "single_flight",
            "store",
            "vcs",
            "upstream",
            "oidc",
            "goauth",
            "proxy",
            "server",
            "modkeep",
            "testkit",
            "xtask",
            "ingest",
            "publish",
            "repair",
            "exchange",
        ],
    ),
];

/// Who may be a dev-dependency of anybody.
const FOR_TESTS: &str = "testkit";

/// Reads the workspace's manifests and compares them with the tables.
pub(crate) fn run() -> Result<()> {
    let packages = packages()?;
    let mut problems = Vec::new();
    for (name, dependencies) in &packages {
        problems.extend(check(name, dependencies));
    }
    for (room, _) in HOUSE {
        if !packages.contains_key(*room) {
            problems.push(format!("{room} is in the table, but not in the workspace"));
        }
    }
    let page = std::fs::read_to_string("ARCHITECTURE.md").context("ARCHITECTURE.md")?;
    problems.extend(house_drawing::check(&page, &house(&packages)));
    if !problems.is_empty() {
        bail!(
            "dependencies break the house rules:\n  {}",
            problems.join("\n  ")
        );
    }
    println!(
        "check-deps: {} crates, every dependency points downward",
        packages.len()
    );
    Ok(())
}

/// The crates of ours and what of ours each is built on.
fn house(packages: &BTreeMap<String, Vec<Dependency>>) -> CrateGraph {
    let below = |dependencies: &Vec<Dependency>| {
        let ours = dependencies.iter().filter(|one| one.is_ours && !one.is_dev);
        ours.map(|one| one.name.clone()).collect()
    };
    let crates = packages.iter();
    crates
        .map(|(name, list)| (name.clone(), below(list)))
        .collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Dependency {
    name: String,
    is_dev: bool,
    is_ours: bool,
}

fn packages() -> Result<BTreeMap<String, Vec<Dependency>>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cargo metadata cannot be run")?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    Ok(packages
        .iter()
        .map(|package| (text(&package["name"]), dependencies(package)))
        .collect())
}

fn dependencies(package: &Value) -> Vec<Dependency> {
    let list = package["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    list.iter()
        .map(|dependency| Dependency {
            name: text(&dependency["name"]),
            is_dev: dependency["kind"] == "dev",
            is_ours: dependency["path"].is_string(),
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn check(name: &str, dependencies: &[Dependency]) -> Vec<String> {
    let Some((_, allowed)) = HOUSE.iter().find(|(room, _)| *room == name) else {
        return vec![format!(
            "{name} has no place in the table of xtask/src/check_deps.rs"
        )];
    };
    let problem = |dependency: &Dependency| {
        let other = dependency.name.as_str();
        if dependency.is_dev {
            let fine = !dependency.is_ours || other == FOR_TESTS || is_below(other, allowed);
            return (!fine).then(|| format!("{name} must not use {other}, not even in tests"));
        }
        if dependency.is_ours {
            return (!allowed.contains(&other))
                .then(|| format!("{name} must not depend on {other}"));
        }
        let reserved = RESERVED.iter().find(|(library, _)| *library == other);
        reserved
            .filter(|(_, rooms)| !rooms.contains(&name))
            .map(|_| format!("{name} must not name the library {other}"))
    };
    dependencies.iter().filter_map(problem).collect()
}

/// Whether a room stands below one of these, or is one: a test may build what its subject stands on.
fn is_below(room: &str, rooms: &[&str]) -> bool {
    rooms.iter().any(|known| {
        let below = HOUSE.iter().find(|(name, _)| name == known);
        *known == room || below.is_some_and(|(_, rooms)| is_below(room, rooms))
    })
}

#[cfg(test)]
mod tests {
    use super::{Dependency, check};

    fn on(name: &str, is_ours: bool, is_dev: bool) -> Vec<Dependency> {
        vec![Dependency {
            name: name.to_owned(),
            is_dev,
            is_ours,
        }]
    }

    #[test]
    fn a_call_back_up_is_a_problem() {
        assert_eq!(check("store", &on("proxy", true, false)).len(), 1);
        assert_eq!(
            check("proxy", &on("store", true, false)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_pure_crate_must_not_know_a_runtime() {
        assert_eq!(check("gomod", &on("tokio", false, false)).len(), 1);
        assert_eq!(check("gomod", &on("tokio", false, true)).len(), 0);
    }

    #[test]
    fn a_test_builds_what_its_subject_stands_on_and_nothing_above() {
        assert_eq!(check("server", &on("upstream", true, true)).len(), 0);
        assert_eq!(check("server", &on("upstream", true, false)).len(), 1);
        assert_eq!(check("store", &on("proxy", true, true)).len(), 1);
    }

    #[test]
    fn an_unknown_room_is_a_problem() {
        assert_eq!(check("attic", &[]).len(), 1);
    }
}
