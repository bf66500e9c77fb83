//! Files of checksum databases of our own, below `sumdb/` of the data directory.
//!
//! ```text
//! sum.corp.example+2026.key         the key; secret, and the database exists because it is there
//! sum.corp.example+2026.head        the newest head that is known to be signed with it
//! sum.corp.example+2026.published   the newest head that was shown, where heads wait for witnesses
//! sum.corp.example+2026.halted      why nothing is signed any more, with the evidence
//! sum.corp.example+2026.resolved    such evidence that an operator set aside
//! sum.corp.example+2026.retired     no further records
//! ```
//!
//! A slash of the name is `+` here: no name of a key holds one. None of these functions needs the
//! catalog, so an operator makes and lists names beside a server that runs.

use crate::{
    disk,
    error::StoreError,
    journal::signing::{random, read},
    layout::DataLayout,
};
use bytes::Bytes;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tlog::note::{MAX_NOTE, SignerKey, VerifierKey};

/// More than any key's text has.
const MAX_KEY: u64 = 4 << 10;

/// The longest name: it has to be a part of a file's name.
const MAX_NAME: usize = 200;

/// A database whose key is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseName {
    /// Its public key, with its name.
    pub key: VerifierKey,
    /// Whether it takes no further records.
    pub retired: bool,
    /// Whether evidence is kept that ends it.
    pub halted: bool,
}

/// Why a name cannot be that of a checksum database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no name for a checksum database: {problem}")]
pub struct NameError {
    name: String,
    problem: &'static str,
}

/// The files of one database.
#[derive(Debug, Clone)]
pub(super) struct Files {
    base: PathBuf,
}

/// Checks a name: `host[/path]` in lower case, as GOSUMDB takes it.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let wrong = |problem| {
        Err(NameError {
            name: name.chars().take(100).collect(),
            problem,
        })
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._~/".contains(&byte);
    if name.len() > MAX_NAME {
        return wrong("it is longer than 200 bytes");
    }
    if !name.bytes().all(plain) {
        return wrong("it may have lower case letters, digits, and - . _ ~ /");
    }
    let mut elements = name.split('/');
    if !elements
        .clone()
        .next()
        .is_some_and(|host| host.contains('.'))
    {
        return wrong("it must begin with a host name, as sum.corp.example/2026 does");
    }
    if elements.any(|element| element.is_empty() || element.starts_with('.')) {
        return wrong("an element is empty, or begins with a dot");
    }
    Ok(())
}

/// Makes the key of a new database in a data directory; its first head is signed when somebody
/// asks. Blocks.
pub fn init(data: &Path, name: &str) -> Result<VerifierKey, StoreError> {
    check_name(name).map_err(|error| invalid(&error.to_string()))?;
    let directory = DataLayout::new(data).databases();
    disk::create_directory(&directory)?;
    let files = Files::new(&directory, name);
    if files.any() {
        return Err(invalid(&format!("the name {name} is in use already")));
    }
    let key = SignerKey::from_seed(name, random()?).map_err(|error| invalid(&error.to_string()))?;
    let path = files.path("key");
    let text = format!("{}\n", key.reveal());
    disk::write_durably(&path, &files.path("key.new"), text.as_bytes())?;
    Ok(key.verifier().clone())
}

/// The databases whose keys are in a data directory, by name. Blocks.
pub fn list(data: &Path) -> Result<Vec<DatabaseName>, StoreError> {
    let directory = DataLayout::new(data).databases();
    let failed = |error| StoreError::file("listing", &directory, error);
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let file = entry.map_err(failed)?.file_name();
        let Some(base) = file.to_str().and_then(|file| file.strip_suffix(".key")) else {
            continue;
        };
        let files = Files::new(&directory, &base.replace('+', "/"));
        names.push(DatabaseName {
            key: files.read_key()?.verifier().clone(),
            retired: files.has("retired"),
            halted: files.has("halted"),
        });
    }
    names.sort_by(|one, other| one.key.name().cmp(other.key.name()));
    Ok(names)
}

/// Lets a database take no further records; what it has stays. Blocks.
pub fn retire(data: &Path, name: &str) -> Result<(), StoreError> {
    let files = Files::new(&DataLayout::new(data).databases(), name);
    if !files.has("key") {
        return Err(invalid(&format!("there is no key of {name} here")));
    }
    disk::write_durably(&files.path("retired"), &files.path("retired.new"), b"")
}

/// Sets the evidence aside that ends a database; gives it, or `None` if there is none. A head that
/// is newer than the catalog still stops it. Blocks.
pub fn resolve(data: &Path, name: &str) -> Result<Option<String>, StoreError> {
    move_evidence(data, name, "halted", "resolved")
}

