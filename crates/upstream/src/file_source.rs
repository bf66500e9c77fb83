//! A source that is a directory: the tree of `file://`, as `go` itself accepts it.
//!
//! A missing file is absence and a forbidden one a refusal, as for `go`. In one thing we differ: if
//! the directory itself is missing, `go` finds every module absent; here that is an outage, for a
//! disk that is not mounted says nothing about modules. Whoever may write to the tree is trusted,
//! symbolic links included; request paths are not, and cannot leave it.

use std::{
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
};

use tokio::fs::{self, File};
use url::Url;

use crate::{
    Absence, BuildError, Download, Failure, SourceName,
    download::Body,
    failure::cause_of,
    source::{Ask, Reply},
};

/// A directory tree in the layout of the module protocol.
pub(crate) struct FileSource {
    name: SourceName,
    root: PathBuf,
}

// === impl FileSource ===

impl FileSource {
    pub(crate) fn try_new(name: SourceName, url: &Url) -> Result<Self, BuildError> {
        let bare = url.query().is_none() && url.fragment().is_none() && url.host_str().is_none();
        match url.to_file_path() {
            Ok(root) if bare => Ok(Self { name, root }),
            _ => Err(BuildError::FileUrl(name)),
        }
    }

    /// Opens the file of this path.
    pub(crate) async fn open(&self, ask: Ask<'_>) -> Reply {
        let file = ask
            .path
            .file_names()
            .fold(self.root.clone(), |path, name| path.join(name));
        match open_regular(&file).await {
            Ok((_, length)) if length > ask.limit => Reply::Failed(Failure::Content(format!(
                "{length} bytes where at most {} are allowed",
                ask.limit
            ))),
            Ok((file, length)) => Reply::Found(Download::new(
                self.name.clone(),
                Some(length),
                Body::File(Box::new(file)),
                ask.limit,
                ask.stall,
            )),
            Err(error) => self.refusal(&error, ask).await,
        }
    }

    async fn refusal(&self, error: &Error, ask: Ask<'_>) -> Reply {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => {
                match fs::metadata(&self.root).await {
                    Ok(root) if root.is_dir() => Reply::Absent(self.absence(ask)),
                    Ok(_) => {
                        Reply::Failed(Failure::File("the upstream is not a directory".to_owned()))
                    }
                    Err(_) => Reply::Failed(Failure::File(
                        "the upstream's directory is not there".to_owned(),
                    )),
                }
            }
            ErrorKind::PermissionDenied => Reply::Failed(Failure::Refused(403)),
            ErrorKind::InvalidData => {
                Reply::Failed(Failure::Content("something other than a file".to_owned()))
            }
            _ => Reply::Failed(Failure::File(cause_of(error))),
        }
    }

    fn absence(&self, ask: Ask<'_>) -> Absence {
        Absence {
            status: 404,
            text: format!("not found: {}: no such file", ask.path.as_str()),
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            source: self.name.clone(),
        }
    }
}

/// Opens a regular file and tells its length. Looked at before it is opened: opening a pipe waits
/// for whoever writes to it.
async fn open_regular(path: &Path) -> Result<(File, u64), Error> {
    if !fs::metadata(path).await?.is_file() {
        return Err(ErrorKind::InvalidData.into());
    }
    let file = File::open(path).await?;
    let length = file.metadata().await?.len();
    Ok((file, length))
}
