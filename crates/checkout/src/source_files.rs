//! Go files on disk: the packages of a main module, and single directories.
//!
//! The walk is that of `./...`: without `vendor`, `testdata`, names that begin with `_` or `.`,
//! nested modules, and what go.mod ignores. Links to directories are not followed, so it ends.

use gomod::modfile::ModFile;
use project::{
    imports::GoFile,
    source::{MAX_HEAD, is_considered, is_test, parse},
};
use std::{fs, io, io::Read as _, path::Path};

/// The deepest directory that is looked into; deeper ones are made by accident or malice.
const MAX_DEPTH: usize = 100;

/// What was read.
#[derive(Debug, Default)]
pub struct SourceScan {
    /// Directories with Go files, relative to the root with `/`.
    pub packages: Vec<(String, Vec<GoFile>)>,
    /// What could not be read, in words.
    pub unreadable: Vec<String>,
}

/// The packages of the main module.
pub fn walk(root: &Path, go_mod: &ModFile) -> SourceScan {
    let mut found = SourceScan::default();
    let mut open = vec![(String::new(), 0)];
    while let Some((path, depth)) = open.pop() {
        match look(root, &path, &mut found.unreadable) {
            Ok((files, directories)) => {
                if !files.is_empty() {
                    found.packages.push((path.clone(), files));
                }
                let below = directories.into_iter().map(|name| join(&path, &name));
                let below = below.filter(|path| !is_skipped(root, path, go_mod));
                open.extend(
                    below
                        .filter(|_| depth < MAX_DEPTH)
                        .map(|path| (path, depth + 1)),
                );
            }
            Err(error) => found
                .unreadable
                .push(format!("{}: {error}", path_or_dot(&path))),
        }
    }
    found.packages.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// The Go files of one directory of a module, without tests; none if there is no such directory.
pub fn directory(root: &Path, path: &str) -> Result<Vec<GoFile>, String> {
    let mut unreadable = Vec::new();
    match look(root, path, &mut unreadable) {
        Ok((files, _)) => match unreadable.into_iter().next() {
            Some(first) => Err(first),
            None => Ok(files.into_iter().filter(|file| !file.is_test()).collect()),
        },
        Err(error) if is_absence(&error) => Ok(Vec::new()),
        Err(error) => Err(format!("{}: {error}", path_or_dot(path))),
    }
}

fn is_absence(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Go files and directories in a directory.
fn look(
    root: &Path,
    path: &str,
    unreadable: &mut Vec<String>,
) -> io::Result<(Vec<GoFile>, Vec<String>)> {
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    let mut entries = fs::read_dir(root.join(path))?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if entry.file_type()?.is_dir() {
            directories.push(name);
        } else if is_considered(&name) && entry.path().is_file() {
            match read(&entry.path(), &name) {
                Ok(file) => files.push(file),
                Err(reason) => unreadable.push(format!("{}:{reason}", join(path, &name))),
            }
        }
    }
    Ok((files, directories))
}

fn read(file: &Path, name: &str) -> Result<GoFile, String> {
    // A byte more tells a file that is too long from one that just fits.
    let limit = u64::try_from(MAX_HEAD)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut head = Vec::new();
    let opened = fs::File::open(file).map(|file| file.take(limit));
    let read = opened.and_then(|mut file| file.read_to_end(&mut head));
    read.map_err(|error| format!(" {error}"))?;
    go_file(name, &head)
}

/// A Go file of this content.
pub fn go_file(name: &str, content: &[u8]) -> Result<GoFile, String> {
    let header = parse(content).map_err(|error| error.to_string())?;
    Ok(GoFile::new(name, header))
}

/// Whether a file of a dependency counts.
pub fn counts(name: &str) -> bool {
    is_considered(name) && !is_test(name)
}

fn is_skipped(root: &Path, path: &str, go_mod: &ModFile) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_other = name.starts_with(['_', '.']) || matches!(name, "vendor" | "testdata");
    is_other || root.join(path).join("go.mod").is_file() || is_ignored(path, go_mod)
}

/// `ignore ./x` means that directory, `ignore x` every directory of that name.
fn is_ignored(path: &str, go_mod: &ModFile) -> bool {
    go_mod.ignore.iter().any(|line| {
        let line = line.path.trim_end_matches('/');
        match line.strip_prefix("./") {
            Some(rooted) => path == rooted,
            None => path == line || path.ends_with(&format!("/{line}")),
        }
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}/{name}")
    }
}

fn path_or_dot(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

#[cfg(test)]
mod tests {
    use super::walk;
    use gomod::modfile::{self, ParseMode};
    use std::fs;

    #[test]
    fn the_walk_skips_what_go_skips() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "a.go",
            "b/c/c.go",
            "vendor/x/x.go",
            "testdata/t.go",
            "b/testdata/t.go",
            "_old/o.go",
            ".git/g.go",
            "nested/n.go",
            "nested/go.mod",
            "gen/out/g.go",
            "b/skipme/s.go",
            "b/_c.go",
            "b/read.md",
        ] {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "package x\n").unwrap();
        }
        fs::write(root.path().join("b/c/broken.go"), "packet x\n").unwrap();
        let go_mod = "module example.com/m\nignore (\n./gen/out\nskipme\n)\n";
        let go_mod = modfile::parse(go_mod.as_bytes(), ParseMode::Strict).unwrap();
        let found = walk(root.path(), &go_mod);
        let packages: Vec<_> = found
            .packages
            .iter()
            .map(|(path, _)| path.as_str())
            .collect();
        assert_eq!(packages, ["", "b/c"]);
        assert_eq!(
            found.unreadable,
            ["b/c/broken.go:1: expected a package clause"]
        );
    }
}
