//! Manifest: what a package.json asks for, as far as a lock has to fit it.

use crate::{
    input::SourceText,
    model::{DependencyOverride, PackageDependency},
    tree::{self, MapFields, TreeValue},
};
use finding::UnreadableInput;
use std::collections::HashSet;

/// A package.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageManifest {
    /// Its path in the checkout, as the caller gave it.
    pub file: String,
    /// The name of its package.
    pub name: Option<String>,
    /// What it asks for.
    pub dependencies: Vec<PackageDependency>,
    /// The names of what it wants to meet (`peerDependencies`): some tools install it, some do not.
    pub peers: HashSet<String>,
    /// The folders of the project's own packages, as patterns (`workspaces`).
    pub workspaces: Vec<String>,
    /// What it replaces wherever that is asked for, by the tool that reads the list.
    pub overrides: ManifestOverrides,
    /// The patches that it has pnpm apply, each with the path of its file.
    pub patches: Vec<DependencyOverride>,
    /// What it has to run with (`devEngines.runtime`), as pnpm writes it into a lock.
    pub runtimes: Vec<PackageDependency>,
}

/// What is replaced wherever it is asked for: each tool reads a list of its own, and a project that is
/// installed with several tools has several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestOverrides {
    /// `overrides`, of npm.
    pub npm: Vec<DependencyOverride>,
    /// `resolutions`, of yarn; pnpm reads them too.
    pub yarn: Vec<DependencyOverride>,
    /// `pnpm.overrides`.
    pub pnpm: Vec<DependencyOverride>,
}

// === impl PackageManifest ===

impl PackageManifest {
    /// Reads a package.json.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, UnreadableInput> {
        let input = SourceText::new(file, bytes)?;
        let tree = tree::json(&input)?;
        let top = MapFields::of(&input, &tree)?;
        let mut dependencies = top.dependencies("dependencies", false)?;
        dependencies.extend(top.dependencies("devDependencies", false)?);
        dependencies.extend(top.dependencies("optionalDependencies", true)?);
        let peers = top.dependencies("peerDependencies", false)?;
        let pnpm = top.map("pnpm")?;
        let patched = pnpm.map_or(Ok(None), |pnpm| pnpm.map("patchedDependencies"))?;
        let pnpm = pnpm.map_or(Ok(None), |pnpm| pnpm.map("overrides"))?;
        let overrides = ManifestOverrides {
            npm: overrides(top.map("overrides")?)?,
            yarn: overrides(top.map("resolutions")?)?,
            pnpm: overrides(pnpm)?,
        };
        Ok(Self {
            file: file.to_owned(),
            name: top.text("name")?.map(|name| name.value),
            dependencies,
            peers: peers.into_iter().map(|peer| peer.name).collect(),
            workspaces: workspaces(top)?,
            overrides,
            patches: patches(patched)?,
            runtimes: runtimes(top)?,
        })
    }

    /// Whether it asks for anything that is not a folder or file of the checkout.
    pub fn asks_elsewhere(&self) -> bool {
        const OWN: [&str; 4] = ["workspace:", "link:", "file:", "portal:"];
        let mut wanted = self.dependencies.iter().map(|one| &one.wanted);
        wanted.any(|wanted| !OWN.iter().any(|own| wanted.starts_with(own)))
    }
}

// === impl ManifestOverrides ===

impl ManifestOverrides {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &DependencyOverride> {
        self.npm.iter().chain(&self.yarn).chain(&self.pnpm)
    }
}

/// `workspaces` is a list of patterns, or a map that has it as `packages`.
fn workspaces(top: MapFields<'_, '_>) -> Result<Vec<String>, UnreadableInput> {
    match top.get("workspaces").map(|node| (node, &node.value)) {
        Some((_, TreeValue::Map(_))) => {
            let map = top.map("workspaces")?;
            map.map_or(Ok(Vec::new()), |map| map.texts_of(map.get("packages")))
        }
        Some((node, TreeValue::List(_))) => top.texts_of(Some(node)),
        _ => Ok(Vec::new()),
    }
}

/// What a list of replacements says; those of npm can be nested, and then `.` is what they are
/// nested in.
pub(crate) fn overrides(
    list: Option<MapFields<'_, '_>>,
) -> Result<Vec<DependencyOverride>, UnreadableInput> {
    let mut found = Vec::new();
    if let Some(list) = list {
        collect(list, None, &mut found)?;
    }
    Ok(found)
}