/// Takes [`resolve`] back. Blocks.
pub fn reopen(data: &Path, name: &str) -> Result<Option<String>, StoreError> {
    move_evidence(data, name, "resolved", "halted")
}

/// How the evidence of a database begins that was stopped because its store was restored.
pub(super) const RESTORED: &str = "restored from a backup";

/// Stops every database that has signed anything, for its store was put back from a backup: what was
/// signed after that is not known here, and signing on could contradict it. Gives their names. Blocks.
pub(crate) fn stop_all(data: &Path, told: &str) -> Result<Vec<String>, StoreError> {
    let directory = DataLayout::new(data).databases();
    let mut stopped = Vec::new();
    for own in list(data)? {
        let files = Files::new(&directory, own.key.name());
        if files.has("head") || files.has("published") {
            let evidence =
                format!("{told}\n\nHeads that were signed after it are not known here.\n");
            files.keep_halt(&evidence)?;
            stopped.push(own.key.name().to_owned());
        }
    }
    Ok(stopped)
}

fn move_evidence(
    data: &Path,
    name: &str,
    from: &str,
    to: &str,
) -> Result<Option<String>, StoreError> {
    let directory = DataLayout::new(data).databases();
    let files = Files::new(&directory, name);
    let Some(evidence) = read(&files.path(from), 4 * MAX_NOTE as u64)? else {
        return Ok(None);
    };
    let path = files.path(to);
    fs::rename(files.path(from), &path)
        .map_err(|error| StoreError::file("setting evidence aside", &path, error))?;
    disk::sync_directory(&directory)?;
    Ok(Some(String::from_utf8_lossy(&evidence).into_owned()))
}

// === impl Files ===

impl Files {
    pub(super) fn new(directory: &Path, name: &str) -> Self {
        Self {
            base: directory.join(name.replace('/', "+")),
        }
    }

    fn path(&self, kind: &str) -> PathBuf {
        let mut path = self.base.clone().into_os_string();
        path.push(".");
        path.push(kind);
        path.into()
    }

    fn has(&self, kind: &str) -> bool {
        self.path(kind).exists()
    }

    /// Whether anything of a database of this name was ever here.
    fn any(&self) -> bool {
        let kinds = ["key", "head", "published", "halted", "retired"];
        kinds.iter().any(|kind| self.has(kind))
    }

    pub(super) fn read_key(&self) -> Result<SignerKey, StoreError> {
        let path = self.path("key");
        let bytes = read(&path, MAX_KEY)?.unwrap_or_default();
        let key = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| text.trim_end().parse::<SignerKey>().ok());
        let key =
            key.filter(|key| Self::new(Path::new(""), key.verifier().name()).base == self.file());
        key.ok_or_else(|| {
            invalid(&format!(
                "{} does not hold the key of that name",
                path.display()
            ))
        })
    }

    fn file(&self) -> PathBuf {
        self.base.file_name().map(PathBuf::from).unwrap_or_default()
    }

    pub(super) fn read_head(&self) -> Result<Option<Bytes>, StoreError> {
        Ok(read(&self.path("head"), MAX_NOTE as u64)?.map(Bytes::from))
    }

    pub(super) fn keep_head(&self, note: &[u8]) -> Result<(), StoreError> {
        disk::write_durably(&self.path("head"), &self.path("head.new"), note)
    }

    pub(super) fn read_published(&self) -> Result<Option<Bytes>, StoreError> {
        Ok(read(&self.path("published"), MAX_NOTE as u64)?.map(Bytes::from))
    }

    pub(super) fn keep_published(&self, note: &[u8]) -> Result<(), StoreError> {
        disk::write_durably(&self.path("published"), &self.path("published.new"), note)
    }

    /// Forgets what waited for witnesses: from now on whatever is signed is published.
    pub(super) fn drop_published(&self) -> Result<(), StoreError> {
        disk::remove_file(&self.path("published"))
    }

    pub(super) fn read_halt(&self) -> Result<Option<String>, StoreError> {
        let halt = read(&self.path("halted"), 4 * MAX_NOTE as u64)?;
        Ok(halt.map(|halt| String::from_utf8_lossy(&halt).into_owned()))
    }

    /// Keeps the evidence that ends the name; the first stays.
    pub(super) fn keep_halt(&self, evidence: &str) -> Result<(), StoreError> {
        if self.has("halted") {
            return Ok(());
        }
        let path = self.path("halted");
        disk::write_durably(&path, &self.path("halted.new"), evidence.as_bytes())
    }
}

fn invalid(problem: &str) -> StoreError {
    StoreError::io(
        "using a checksum database of our own",
        io::Error::new(io::ErrorKind::InvalidInput, problem.to_owned()),
    )
}
