//! The real go command, on a proxy of files and caches of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Whether there is one; under CI there must be.
pub(super) fn is_here() -> bool {
    let here = Command::new("go").arg("version").output().is_ok();
    if !here {
        assert!(env::var("CI").is_err(), "no go command");
        println!("skipped: no go command");
    }
    here
}

/// A new directory for one test.
pub(super) fn temporary(name: &str) -> PathBuf {
    let root = env::temp_dir().join(format!("gomod-{name}-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    root
}

/// Runs it in `directory`; everything it keeps, and its proxy, is below `root`.
pub(super) fn run(root: &Path, directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("go")
        .args(arguments)
        .current_dir(directory)
        .env("GOPROXY", format!("file://{}/proxy", root.display()))
        .env("GOPATH", root.join("gopath"))
        .env("GOMODCACHE", root.join("cache"))
        .env("GOFLAGS", "-modcacherw")
        .env("GOENV", "off")
        .env("GOSUMDB", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .output()
        .unwrap();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// What `go env` says.
pub(super) fn environment(name: &str) -> PathBuf {
    let output = Command::new("go").args(["env", name]).output().unwrap();
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}
