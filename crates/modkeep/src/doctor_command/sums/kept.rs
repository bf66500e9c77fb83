//! What the client itself keeps: lines of go.sum, and its module cache.

use super::{VersionSubject, copies::CopyBytes};
use crate::doctor_command::client::GoClient;
use doctor::compare::{CachePlace, HashSource, HashStatement, HashedFile, StatementContent};
use gomod::gosum;
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

/// A ziphash is one hash; whatever is longer is none.
const LONGEST_HASH: u64 = 256;

/// Lines of one file about one version that are looked at. Two are usual.
const MOST_LINES: usize = 32;

/// What go.sum says, and go.work.sum of a workspace.
pub(super) fn go_sums(client: &GoClient, subject: &VersionSubject) -> Vec<HashStatement> {
    let beside = |setting: &str, name: &str| {
        let file = Path::new(client.environment.value(setting));
        let directory = file.parent().filter(|_| file.is_absolute())?;
        (file.is_file()).then(|| directory.join(name))
    };
    let files = [beside("GOMOD", "go.sum"), beside("GOWORK", "go.work.sum")];
    let files = files.into_iter().flatten();
    files.flat_map(|file| lines(&file, subject)).collect()
}

fn lines(file: &Path, subject: &VersionSubject) -> Vec<HashStatement> {
    let is_small = fs::metadata(file).is_ok_and(|data| data.len() <= gosum::MAX_BYTES as u64);
    let bytes = is_small.then(|| fs::read(file).ok()).flatten();
    let sums = bytes.and_then(|bytes| gosum::parse(&bytes).ok());
    let entries = sums.map(|sums| sums.entries).unwrap_or_default();
    let (module, version) = (subject.module.as_str(), subject.version.as_str());
    let meant = entries
        .into_iter()
        .filter(|entry| entry.path == module && entry.version == version);
    let shown = from_here(file);
    let said = |entry: gosum::GoSumLine| HashStatement {
        file: match entry.subject {
            gosum::HashSubject::Zip => HashedFile::Zip,
            gosum::HashSubject::GoMod => HashedFile::GoMod,
        },
        voice: HashSource::GoSum {
            file: shown.clone(),
            line: entry.span.start.line,
        },
        said: StatementContent::Hash(entry.hash.chars().take(usize::from(u8::MAX)).collect()),
    };
    meant.take(MOST_LINES).map(said).collect()
}

/// A path as one would type it here: relative, if it is below the working directory.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let relative = here.ok().and_then(|here| real.strip_prefix(here).ok());
    relative.unwrap_or(path).display().to_string()
}

/// Where the module cache has the version.
pub(super) fn place(client: &GoClient, subject: &VersionSubject) -> CachePlace {
    let cache = PathBuf::from(client.environment.value("GOMODCACHE"));
    let (module, version) = (subject.module.escaped(), subject.version.escaped());
    let download = cache.join("cache/download").join(&module).join("@v");
    let unpacked = cache.join(format!("{module}@{version}"));
    CachePlace {
        download: download.join(version).display().to_string(),
        unpacked: unpacked.is_dir().then(|| unpacked.display().to_string()),
    }
}

/// The hash that is kept beside the zip.
pub(super) fn hash(cache: &CachePlace) -> Option<HashStatement> {
    let file = format!("{}.ziphash", cache.download);
    let mut bytes = Vec::new();
    let opened = fs::File::open(&file).ok()?;
    let read = opened.take(LONGEST_HASH).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let said = match read {
        Err(error) => StatementContent::Nothing(error.to_string()),
        // go makes it anew from the zip.
        Ok(_) if text.trim().is_empty() => StatementContent::Nothing("it is empty".to_owned()),
        Ok(_) => StatementContent::Hash(text.trim().to_owned()),
    };
    Some(HashStatement {
        file: HashedFile::Zip,
        voice: HashSource::CachedHash { file },
        said,
    })
}

/// The files that are kept; those that are not there say nothing.
pub(super) fn copies(cache: &CachePlace) -> Vec<Result<CopyBytes, HashStatement>> {
    let open = |file: HashedFile| {
        let path = format!("{}.{}", cache.download, file.kind());
        let bytes = fs::File::open(&path).ok()?;
        Some(Ok(CopyBytes::new(
            file,
            HashSource::CachedBytes { file: path },
            bytes,
            None,
        )))
    };
    HashedFile::ALL.into_iter().filter_map(open).collect()
}
