//! What holds for any bytes whatever that are offered as a zip.

use gomod::sumhash::h1_of_zip;
use gomod::zip::limits::{MAX_GO_MOD, MAX_ZIP_FILE};
use gomod::zip::{check_zip, names};
use gomod::{ModulePath, Version};
use std::cell::Cell;
use std::io::{Cursor, Read, Result, Seek, SeekFrom};

/// How much of the end is read before the rest: the longest comment and all end records.
const END: usize = 65_535 + 22 + 20 + 56;

/// Counts what is read.
struct Counting<'a> {
    bytes: Cursor<&'a [u8]>,
    count: &'a Cell<usize>,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.bytes.read(buffer)?;
        self.count.set(self.count.get() + length);
        Ok(length)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, position: SeekFrom) -> Result<u64> {
        self.bytes.seek(position)
    }
}

/// Checks a zip of this module. Answers whether it passed.
pub(crate) fn zip(bytes: &[u8], module: &str, version: &str) -> bool {
    let (Ok(module), Ok(version)) = (ModulePath::parse(module), Version::parse(version)) else {
        return false;
    };
    let count = Cell::new(0);
    let counting = Counting {
        bytes: Cursor::new(bytes),
        count: &count,
    };
    let checked = check_zip(counting, &module, &version);
    assert!(count.get() <= bytes.len() + END, "a byte is read twice");
    let hash = h1_of_zip(Cursor::new(bytes));
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => {
            let text = error.to_string();
            assert!(text.lines().count() <= 101 && text.is_ascii(), "{text}");
            assert!(
                text.bytes()
                    .all(|byte| byte == b'\n' || !byte.is_ascii_control())
            );
            return false;
        }
    };
    assert_eq!(hash.map(|h1| h1 == checked.h1()).ok(), Some(true));
    let mut total = 0;
    for file in checked.files() {
        assert!(names::check_file_path(file.path.as_bytes()).is_ok());
        assert!(names::is_clean(file.path.as_bytes()));
        total += file.size;
    }
    assert!(total <= MAX_ZIP_FILE);
    let go_mod = checked.files().find(|file| file.path == "go.mod");
    let length = checked.go_mod().map(|content| content.len() as u64);
    assert_eq!(go_mod.map(|file| file.size), length);
    assert!(length.unwrap_or_default() <= MAX_GO_MOD);
    true
}
