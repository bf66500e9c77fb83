//! Lock files of npm, yarn and pnpm: read with places, audited, compared.
//!
//! A lock says which bytes an install may fetch and from where; whoever can change it unseen decides
//! what runs on every machine that installs. [`read`] takes the file of any of the three tools into
//! one [`Lockfile`]. [`audit`](audit::audit) says what is wrong in a lock that stands alone, or
//! beside its package.json; [`changed`](compare::changed) what differs from the lock at the base of
//! a change though name and version are the same, which is how a tampered hash is found offline;
//! [`against`](compare::against) what differs from what a registry published.
//!
//! Everything is a pure function of bytes: nothing is fetched and no file is opened. A file that
//! cannot be read in full is no empty lock but [`UnreadableInput`], with the place of the damage.
//!
//! # What the hashes of each tool can tell
//!
//! npm, yarn 1 and pnpm write the hash of the archive that the registry serves, so locks of these
//! can be compared with each other and with the registry. yarn 2 and later write a `checksum` of the
//! archive that yarn itself packs for its cache. It depends on the archive's content and on how this
//! version of yarn packs: nobody but yarn can make it again. So of such a lock can be told that the
//! checksum is there and well-formed, and whether it is still the one at the base as long as the
//! version of the cache is the same. It cannot be compared with the registry.

mod adjacent;
pub mod audit;
pub mod compare;
mod directories;
mod fold;
mod input;
pub mod manifest;
mod model;
mod npm;
mod pnpm;
mod range;
pub mod registries;
pub mod registry;
pub mod rules;
mod settings;
mod source;
mod sri;
mod tree;
mod yarn;

pub use adjacent::AdjacentFiles;
pub use directories::workspace_patterns;
pub use input::MAX_BYTES;
pub use manifest::{ManifestOverrides, PackageManifest};
pub use model::{
    DependencyOverride, Integrity, LockedPackage, Lockfile, LockfileFormat, LockfileKind,
    PackageDependency, RootPackage, SpannedText,
};
pub use rules::RULES;
pub use settings::PnpmSettings;
pub use source::PackageSource;
pub use sri::{Sri, SriAlgorithm, SriError, agree};

use finding::{FileSpan, UnreadableInput};
use input::SourceText;

/// Reads a lock file. `file` is its path in the checkout, for places; the kind is told by
/// [`LockfileKind::of_file_name`].
pub fn read(kind: LockfileKind, file: &str, bytes: &[u8]) -> Result<Lockfile, UnreadableInput> {
    let input = SourceText::new(file, bytes)?;
    let lockfile = match kind {
        LockfileKind::Npm => npm::read(&input),
        LockfileKind::Yarn => yarn::read(&input),
        LockfileKind::Pnpm => pnpm::read(&input),
    }?;
    match lockfile.packages.iter().find_map(impossible) {
        Some((span, problem)) => Err(UnreadableInput::new(lockfile.place(span), problem)),
        None => Ok(lockfile),
    }
}

/// What no package can be named, and where: a way out of its folder, or letters that would do
/// something to the terminal of whoever reads a finding.
fn impossible(package: &LockedPackage) -> Option<(FileSpan, String)> {
    let names = [Some(&package.name), package.alias.as_ref()];
    let mut names = names.into_iter().flatten();
    if let Some(name) = names.find(|name| !source::is_folder_name(name)) {
        let problem = format!(
            "has {}, which no package can be named",
            tree::printable_name(name)
        );
        return Some((package.span, problem));
    }
    let version = package.version.as_ref()?;
    let is_plain = version
        .value
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~'));
    let problem = || {
        format!(
            "has {}, which is no version",
            tree::printable_name(&version.value)
        )
    };
    (!is_plain).then(|| (version.span, problem()))
}
