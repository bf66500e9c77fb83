//! Open files: blobs that stay open between two reads.
//!
//! A reader keeps its file open, since opening it costs as much as reading a small piece. But an
//! answer lasts as long as its client likes, and a process may have so many files open: thousands of
//! slow clients of as many zips would leave none to anybody else. So only so many stay open. Beyond
//! that, a reader lets its file go after each read, and opens it again for the next.

use parking_lot::Mutex;
use std::{
    fs::File,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// How many blobs readers have open, and may keep open.
#[derive(Debug)]
pub(crate) struct OpenFiles {
    open: Arc<AtomicUsize>,
    most: usize,
}

/// An open blob, counted while it is open.
#[derive(Debug)]
pub struct OpenBlob {
    file: File,
    open: Arc<AtomicUsize>,
}

/// The file of one reader and its clones, if it is open at the moment.
#[derive(Debug, Default)]
pub(crate) struct ReaderFile(Mutex<Option<Arc<OpenBlob>>>);

// === impl OpenFiles ===

impl OpenFiles {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            open: Arc::default(),
            most,
        }
    }

    /// Counts `file` for as long as it is open.
    pub(crate) fn count(&self, file: File) -> Arc<OpenBlob> {
        self.open.fetch_add(1, Relaxed);
        let open = Arc::clone(&self.open);
        Arc::new(OpenBlob { file, open })
    }

    fn are_too_many(&self) -> bool {
        self.open.load(Relaxed) > self.most
    }
}

// === impl OpenBlob ===

impl Deref for OpenBlob {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl Drop for OpenBlob {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Relaxed);
    }
}

// === impl ReaderFile ===

impl ReaderFile {
    pub(crate) fn get(&self) -> Option<Arc<OpenBlob>> {
        self.0.lock().clone()
    }

    /// Keeps `file` open, unless too many are.
    pub(crate) fn keep(&self, file: &Arc<OpenBlob>, all: &OpenFiles) {
        let kept = (!all.are_too_many()).then(|| Arc::clone(file));
        // Closed outside of the lock.
        let _before = std::mem::replace(&mut *self.0.lock(), kept);
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenFiles, ReaderFile};
    use std::sync::Arc;

    #[test]
    fn only_so_many_stay_open_and_others_do_once_there_is_room() {
        let all = OpenFiles::new(2);
        let readers: Vec<ReaderFile> = (0..3).map(|_| ReaderFile::default()).collect();
        let read = |reader: &ReaderFile| {
            let file = reader.get();
            let file = file.unwrap_or_else(|| all.count(tempfile::tempfile().unwrap()));
            reader.keep(&file, &all);
        };
        readers.iter().for_each(read);
        let open = || readers.iter().filter(|reader| reader.get().is_some());
        assert_eq!(open().count(), 2);
        drop(readers[0].0.lock().take());
        read(&readers[2]);
        assert!(readers[2].get().is_some());
    }

    #[test]
    fn a_file_is_counted_until_its_last_handle_is_gone() {
        let all = OpenFiles::new(0);
        let reader = ReaderFile::default();
        let file = all.count(tempfile::tempfile().unwrap());
        let other = Arc::clone(&file);
        reader.keep(&file, &all);
        drop(file);
        assert!(all.are_too_many());
        drop(other);
        assert!(!all.are_too_many());
    }
}
