//! How the builds of a project come to its packages, for whoever wants to know it of some of them.

use super::{modules::Places, packages, source_files};
use crate::checkout::Checkout;
use gomod::mvs::Selection;
use project::{
    tidy::release,
    uses::{Module, Uses},
};

/// The uses of a project whose module graph is loaded. The packages of all modules that it reaches
/// are read, so this takes as long as having their zips.
/// `systems` are the values of GOOS that it is built for.
pub(crate) async fn uses(
    checkout: &Checkout,
    selection: &Selection,
    systems: &[String],
) -> Result<Uses, String> {
    let Checkout {
        root,
        file,
        upstreams,
        ..
    } = checkout;
    let places = Places::new(root, upstreams);
    let own = source_files::walk(root, file);
    let unreadable = own.unreadable.clone();
    let tools: Vec<String> = file.tool.iter().map(|tool| tool.path.clone()).collect();
    let packages = packages::load(selection, own, &tools, &places).await?;
    let modules = selection.build_list().into_iter().map(|selected| {
        let actual = selected.replacement.unwrap_or(selected.module);
        Module {
            path: selected.module.path.clone(),
            actual: actual.path.clone(),
        }
    });
    Ok(Uses::of(
        packages,
        modules.collect(),
        &unreadable,
        release(file),
        systems,
    ))
}
