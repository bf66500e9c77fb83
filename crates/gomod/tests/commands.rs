//! What `modkeep zip` and `modkeep mod hash` say.
#![expect(clippy::unwrap_used, reason = "tests")]

use gomod::zip::command::{mod_hash, zip_check, zip_create, zip_hash};
use gomod::zip::{ZipError, check_zip};
use gomod::{ModulePath, Version};
use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

const TARGET: &str = "example.com/m@v1.0.0";

/// A directory with a module, and the zip made of it.
fn module() -> (tempfile::TempDir, Vec<u8>, String) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("go.mod"), "module example.com/m\n").unwrap();
    fs::create_dir(directory.path().join(".git")).unwrap();
    let mut zip = Vec::new();
    let outcome = zip_create(directory.path(), TARGET, &mut zip);
    assert!(outcome.success);
    assert_eq!(
        outcome.errors,
        "left out: .git: directory of a version-control system\n"
    );
    (directory, zip, outcome.output)
}

#[test]
fn create_prints_the_hash_that_hash_prints() {
    let (_directory, zip, output) = module();
    assert!(output.starts_with("h1:") && output.ends_with("=\n"));
    assert_eq!(zip_hash(Cursor::new(&zip)).output, output);
}

#[test]
fn check_is_silent_about_a_good_zip_and_says_a_line_a_problem_of_another() {
    let (_directory, zip, _) = module();
    let good = zip_check(Cursor::new(&zip), TARGET);
    assert_eq!((good.output.as_str(), good.success), ("", true));
    let other = zip_check(Cursor::new(&zip), "example.com/m@v1.0.1");
    let line = "example.com/m@v1.0.0/go.mod: path does not have prefix \"example.com/m@v1.0.1/\"\n";
    assert_eq!((other.output.as_str(), other.success), (line, false));
}

#[test]
fn a_target_that_is_none_is_said_to_be_none() {
    for (target, text) in [
        ("example.com/m", "not of the form MODULE@VERSION\n"),
        (
            "example.com/m@v1",
            "malformed version: not canonical: should be v1.0.0\n",
        ),
        (
            "example.com/m@v2.0.0",
            "version does not belong to module: should be v0 or v1, not v2\n",
        ),
    ] {
        let outcome = zip_check(Cursor::new(b""), target);
        assert_eq!((outcome.errors.as_str(), outcome.success), (text, false));
    }
}

#[test]
fn the_hash_of_a_go_mod_is_one_line() {
    let expected = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n";
    assert_eq!(mod_hash(b"").output, expected);
}

/// A zip on a disk that fails behind its first bytes.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.position() == 0 {
            return Err(io::Error::other("broken disk"));
        }
        self.0.read(buffer)
    }
}

impl Seek for Failing {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}

#[test]
fn a_disk_that_fails_says_nothing_about_the_zip() {
    let (_directory, zip, _) = module();
    let module = ModulePath::parse("example.com/m").unwrap();
    let version = Version::parse("v1.0.0").unwrap();
    let checked = check_zip(Failing(Cursor::new(zip)), &module, &version);
    assert!(matches!(checked, Err(ZipError::Io(_))));
}

#[test]
fn a_directory_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let outcome = zip_create(&missing, TARGET, Vec::new());
    let begin = format!("{}: cannot list the directory: ", missing.display());
    assert!(outcome.errors.starts_with(&begin), "{}", outcome.errors);
    assert!(!outcome.success);
}
