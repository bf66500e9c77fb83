//! Every package of a project: the walk of [`project::imports`], fed with files.

use super::modules::{ModuleLocation, ModuleSources};
use checkout::source_files::SourceScan;
use gomod::mvs::{ModuleSelection, SelectedModule};
use project::imports::{ModuleId, PackageLoader, PackageSet, PackageStep};
use std::collections::{BTreeSet, HashMap};

/// Modules that are opened at a time: each may be a download and a zip being read.
const AT_A_TIME: usize = 8;

/// Paths of the build list, in the numbering of the walk.
pub(super) fn build_list(selection: &ModuleSelection) -> Vec<String> {
    let list = selection.build_list().into_iter();
    list.map(|selected| selected.module.path.clone()).collect()
}

/// Follows imports from the main module's packages and from `roots`.
pub(super) async fn load(
    selection: &ModuleSelection,
    own: SourceScan,
    roots: &[String],
    places: &ModuleSources,
) -> Result<PackageSet, String> {
    let list = selection.build_list();
    let mut loader = PackageLoader::new(build_list(selection));
    for (directory, files) in own.packages {
        loader.begin_at(&directory, files);
    }
    for root in roots {
        loader.begin_at_path(root);
    }
    let mut opened = HashMap::new();
    loop {
        let needed = match loader.step() {
            PackageStep::Done(packages) => return Ok(packages),
            PackageStep::Need(needed) => needed,
        };
        let new: BTreeSet<ModuleId> = needed.iter().map(|directory| directory.module).collect();
        let new = new
            .into_iter()
            .filter(|module| !opened.contains_key(module));
        open(new.collect(), &list, places, &mut opened).await?;
        for directory in needed {
            let Some(files) = opened.get(&directory.module) else {
                return Err("a module was not opened".to_owned());
            };
            let listing = files.listing(&directory.path);
            loader.supply(directory, listing);
        }
    }
}

async fn open(
    new: Vec<ModuleId>,
    list: &[SelectedModule<'_>],
    places: &ModuleSources,
    opened: &mut HashMap<ModuleId, ModuleLocation>,
) -> Result<(), String> {
    use futures_util::StreamExt as _;
    let opening = new.into_iter().filter_map(|module| {
        let selected = list.get(module).copied()?;
        Some(async move { (module, places.open(selected).await) })
    });
    let mut opening = futures_util::stream::iter(opening).buffer_unordered(AT_A_TIME);
    while let Some((module, files)) = opening.next().await {
        opened.insert(module, files);
    }
    Ok(())
}
