//! How the builds of a project come to its packages, for whoever wants to know it of some of them.

use super::{modules::ModuleSources, packages};
use crate::module_checkout::ModuleCheckout;
use checkout::source_files;
use gomod::mvs::ModuleSelection;
use project::{
    tidy::release,
    uses::{BuildModule, ProjectUses},
};

/// The uses of a project whose module graph is loaded. The packages of all modules that it reaches
/// are read, so this takes as long as having their zips.
/// `systems` are the values of GOOS that it is built for.
pub(crate) async fn uses(
    checkout: &ModuleCheckout,
    selection: &ModuleSelection,
    systems: &[String],
) -> Result<ProjectUses, String> {
    let ModuleCheckout {
        root,
        file,
        upstreams,
        ..
    } = checkout;
    let places = ModuleSources::new(root, upstreams);
    let own = source_files::walk(root, file);
    let unreadable = own.unreadable.clone();
    let tools: Vec<String> = file.tool.iter().map(|tool| tool.path.clone()).collect();
    let packages = packages::load(selection, own, &tools, &places).await?;
    let modules = selection.build_list().into_iter().map(|selected| {
        let actual = selected.replacement.unwrap_or(selected.module);
        BuildModule {
            path: selected.module.path.clone(),
            actual: actual.path.clone(),
        }
    });
    Ok(ProjectUses::of(
        packages,
        modules.collect(),
        &unreadable,
        release(file),
        systems,
    ))
}
