//! Settings: what pnpm-workspace.yaml says, as far as a lock repeats it.

use crate::{
    input::SourceText,
    manifest,
    model::{DependencyOverride, PackageDependency},
    tree::{self, MapFields},
};
use finding::UnreadableInput;

/// A pnpm-workspace.yaml; of a project without one, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PnpmSettings {
    /// What is replaced wherever it is asked for.
    pub overrides: Vec<DependencyOverride>,
    /// What ranges `catalog:NAME` stand for, each with the catalog's name before its own.
    pub catalogs: Vec<PackageDependency>,
    /// The patches that are applied, each with the path of its file.
    pub patches: Vec<DependencyOverride>,
}

// === impl PnpmSettings ===

impl PnpmSettings {
    /// Reads a pnpm-workspace.yaml.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, UnreadableInput> {
        let input = SourceText::new(file, bytes)?;
        let documents = tree::yaml(&input)?;
        let [document] = documents.as_slice() else {
            return Err(input.refuse_whole("has not exactly one document"));
        };
        let top = MapFields::of(&input, document)?;
        let mut catalogs = of_catalog(top.map("catalog")?, "default")?;
        if let Some(more) = top.map("catalogs")? {
            for entry in more.entries {
                let fields = MapFields::of(&input, &entry.node)?;
                catalogs.extend(of_catalog(Some(fields), &entry.key)?);
            }
        }
        Ok(Self {
            overrides: manifest::overrides(top.map("overrides")?)?,
            catalogs,
            patches: manifest::patches(top.map("patchedDependencies")?)?,
        })
    }
}

fn of_catalog(
    catalog: Option<MapFields<'_, '_>>,
    catalog_name: &str,
) -> Result<Vec<PackageDependency>, UnreadableInput> {
    let Some(catalog) = catalog else {
        return Ok(Vec::new());
    };
    let entries = catalog.entries.iter();
    let read = entries.map(|entry| {
        Ok(PackageDependency {
            name: format!("{catalog_name}:{}", entry.key),
            wanted: entry.node.scalar(catalog.input)?.to_owned(),
            locked: None,
            is_optional: false,
            span: catalog.input.span(entry.at.to(entry.node.at)),
        })
    });
    read.collect()
}