/// A runtime, or a list of them, for development or always.
fn runtimes(top: MapFields<'_, '_>) -> Result<Vec<PackageDependency>, UnreadableInput> {
    let mut found = Vec::new();
    for key in ["devEngines", "engines"] {
        let Some(TreeValue::Map(_)) = top.get(key).map(|node| &node.value) else {
            continue;
        };
        let node = top.map(key)?.and_then(|engines| engines.get("runtime"));
        let nodes = match node.map(|node| (node, &node.value)) {
            Some((node, TreeValue::Map(_))) => std::slice::from_ref(node),
            Some((_, TreeValue::List(nodes))) => nodes.as_slice(),
            _ => &[],
        };
        for node in nodes {
            let fields = MapFields::of(top.input, node)?;
            if let (Some(name), Some(version)) = (fields.text("name")?, fields.text("version")?) {
                found.push(PackageDependency {
                    name: name.value,
                    wanted: format!("runtime:{}", version.value),
                    locked: None,
                    is_optional: true,
                    span: version.span,
                });
            }
        }
    }
    Ok(found)
}

/// A list of patches: each has a path, or a hash and a path, or only a hash.
pub(crate) fn patches(
    list: Option<MapFields<'_, '_>>,
) -> Result<Vec<DependencyOverride>, UnreadableInput> {
    let mut found = Vec::new();
    let Some(list) = list else {
        return Ok(found);
    };
    for entry in list.entries {
        let path = if let TreeValue::Map(_) = &entry.node.value {
            let fields = MapFields::of(list.input, &entry.node)?;
            fields.text("path")?.map(|one| one.value)
        } else {
            // A hash has neither.
            let text = entry.node.text(list.input)?;
            Some(text.to_owned()).filter(|text| text.contains(['/', '.']))
        };
        found.push(DependencyOverride {
            selector: entry.key.to_string(),
            name: entry.key.to_string(),
            wanted: path,
            span: list.input.span(entry.at.to(entry.node.at)),
        });
    }
    Ok(found)
}

fn collect(
    list: MapFields<'_, '_>,
    above: Option<&str>,
    found: &mut Vec<DependencyOverride>,
) -> Result<(), UnreadableInput> {
    for entry in list.entries {
        let (selector, name) = match (&*entry.key, above) {
            (".", Some(above)) => (above.to_owned(), target(above)),
            (key, Some(above)) => (format!("{above}>{key}"), target(key)),
            (key, None) => (key.to_owned(), target(key)),
        };
        let Some(name) = name.map(str::to_owned) else {
            continue;
        };
        let is_map = matches!(entry.node.value, TreeValue::Map(_));
        if is_map {
            // Only the nearest parent is kept: the whole way down could be as long as the file, again
            // and again.
            collect(
                MapFields::of(list.input, &entry.node)?,
                Some(&entry.key),
                found,
            )?;
        }
        let wanted = if is_map {
            None
        } else {
            Some(entry.node.scalar(list.input)?.to_owned())
        };
        found.push(DependencyOverride {
            selector,
            name,
            wanted,
            span: list.input.span(entry.at.to(entry.node.at)),
        });
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
    use super::{PackageManifest, target};

    #[test]
    fn everything_that_is_asked_for_is_listed() {
        let text = r#"{"name": "x", "dependencies": {"a": "^1"},
            "devDependencies": {"b": "2"}, "optionalDependencies": {"c": "*"},
            "peerDependencies": {"d": "1"}, "workspaces": {"packages": ["packages/*"]}, "overrides": {"e": {"f": "1"}},
            "pnpm": {"overrides": {"g>h@1": "2"}}}"#;
        let manifest = PackageManifest::read("package.json", text.as_bytes()).unwrap();
        let names: Vec<&str> = manifest.dependencies.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(manifest.dependencies[1].span.line, 2);
        assert!(manifest.peers.contains("d"));
        let overrides: Vec<_> = manifest.overrides.all().collect();
        let pairs = overrides
            .iter()
            .map(|one| (&*one.name, one.wanted.as_deref()));
        let pairs: Vec<_> = pairs.collect();
        assert_eq!(pairs, [("f", Some("1")), ("e", None), ("h", Some("2"))]);
        assert_eq!(overrides[0].selector, "e>f");
        assert_eq!(manifest.workspaces, ["packages/*"]);
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
