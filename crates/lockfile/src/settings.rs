//! Settings: what pnpm-workspace.yaml says, as far as a lock repeats it.

use crate::{
    input::Input,
    manifest,
    model::{Dependency, Override},
    tree::{self, Fields},
};
use finding::Unreadable;

/// A pnpm-workspace.yaml; of a project without one, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What is replaced wherever it is asked for.
    pub overrides: Vec<Override>,
    /// What ranges `catalog:NAME` stand for, each with the catalog's name before its own.
    pub catalogs: Vec<Dependency>,
    /// The patches that are applied, each with the path of its file.
    pub patches: Vec<Override>,
}

// === impl Settings ===

impl Settings {
    /// Reads a pnpm-workspace.yaml.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        let input = Input::new(file, bytes)?;
        let documents = tree::yaml(&input)?;
        let [document] = documents.as_slice() else {
            return Err(input.refuse_whole("has not exactly one document"));
        };
        let top = Fields::of(&input, document)?;
        let mut catalogs = of_catalog(top.map("catalog")?, "default")?;
        if let Some(more) = top.map("catalogs")? {
            for entry in more.entries {
                let fields = Fields::of(&input, &entry.node)?;
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
    catalog: Option<Fields<'_, '_>>,
    catalog_name: &str,
) -> Result<Vec<Dependency>, Unreadable> {
    let Some(catalog) = catalog else {
        return Ok(Vec::new());
    };
    let entries = catalog.entries.iter();
    let read = entries.map(|entry| {
        Ok(Dependency {
            name: format!("{catalog_name}:{}", entry.key),
            wanted: entry.node.scalar(catalog.input)?.to_owned(),
            locked: None,
            is_optional: false,
            span: catalog.input.span(entry.at.to(entry.node.at)),
        })
    });
    read.collect()
}
