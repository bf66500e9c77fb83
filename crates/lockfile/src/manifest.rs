//! Manifest: what a package.json asks for, as far as a lock has to fit it.

use crate::{
    input::Input,
    model::Dependency,
    tree::{self, Fields, Value},
};
use finding::Unreadable;
use std::collections::HashSet;

/// A package.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its path in the checkout, as the caller gave it.
    pub file: String,
    /// The name of its package.
    pub name: Option<String>,
    /// What it asks for.
    pub dependencies: Vec<Dependency>,
    /// The names of what it wants to meet (`peerDependencies`): some tools install it, some do not.
    pub peers: HashSet<String>,
    /// The names of what it replaces wherever it is asked for: `overrides` of npm and pnpm,
    /// `resolutions` of yarn.
    pub overridden: HashSet<String>,
}

// === impl Manifest ===

impl Manifest {
    /// Reads a package.json.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        let input = Input::new(file, bytes)?;
        let tree = tree::json(&input)?;
        let top = Fields::of(&input, &tree)?;
        let mut dependencies = top.dependencies("dependencies", false)?;
        dependencies.extend(top.dependencies("devDependencies", false)?);
        dependencies.extend(top.dependencies("optionalDependencies", true)?);
        let peers = top.dependencies("peerDependencies", false)?;
        let mut overridden = HashSet::new();
        let pnpm = top.map("pnpm")?;
        let pnpm = pnpm.map_or(Ok(None), |pnpm| pnpm.map("overrides"))?;
        let lists = [top.map("overrides")?, top.map("resolutions")?, pnpm];
        for list in lists.into_iter().flatten() {
            collect(list, &mut overridden)?;
        }
        Ok(Self {
            file: file.to_owned(),
            name: top.text("name")?.map(|name| name.value),
            dependencies,
            peers: peers.into_iter().map(|peer| peer.name).collect(),
            overridden,
        })
    }

    /// Whether it asks for anything that is not a folder or file of the checkout.
    pub fn asks_elsewhere(&self) -> bool {
        const OWN: [&str; 4] = ["workspace:", "link:", "file:", "portal:"];
        let mut wanted = self.dependencies.iter().map(|one| &one.wanted);
        wanted.any(|wanted| !OWN.iter().any(|own| wanted.starts_with(own)))
    }
}

/// The names that a list of replacements is for; those of npm can be nested.
pub(crate) fn collect(list: Fields<'_, '_>, names: &mut HashSet<String>) -> Result<(), Unreadable> {
    for entry in list.entries {
        names.extend(target(&entry.key).map(str::to_owned));
        if matches!(entry.node.value, Value::Map(_)) {
            collect(Fields::of(list.input, &entry.node)?, names)?;
        }
    }
    Ok(())
}

/// The name in `NAME`, `NAME@RANGE`, `PARENT>NAME` (pnpm) or `PARENT/**/NAME` (yarn).
fn target(key: &str) -> Option<&str> {
    let last = key.rsplit('>').next()?;
    // An `@` that begins a part of the path is of a scope, any other one of a range.
    let mut before = '/';
    let is_range = |letter: char| {
        let begins = letter == '@' && before != '/';
        before = letter;
        begins
    };
    let path = last.split(is_range).next()?;
    let (above, base) = path.rsplit_once('/').unwrap_or(("", path));
    let scope = above
        .rsplit('/')
        .next()
        .filter(|scope| scope.starts_with('@'));
    match scope {
        Some(scope) => path.get(path.len() - base.len() - scope.len() - 1..),
        None => Some(base),
    }
}

#[cfg(test)]
mod tests {
    use super::{Manifest, target};

    #[test]
    fn everything_that_is_asked_for_is_listed() {
        let text = r#"{"name": "x", "dependencies": {"a": "^1"},
            "devDependencies": {"b": "2"}, "optionalDependencies": {"c": "*"},
            "peerDependencies": {"d": "1"}, "overrides": {"e": {"f": "1"}},
            "pnpm": {"overrides": {"g>h@1": "2"}}}"#;
        let manifest = Manifest::read("package.json", text.as_bytes()).unwrap();
        let names: Vec<&str> = manifest.dependencies.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(manifest.dependencies[1].span.line, 2);
        assert!(manifest.peers.contains("d"));
        let mut overridden: Vec<_> = manifest.overridden.into_iter().collect();
        overridden.sort_unstable();
        assert_eq!(overridden, ["e", "f", "h"]);
    }

    #[test]
    fn replacements_are_for_the_last_name_in_their_key() {
        let keys = [
            ("a", "a"),
            ("@s/a", "@s/a"),
            ("a/**/b", "b"),
            ("**/@s/b", "@s/b"),
            ("a/b", "b"),
            ("@s/a/@t/b", "@t/b"),
            ("a@npm:^1/x", "a"),
            ("a>@s/b@1", "@s/b"),
        ];
        for (key, name) in keys {
            assert_eq!(target(key), Some(name), "{key}");
        }
    }
}
