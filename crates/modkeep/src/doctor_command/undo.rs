//! Undo: the files that fixes may change, as they were before.
//!
//! A log is written before anything is changed, with the whole content of each file, and completed
//! with what came out. Taking a change back puts the files back as they were, but only if nobody has
//! changed them since: what somebody did later is not ours to take away. A log that was begun and
//! not completed, because the machine went down, is taken back too.

use crate::failure::Failure;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codes::Code;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where logs are, below the data directory.
const FOLDER: &str = "doctor-undo";

/// Larger files are none that `go` keeps settings or requirements in.
const LARGEST: u64 = 64 << 20;

/// What was changed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UndoLog {
    /// When it was begun.
    at: Timestamp,
    /// The commands.
    commands: Vec<String>,
    /// The files.
    files: Vec<FileChange>,
    /// Whether it was completed.
    is_done: bool,
    #[serde(skip)]
    path: PathBuf,
}

/// A file before and after; no content where it was not there.
#[derive(Debug, Serialize, Deserialize)]
struct FileChange {
    path: PathBuf,
    before: Option<String>,
    after: Option<String>,
}

// === impl UndoLog ===

impl UndoLog {
    /// Begins a log of what these commands do to the files that they may change.
    pub(super) fn begin(data: &Path, commands: Vec<String>) -> Result<Self, Failure> {
        let files = files().into_iter().map(|path| {
            let before = read(&path)?;
            Ok(FileChange {
                path,
                before,
                after: None,
            })
        });
        let folder = data.join(FOLDER);
        store::create_private_directory(&folder).map_err(|error| unusable(&folder, &error))?;
        let number = last(&folder)?.map_or(1, |(number, _)| number + 1);
        let log = Self {
            at: Timestamp::now(),
            commands,
            files: files.collect::<Result<_, Failure>>()?,
            is_done: false,
            path: folder.join(format!("{number:06}.json")),
        };
        log.write()?;
        Ok(log)
    }

    /// Notes what came out; gives the files that changed.
    pub(super) fn complete(mut self) -> Result<Vec<PathBuf>, Failure> {
        for saved in &mut self.files {
            saved.after = read(&saved.path)?;
        }
        self.is_done = true;
        self.write()?;
        let changed = self
            .files
            .iter()
            .filter(|saved| saved.before != saved.after);
        Ok(changed.map(|saved| saved.path.clone()).collect())
    }

    /// The newest log, if there is one.
    pub(super) fn newest(data: &Path) -> Result<Option<Self>, Failure> {
        let Some((_, path)) = last(&data.join(FOLDER))? else {
            return Ok(None);
        };
        let text = fs::read(&path).map_err(|error| unusable(&path, &error))?;
        let log: Self = serde_json::from_slice(&text).map_err(|error| unusable(&path, &error))?;
        Ok(Some(Self { path, ..log }))
    }

    /// The commands, for people.
    pub(super) fn commands(&self) -> &[String] {
        &self.commands
    }

    /// Puts the files back; gives those that it put back, or those that somebody changed since.
    pub(super) fn take_back(self) -> Result<Result<Vec<PathBuf>, Vec<PathBuf>>, Failure> {
        let mut changed = Vec::new();
        for saved in &self.files {
            let now = read(&saved.path)?;
            // Without an end nobody knows what came out.
            if self.is_done && now != saved.after && now != saved.before {
                changed.push(saved.path.clone());
            }
        }
        if !changed.is_empty() {
            return Ok(Err(changed));
        }
        let mut restored = Vec::new();
        for saved in &self.files {
            if read(&saved.path)? != saved.before {
                restore(saved)?;
                restored.push(saved.path.clone());
            }
        }
        fs::remove_file(&self.path).map_err(|error| unusable(&self.path, &error))?;
        Ok(Ok(restored))
    }

    fn write(&self) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self);
        let text = text.map_err(|error| Failure::of(Code::InternalError, &error))?;
        replace(&self.path, &text)
    }
}

/// The newest log's number and file.
fn last(folder: &Path) -> Result<Option<(u64, PathBuf)>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(|error| unusable(folder, &error))?,
    };
    let numbered = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let is_log = path
            .extension()
            .is_some_and(|extension| extension == "json");
        let number = path.file_stem()?.to_str()?.parse().ok()?;
        is_log.then_some((number, path))
    });
    Ok(numbered.max())
}

/// The files that `go` changes for settings and requirements.
fn files() -> Vec<PathBuf> {
    let file = |name: &str| {
        let path = config::go(&["env", name])?;
        let path = PathBuf::from(path.trim());
        path.is_absolute().then_some(path)
    };
    let mut files: Vec<PathBuf> = file("GOENV").into_iter().collect();
    if let Some(go_mod) = file("GOMOD") {
        files.push(go_mod.with_file_name("go.sum"));
        files.push(go_mod);
    }
    if let Some(go_work) = file("GOWORK") {
        files.push(go_work.with_file_name("go.work.sum"));
        files.push(go_work);
    }
    files
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error)),
        Ok(metadata) if !metadata.is_file() || metadata.len() > LARGEST => {
            let error = io::Error::other("it is no plain file that could be put back");
            return Err(unusable(path, &error));
        }
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(|error| unusable(path, &error))?;
    Ok(Some(STANDARD.encode(bytes)))
}

fn restore(saved: &FileChange) -> Result<(), Failure> {
    let Some(before) = &saved.before else {
        return fs::remove_file(&saved.path).map_err(|error| unusable(&saved.path, &error));
    };
    let bytes = STANDARD.decode(before);
    let bytes = bytes.map_err(|error| unusable(&saved.path, &error))?;
    replace(&saved.path, &bytes)
}

/// Written whole beside the old one, then put in its place.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let put = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut file, bytes)?;
        if let Ok(metadata) = fs::metadata(path) {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok::<_, io::Error>(())
    };
    put().map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(Code::BadInputFile, format!("{}: {error}", path.display()))
}
