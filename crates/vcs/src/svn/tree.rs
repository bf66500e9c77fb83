//! An exported directory as a tar file, which is what all systems give ([`crate::CodeRepository::archive`]).

use crate::error::VcsError;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use tar::{Builder, Header};

/// Writes the files of `tree`, below `directory`, to `to`. Links are not followed.
pub(super) fn write(tree: &Path, directory: &str, to: &Path) -> Result<(), VcsError> {
    let failed = |error| VcsError::local("reading an exported tree", &error);
    let target = File::options().write(true).truncate(true).open(to);
    let mut archive = Builder::new(target.map_err(failed)?);
    let mut directories = vec![tree.to_owned()];
    while let Some(place) = directories.pop() {
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
            let name = Path::new(directory).join(path.strip_prefix(tree).unwrap_or(&path));
            if kind.is_dir() {
                directories.push(path);
            } else if kind.is_file() {
                append(&mut archive, &path, &name).map_err(failed)?;
            } else {
                let why = format!("svn: {} is a link, which go cannot fetch", name.display());
                return Err(VcsError::Content(why));
            }
        }
    }
    archive.into_inner().map(drop).map_err(failed)
}

fn append(archive: &mut Builder<File>, path: &PathBuf, name: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    let mut header = Header::new_gnu();
    header.set_size(file.metadata()?.len());
    header.set_mode(0o644);
    archive.append_data(&mut header, name, file)
}
