//! The few file-system steps everything durable is made of.
//!
//! On POSIX a new name survives a power cut only after the directory that holds it was synced,
//! and a new directory only after its parent was. So "publish" is: sync the file, rename it, sync
//! the directory it entered, and every directory that was made on the way.
//!
//! Reads are positioned: any number of readers share one open file without a seek position. On
//! Linux a read is first tried with `RWF_NOWAIT`, which answers at once from the page cache or
//! not at all; only what is not in memory costs a hop to a reading thread.

use crate::{blob::BlobId, buffers::ReadBuffers, error::StoreError};
use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

/// Bytes per step when a whole file is hashed: large enough that system calls do not count,
/// small enough to stay in the processor's second-level cache.
const HASH_STEP: usize = 256 << 10;

/// What a probe writes: one block, so that a disk without a free block is noticed.
pub(crate) const PROBE: &[u8] = &[0; 4096];

/// Makes the names in `directory` durable.
pub(crate) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    // Only on Unix can a directory be opened as a file; elsewhere the rename itself is durable.
    if cfg!(unix) {
        let handle =
            File::open(directory).map_err(|error| StoreError::file("opening", directory, error))?;
        handle
            .sync_all()
            .map_err(|error| StoreError::file("syncing", directory, error))?;
    }
    Ok(())
}

/// Options by which a new file is for the owner's eyes only: names of private modules are in nearly
/// everything that is kept.
pub(crate) fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes elsewhere"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes one directory for the owner's eyes only.
pub(crate) fn create_private(directory: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes elsewhere"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Lets everybody read a file, and nobody change it.
pub(crate) fn show_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o444))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The mode of a directory, if others than its owner may do anything there.
pub(crate) fn open_to_others(directory: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        let metadata = fs::metadata(directory).ok()?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = directory;
        None
    }
}

/// Makes `directory` and its missing parents, durably and for the owner's eyes only.
pub(crate) fn create_directory(directory: &Path) -> Result<(), StoreError> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_directory(parent)?;
    }
    match create_private(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(StoreError::file("creating", directory, error))
        }
        _ => sync_directory(parent.unwrap_or(Path::new("."))),
    }
}

/// Removes a file that may be gone already.
pub(crate) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::file("removing", path, error))
        }
        _ => Ok(()),
    }
}

/// Writes a whole small file under a temporary name beside `path`, then renames it: a reader sees
/// the old file or the new one, never a part.
pub(crate) fn write_atomically(
    path: &Path,
    temporary: &Path,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let written = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(temporary)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| StoreError::file("writing", temporary, error))?;
    fs::rename(temporary, path).map_err(|error| StoreError::file("naming", path, error))
}

/// Writes a whole small file as [`write_atomically`] does, for the owner's eyes only, and durable
/// when this returns.
pub(crate) fn write_durably(path: &Path, temporary: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    // What a crash left behind may have other permissions.
    remove_file(temporary)?;
    let written = private()
        .write(true)
        .create_new(true)
        .open(temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| StoreError::file("writing", temporary, error))?;
    fs::rename(temporary, path).map_err(|error| StoreError::file("naming", path, error))?;
    sync_directory(path.parent().unwrap_or(Path::new(".")))
}

/// Writes one block to a new file and removes it again.
pub(crate) fn probe(path: &Path) -> Result<(), StoreError> {
    let written = fs::write(path, PROBE).map_err(|error| StoreError::file("probing", path, error));
    remove_file(path)?;
    written
}

/// Makes sure that a file may grow to `bytes` and `spare` more are left for others. Where the file
/// system can, the bytes are set aside for this file; where it cannot say, nothing is known.
#[cfg(unix)]
pub(crate) fn reserve(file: &File, bytes: u64, spare: u64) -> io::Result<()> {
    let disk = rustix::fs::fstatvfs(file)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // File systems over a network may count no blocks at all.
    if disk.f_blocks > 0 && free < bytes.saturating_add(spare) {
        return Err(rustix::io::Errno::NOSPC.into());
    }
    set_aside(file, bytes)
}

/// Elsewhere it is found out when the bytes are written.
#[cfg(not(unix))]
pub(crate) fn reserve(_file: &File, _bytes: u64, _spare: u64) -> io::Result<()> {
    Ok(())
}

