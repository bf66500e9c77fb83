//! Adjacent files: what lies beside a lock file and says what the lock is for.

use crate::{
    manifest::PackageManifest,
    model::{Lockfile, LockfileKind},
    settings::PnpmSettings,
};
use finding::UnreadableInput;
use std::collections::BTreeSet;

/// The most package.json files that are read for one lock. The largest known workspaces have some
/// thousand.
const MAX_MANIFESTS: usize = 10_000;

/// What lies beside a lock.
#[derive(Debug, Clone, Default)]
pub struct AdjacentFiles {
    /// The package.json beside it, and those of the project's folders that the lock names.
    pub manifests: Vec<PackageManifest>,
    /// What pnpm-workspace.yaml says, also that there is none; nothing for locks of other tools.
    pub settings: Option<PnpmSettings>,
}

// === impl AdjacentFiles ===

impl AdjacentFiles {
    /// Reads it. `read` gives the bytes of a file of the checkout, by a path that does not climb, and
    /// nothing if there is no such file; it must follow no links, because the lock names the folders.
    pub fn read(
        lockfile: &Lockfile,
        read: impl Fn(&str) -> Result<Option<Vec<u8>>, UnreadableInput>,
    ) -> Result<Self, UnreadableInput> {
        let folder = lockfile
            .file
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let below: BTreeSet<&str> = lockfile.folders().filter(|path| is_below(path)).collect();
        let mut manifests = Vec::new();
        for path in std::iter::once("").chain(below).take(MAX_MANIFESTS) {
            let name = join(folder, &join(path, "package.json"));
            if let Some(bytes) = read(&name)? {
                manifests.push(PackageManifest::read(&name, &bytes)?);
            }
        }
        let settings = match lockfile.format.kind() {
            LockfileKind::Npm | LockfileKind::Yarn => None,
            LockfileKind::Pnpm => {
                let name = join(folder, "pnpm-workspace.yaml");
                let bytes = read(&name)?;
                let settings = bytes.map(|bytes| PnpmSettings::read(&name, &bytes));
                Some(settings.transpose()?.unwrap_or_default())
            }
        };
        Ok(Self {
            manifests,
            settings,
        })
    }
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Whether a path names a folder below another one: what climbs, turns back or begins anew does not.
fn is_below(path: &str) -> bool {
    let is_step = |part: &str| !matches!(part, "" | "." | "..");
    path.split('/').all(is_step) && !path.contains(['\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::AdjacentFiles;
    use crate::{LockfileKind, read};
    use std::cell::RefCell;

    #[test]
    fn only_folders_below_the_lock_are_read() {
        let text = r#"{"lockfileVersion": 3, "packages": {"": {}, "packages/a": {}, "../b": {},
            "/etc": {}, "c/../../d": {}, "e\\\\f": {}}}"#;
        let lock = read(LockfileKind::Npm, "web/package-lock.json", text.as_bytes()).unwrap();
        let asked = RefCell::new(Vec::new());
        let beside = AdjacentFiles::read(&lock, |name| {
            asked.borrow_mut().push(name.to_owned());
            Ok((name == "web/package.json").then(|| b"{}".to_vec()))
        });
        assert_eq!(beside.unwrap().manifests.len(), 1);
        let asked = asked.into_inner();
        assert_eq!(asked, ["web/package.json", "web/packages/a/package.json"]);
    }
}
