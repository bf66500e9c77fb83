//! Which packages a project is made of, across its modules.
//!
//! The walk begins at the packages of the main module, tests included, and follows imports through
//! the packages of the build list. An import path belongs to the module with the longest path that
//! is a prefix of it and has that directory; a nested module's directory is in no other's zip, so
//! files decide where prefixes are ambiguous. Followed is what `go mod tidy` follows in `all`: every
//! file that some setting of tags builds, but never `ignore`; tests only of the main module.
//!
//! Nothing here reads a file: [`PackageLoader::step`] says which directories of which modules it needs, all
//! that can be read at the same time, and [`PackageLoader::supply`] hands them in. A directory that could not
//! be read is remembered as unknown and stays visible in the result: what lies behind it is missing,
//! and whoever reports from it has to say so.

mod loader;
mod package;

pub use loader::{PackageLoader, PackageStep};
pub use package::{
    DirectoryListing, GoFile, GoImport, ImportedPackage, ModuleId, PackageDirectory, PackageId,
    PackageSet,
};

/// The most packages that are followed. Large projects reach some ten thousand.
pub const MAX_PACKAGES: usize = 200_000;

/// Whether a path is one of Go's own packages, as cmd/go tells: its first element has no dot.
pub fn is_standard(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    !first.contains('.')
}

#[cfg(test)]
mod tests;