/// Sets blocks aside behind the end of the file; its size stays.
#[cfg(target_os = "linux")]
fn set_aside(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::{
        fs::{FallocateFlags, fallocate},
        io::{Errno, retry_on_intr},
    };
    match retry_on_intr(|| fallocate(file, FallocateFlags::KEEP_SIZE, 0, bytes)) {
        // Not every file system can; then what was free a moment ago has to do.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn set_aside(_file: &File, _bytes: u64) -> io::Result<()> {
    Ok(())
}

/// Opens a file for reading; also says how many bytes it has.
pub(crate) fn open_sized(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

/// Reads at most `length` bytes at `offset`; fewer only at the end of the file.
pub(crate) fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Bytes> {
    let mut buffer = BytesMut::zeroed(length);
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match positioned_read(file, rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(buffer.freeze())
}

/// Reads exactly `length` bytes at `offset` if all of them are in memory; `None` if the disk, or
/// a file system that cannot tell, would have to be asked.
#[cfg(target_os = "linux")]
pub(crate) fn read_cached(
    file: &File,
    offset: u64,
    length: usize,
    buffers: &ReadBuffers,
) -> Option<Bytes> {
    use rustix::io::{ReadWriteFlags, preadv2};
    buffers.filled(length, |buffer| {
        let mut slices = [io::IoSliceMut::new(buffer)];
        preadv2(file, &mut slices, offset, ReadWriteFlags::NOWAIT).ok()
    })
}

/// Elsewhere nobody can tell whether bytes are in memory.
#[cfg(not(target_os = "linux"))]
pub(crate) fn read_cached(
    _file: &File,
    _offset: u64,
    _length: usize,
    _buffers: &ReadBuffers,
) -> Option<Bytes> {
    None
}

/// Hashes a whole file. Also returns how many bytes it has.
pub(crate) fn hash_file(file: &File) -> io::Result<(BlobId, u64)> {
    hash_steps(file, |_, _| Ok(()))
}

/// Hashes a whole file and shows every step to `see`, with its offset.
pub(crate) fn hash_steps(
    file: &File,
    mut see: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<(BlobId, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; HASH_STEP];
    let mut offset = 0;
    loop {
        match positioned_read(file, &mut buffer, offset) {
            Ok(0) => return Ok((BlobId::of_hasher(hasher), offset)),
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                hasher.update(bytes);
                see(offset, bytes)?;
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes all of `bytes` at `offset`.
#[cfg(unix)]
pub(crate) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(unix)]
pub(crate) fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

/// Writes all of `bytes` at `offset`.
#[cfg(windows)]
pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        bytes = bytes.get(count..).unwrap_or_default();
        offset += count as u64;
    }
    Ok(())
}

#[cfg(windows)]
pub(crate) fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use super::ReadBuffers;
    use super::{create_directory, hash_file, read_at, read_cached, write_all_at};
    use crate::blob::BlobId;

    #[test]
    fn positioned_reads_stop_at_the_end_of_the_file() {
        let file = tempfile::tempfile().expect("a temporary file");
        write_all_at(&file, b"0123456789", 0).expect("written");
        assert_eq!(read_at(&file, 3, 4).expect("read").as_ref(), b"3456");
        assert_eq!(read_at(&file, 8, 4).expect("read").as_ref(), b"89");
        assert_eq!(read_at(&file, 99, 4).expect("read").as_ref(), b"");
        assert_eq!(
            hash_file(&file).expect("hashed"),
            (BlobId::of(b"0123456789"), 10)
        );
    }

    #[test]
    fn a_cached_read_is_whole_or_nothing() {
        let (file, buffers) = (
            tempfile::tempfile().expect("a temporary file"),
            ReadBuffers::default(),
        );
        write_all_at(&file, b"0123456789", 0).expect("written");
        assert!(read_cached(&file, 3, 4, &buffers).is_none_or(|bytes| bytes.as_ref() == b"3456"));
        assert_eq!(read_cached(&file, 8, 4, &buffers), None);
    }

    #[test]
    fn missing_parents_are_made() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let deep = root.path().join("a/b/c");
        create_directory(&deep).expect("made");
        create_directory(&deep).expect("there already");
        assert!(deep.is_dir());
    }
}
