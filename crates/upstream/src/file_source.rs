//! A source that is a directory: the tree of `file://`, as `go` itself accepts it.
//!
//! A missing file is absence and a forbidden one a refusal, as for `go`. In one thing we differ: if
//! the directory itself is missing, `go` finds every module absent; here that is an outage, for a
//! disk that is not mounted says nothing about modules. Whoever may write to the tree is trusted,
//! symbolic links included; request paths are not, and cannot leave it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use url::Url;

use crate::{
    Absence, BuildError, Download, Failure, SourceName,
    breaker::Signal,
    download::Body,
    failure::cause_of,
    lane::Lane,
    source::{Ask, Reply},
};

/// A directory tree in the layout of the module protocol.
pub(crate) struct FileSource {
    name: SourceName,
    root: PathBuf,
    lane: Lane,
}

/// A file being read, piece by piece.
pub(crate) struct FileBody {
    file: Arc<File>,
    lane: Lane,
}

// === impl FileSource ===

impl FileSource {
    pub(crate) fn try_new(name: SourceName, url: &Url) -> Result<Self, BuildError> {
        let bare = url.query().is_none() && url.fragment().is_none() && url.host_str().is_none();
        match url.to_file_path() {
            Ok(root) if bare => Ok(Self {
                name,
                root,
                lane: Lane::new(),
            }),
            _ => Err(BuildError::FileUrl(name)),
        }
    }

    /// Opens the file of this path.
    pub(crate) async fn open(&self, ask: Ask<'_>) -> Reply {
        let path = ask
            .path
            .file_names()
            .fold(self.root.clone(), |path, name| path.join(name));
        match self.lane.run(move || open_regular(&path)).await {
            Ok((_, length)) if length > ask.limit => {
                let why = format!("{length} bytes where at most {} are allowed", ask.limit);
                Reply::Failed(Failure::Content(why))
            }
            Ok((file, length)) => {
                let body = Body::File(FileBody::new(Arc::new(file), self.lane.clone()));
                Reply::Found(Download::new(
                    self.name.clone(),
                    Some(length),
                    body,
                    ask.limit,
                    ask.stall,
                ))
            }
            Err(error) => self.refusal(&error, ask).await,
        }
    }

    /// Whether the directory is there.
    pub(crate) async fn ping(&self) -> Signal {
        let root = self.root.clone();
        match self.lane.run(move || fs::metadata(root)).await {
            Ok(root) if root.is_dir() => Signal::Good,
            _ => Signal::Unwell,
        }
    }

    async fn refusal(&self, error: &io::Error, ask: Ask<'_>) -> Reply {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => {
                self.absence_in_what_is_there(ask).await
            }
            ErrorKind::PermissionDenied => Reply::Failed(Failure::Refused(403)),
            ErrorKind::InvalidData => {
                Reply::Failed(Failure::Content("something other than a file".to_owned()))
            }
            _ => Reply::Failed(Failure::File(cause_of(error))),
        }
    }

    async fn absence_in_what_is_there(&self, ask: Ask<'_>) -> Reply {
        let root = self.root.clone();
        match self.lane.run(move || fs::metadata(root)).await {
            Ok(root) if root.is_dir() => Reply::Absent(Absence {
                status: 404,
                text: format!("not found: {}: no such file", ask.path.as_str()),
                content_type: Some("text/plain; charset=utf-8".to_owned()),
                source: self.name.clone(),
            }),
            Ok(_) => Reply::Failed(Failure::File("the upstream is not a directory".to_owned())),
            Err(_) => Reply::Failed(Failure::File(
                "the upstream's directory is not there".to_owned(),
            )),
        }
    }
}

// === impl FileBody ===

impl FileBody {
    /// A file from where it stands to its end.
    pub(crate) fn new(file: Arc<File>, lane: Lane) -> Self {
        Self { file, lane }
    }

    /// Up to `size` bytes; empty at the end.
    pub(crate) async fn read(&self, size: usize) -> io::Result<Bytes> {
        let file = Arc::clone(&self.file);
        let read = move || {
            let mut piece = Vec::with_capacity(size);
            file.as_ref().take(size as u64).read_to_end(&mut piece)?;
            Ok(Bytes::from(piece))
        };
        self.lane.run(read).await
    }
}

/// Opens a regular file and tells its length. Looked at before it is opened: opening a pipe waits
/// for whoever writes to it.
fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    if !fs::metadata(path)?.is_file() {
        return Err(ErrorKind::InvalidData.into());
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}
