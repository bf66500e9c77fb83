//! Where the go.mod of a version is: in the directory, or in that of its major version.

use super::{ModuleRepository, layout::ModuleLayout};
use crate::{error::VcsError, repository::Commit};
use gomod::{path::split_path_version, semver};

/// The longest go.mod that `go` reads (Go Modules Reference, "Module zip files").
const GO_MOD_LIMIT: u64 = 16 << 20;

/// Where a module is in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModuleLocation {
    /// The directory of go.mod below the root of the repository; empty for the root.
    pub(super) directory: String,
    /// The go.mod, if there is one.
    pub(super) go_mod: Option<Vec<u8>>,
}

// === impl ModuleRepository ===

impl ModuleRepository {
    /// The file go.mod of a directory.
    pub(super) async fn go_mod_in(
        &self,
        commit: &Commit,
        directory: &str,
    ) -> Result<Option<Vec<u8>>, VcsError> {
        let path = match directory {
            "" => "go.mod".to_owned(),
            directory => format!("{directory}/go.mod"),
        };
        self.code.file(commit, &path, GO_MOD_LIMIT).await
    }

    /// The path that the newest go.mod of this module declares, if it is another one than that of any of its major
    /// versions: the module was renamed, or is a fork.
    pub(crate) async fn declared_elsewhere(&self) -> Option<String> {
        let commit = self.code.latest().await.ok()?;
        let go_mod = self
            .go_mod_in(&commit, &self.layout.directory)
            .await
            .ok()??;
        let declared = declared_path(&go_mod);
        let (prefix, _) = split_path_version(&declared)?;
        let is_ours = prefix == self.layout.path_prefix || declared == self.layout.path_prefix;
        (!is_ours && gomod::ModulePath::parse(&declared).is_ok()).then_some(declared)
    }

    /// Where the module is in a commit that is to be `version`.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where no go.mod declares a path of this major version.
    pub(super) async fn locate(
        &self,
        commit: &Commit,
        version: &str,
    ) -> Result<ModuleLocation, VcsError> {
        let layout = &self.layout;
        let first = self.go_mod_in(commit, &layout.directory).await?;
        let first_path = first.as_deref().map(declared_path).unwrap_or_default();
        let is_first = first.is_some()
            && (has_major(&first_path, &layout.path_major)
                || layout.path_major.is_empty() && first_path.starts_with("gopkg.in/"));
        let second = layout.major_directory();
        if let Some(directory) = &second
            && let Some(go_mod) = self.go_mod_in(commit, directory).await?
        {
            let path = declared_path(&go_mod);
            let is_second = has_major(&path, &layout.path_major);
            if is_second && !is_first {
                return Ok(ModuleLocation {
                    directory: directory.clone(),
                    go_mod: Some(go_mod),
                });
            }
            let why = second_refusal(layout, directory, &path, is_second, commit);
            return Err(self.invalid(version, why));
        }
        let is_implicit = first.is_none()
            && layout.directory.is_empty()
            && (layout.path_major.is_empty() || layout.path_major.starts_with('.'));
        if is_first || is_implicit {
            return Ok(ModuleLocation {
                directory: layout.directory.clone(),
                go_mod: first,
            });
        }
        let declared = first.is_some().then_some(first_path.as_str());
        let why = first_refusal(layout, declared, second.is_some(), version, commit);
        Err(self.invalid(version, why))
    }
}

/// Why neither place has the go.mod of this major version; `declared` is the path in the first one, if there
/// is a file.
fn first_refusal(
    layout: &ModuleLayout,
    declared: Option<&str>,
    has_second: bool,
    version: &str,
    commit: &Commit,
) -> String {
    let (file, major) = (layout.file("go.mod"), &layout.path_major);
    let (prefix, revision) = (&layout.path_prefix, &commit.hash);
    let also = if has_second {
        format!(" (and ...{major}/go.mod does not exist)")
    } else {
        String::new()
    };
    match declared {
        None if has_second => {
            format!("missing {prefix}/go.mod and ...{major}/go.mod at revision {revision}")
        }
        None => format!("missing {prefix}/go.mod at revision {revision}"),
        Some("") => format!("{file} is missing module path{also} at revision {revision}"),
        Some(path) if !major.is_empty() => {
            format!("{file} has non-...{major} module path {path:?}{also} at revision {revision}")
        }
        Some(path) if split_path_version(path).is_none() => {
            format!("{file} has malformed module path {path:?}{also} at revision {revision}")
        }
        Some(path) => {
            let major = semver::major(version).unwrap_or_default();
            format!("{file} has post-{major} module path {path:?}{also} at revision {revision}")
        }
    }
}

/// Why the go.mod in the directory of the major version is not the one.
fn second_refusal(
    layout: &ModuleLayout,
    directory: &str,
    path: &str,
    are_both: bool,
    commit: &Commit,
) -> String {
    let (root, major, revision) = (&layout.root, &layout.path_major, &commit.hash);
    if are_both {
        let (prefix, file) = (&layout.path_prefix, layout.file("go.mod"));
        return format!(
            "{prefix}/{file} and ...{major}/go.mod both have ...{major} module paths at revision {revision}"
        );
    }
    if path.is_empty() {
        return format!("{root}/{directory}/go.mod is missing module path at revision {revision}");
    }
    format!(
        "{root}/{directory}/go.mod has non-...{major} module path {path:?} at revision {revision}"
    )
}

/// The path that a go.mod declares; empty if it declares none. A look at its lines is enough, and all that
/// `go` takes here: a file that it could not parse may still say where it is.
fn declared_path(go_mod: &[u8]) -> String {
    let text = String::from_utf8_lossy(go_mod);
    let mut lines = text.lines().filter_map(|line| {
        let line = line.split_once("//").map_or(line, |(code, _)| code).trim();
        let path = line.strip_prefix("module")?;
        (path.starts_with(char::is_whitespace)).then(|| path.trim())
    });
    let path = lines.next().unwrap_or_default();
    match path.strip_prefix(['"', '`']) {
        Some(quoted) => quoted.strip_suffix(['"', '`']).unwrap_or_default(),
        None => path,
    }
    .to_owned()
}

/// Whether a declared path is of this major version. The rest of the path may be another's: a fork that is
/// used in place of the original declares that one's.
fn has_major(declared: &str, path_major: &str) -> bool {
    if declared.is_empty() {
        return false;
    }
    let Some((_, declared_major)) = split_path_version(declared) else {
        return false;
    };
    let number = |major: &str| {
        let plain = major.strip_suffix("-unstable").unwrap_or(major);
        plain.get(1..).unwrap_or_default().to_owned()
    };
    if path_major.is_empty() {
        return matches!(number(declared_major).as_str(), "" | "v0" | "v1");
    }
    path_major.get(1..) == declared_major.get(1..) && !declared_major.is_empty()
}
