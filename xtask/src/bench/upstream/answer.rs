//! What the upstream has: a module cache's download directory, and an endless supply of small
//! modules that are made when asked for.

use std::{
    fs::{self, File},
    path::{Component, Path, PathBuf},
};
use testkit::fixture::Module;

use super::ENDLESS;

/// A body.
#[derive(Debug)]
pub(super) enum Body {
    /// A file, sent by the kernel without passing through this process.
    File(File, u64),
    /// Bytes in memory.
    Bytes(Vec<u8>),
}

/// The body for a path without its leading slash, or `None`: 404.
pub(super) fn find(corpus: &Path, path: &str) -> Option<Body> {
    if path.starts_with(ENDLESS) {
        return endless(path).map(Body::Bytes);
    }
    if let Some(module) = path.strip_suffix("/@latest") {
        return newest(&inside(corpus, module)?.join("@v")).map(Body::Bytes);
    }
    let file = File::open(inside(corpus, path)?).ok()?;
    let length = file.metadata().ok().filter(fs::Metadata::is_file)?.len();
    Some(Body::File(file, length))
}

/// A path below the corpus; nothing that could climb out of it.
fn inside(corpus: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path);
    let plain = relative
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    plain.then(|| corpus.join(relative))
}

fn endless(path: &str) -> Option<Vec<u8>> {
    let (module, rest) = path.split_once("/@v/")?;
    if rest == "list" {
        return Some(b"v1.0.0\n".to_vec());
    }
    let (version, kind) = rest.rsplit_once('.')?;
    let module = Module::new(module, version);
    match kind {
        "info" => Some(module.info()),
        "mod" => Some(module.mod_file()),
        "zip" => Some(module.zip()),
        _ => None,
    }
}

/// A module cache keeps no `@latest`; of what it keeps, the newest commit is the answer.
fn newest(directory: &Path) -> Option<Vec<u8>> {
    let entries = fs::read_dir(directory).ok()?.flatten();
    let infos = entries.map(|entry| entry.path()).filter(|file| {
        file.extension()
            .is_some_and(|extension| extension == "info")
    });
    let bodies = infos.filter_map(|file| fs::read(file).ok());
    bodies.max_by_key(|body| time_of(body))
}

fn time_of(info: &[u8]) -> Option<String> {
    let info: serde_json::Value = serde_json::from_slice(info).ok()?;
    Some(info["Time"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(corpus: &Path, path: &str) -> Option<Vec<u8>> {
        match find(corpus, path)? {
            Body::Bytes(bytes) => Some(bytes),
            Body::File(mut file, length) => {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
                assert_eq!(bytes.len() as u64, length);
                Some(bytes)
            }
        }
    }

    #[test]
    fn files_come_from_the_corpus_and_from_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let corpus = root.path().join("corpus");
        let directory = corpus.join("a.b/c/@v");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("v1.0.0.mod"), "module a.b/c\n").unwrap();
        fs::write(root.path().join("secret"), "no").unwrap();
        assert_eq!(
            bytes(&corpus, "a.b/c/@v/v1.0.0.mod").unwrap(),
            b"module a.b/c\n"
        );
        for path in [
            "../secret",
            "a.b/../../secret",
            "/etc/passwd",
            "a.b/c/@v",
            "a.b/x/@v/list",
        ] {
            assert_eq!(bytes(&corpus, path), None, "{path}");
        }
    }

    #[test]
    fn latest_is_the_newest_commit_that_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("a.b/c/@v");
        fs::create_dir_all(&directory).unwrap();
        for (name, time) in [
            ("old", "2019-01-01T00:00:00Z"),
            ("new", "2024-01-01T00:00:00Z"),
        ] {
            let info = format!("{{\"Version\":\"{name}\",\"Time\":\"{time}\"}}");
            fs::write(directory.join(format!("{name}.info")), info).unwrap();
        }
        let latest = bytes(root.path(), "a.b/c/@latest").unwrap();
        assert!(String::from_utf8_lossy(&latest).contains("\"new\""));
    }

    #[test]
    fn the_endless_modules_have_all_three_artifacts() {
        let nowhere = Path::new("nowhere");
        for kind in ["info", "mod", "zip"] {
            let path = format!("{ENDLESS}m7/@v/v1.0.0.{kind}");
            assert!(!bytes(nowhere, &path).unwrap().is_empty());
        }
    }
}
