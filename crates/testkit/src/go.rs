//! The real `go` command, with nothing inherited.
//!
//! A developer's own `GOPROXY`, `GOFLAGS`, `go env -w` file, netrc or warm module cache would
//! make these tests pass or fail for reasons that are not in the test. So the environment is
//! cleared, the home is a temporary directory, and every cache starts cold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{self, Output};

/// How long one `go` command may take. The client has no limit of its own, so a stalled
/// server would hang it for ever; a healthy command here takes well under ten seconds.
const LIMIT: Duration = Duration::from_mins(2);

/// A user of `go` with a home, caches and settings of its own.
#[derive(Debug)]
pub struct Go {
    home: TempDir,
    settings: BTreeMap<String, String>,
    limit: Duration,
}

/// A directory with a go.mod, gone when dropped.
#[derive(Debug)]
pub struct Project {
    directory: TempDir,
}

// === impl Go ===

impl Go {
    /// A user who fetches from `goproxy` (a GOPROXY list) and uses no checksum database.
    pub fn new(goproxy: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        disable_telemetry(home.path());
        let mut settings = BTreeMap::new();
        for (name, value) in [
            ("GOPROXY", goproxy),
            ("GOSUMDB", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOFLAGS", "-modcacherw"),
            ("GOENV", "off"),
            ("GIT_TERMINAL_PROMPT", "0"),
        ] {
            settings.insert(name.to_owned(), value.to_owned());
        }
        Self {
            home,
            settings,
            limit: LIMIT,
        }
    }

    /// Sets one environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets how long a command may take.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The directory that holds its caches and settings.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The module cache.
    pub fn module_cache(&self) -> PathBuf {
        self.home.path().join("modcache")
    }

    /// Has it remember a signed head of a checksum database, as if it had learned it elsewhere.
    pub fn knows_head(&self, database: &str, head: &str) {
        let directory = self.home.path().join("gopath/pkg/sumdb").join(database);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("latest"), head).unwrap();
    }

    /// Runs `go` in a directory.
    pub fn run(&self, arguments: &[&str], directory: &Path) -> Output {
        let mut command = Command::new("go");
        self.prepare(&mut command);
        command.args(arguments).current_dir(directory);
        process::run(&mut command, self.limit)
    }

    /// Gives a command this user's environment, and nothing else.
    pub fn prepare(&self, command: &mut Command) {
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let home = self.home.path();
        command.env("HOME", home);
        command.env("GOPATH", home.join("gopath"));
        command.env("GOMODCACHE", self.module_cache());
        command.env("GOCACHE", home.join("gocache"));
        command.envs(&self.settings);
    }

    /// `go mod download -json MODULE@VERSION` outside any module: the closest to asking the
    /// client for exactly one thing.
    pub fn download(&self, module: &str) -> Output {
        self.run(&["mod", "download", "-json", module], self.home.path())
    }

    /// `go list -m -versions MODULE` outside any module.
    pub fn versions(&self, module: &str) -> Output {
        self.run(&["list", "-m", "-versions", module], self.home.path())
    }

    /// `go get` in a fresh project named `example.com/main`.
    pub fn get(&self, what: &str) -> Output {
        let project = Project::new("module example.com/main\n\ngo 1.21\n", &[]);
        self.run(&["get", what], project.path())
    }
}

/// The telemetry of `go` starts a process of its own that would outlive the test.
fn disable_telemetry(home: &Path) {
    let directory = home.join(".config/go/telemetry");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("mode"), "off").unwrap();
}

// === impl Project ===

impl Project {
    /// A project with this go.mod and these files.
    pub fn new(go_mod: &str, files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("go.mod"), go_mod).unwrap();
        for (name, text) in files {
            let file = directory.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self { directory }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A file of it.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap()
    }
}
