//! Scene: what has to be arranged so that `go` fails, and the failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::process::Output;
use testkit::upstream::{FakeUpstream, Fault, Target};

/// A program with one import.
pub(crate) const IMPORTS_A: &str = "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n";

/// A program without imports.
pub(crate) const EMPTY: &str = "package main\n\nfunc main() {}\n";

const GOCACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/gocache");

/// The N of the go 1.N that is in the PATH.
pub(crate) fn release() -> u32 {
    static RELEASE: LazyLock<u32> = LazyLock::new(|| {
        let mut version = Command::new("go");
        // An old go refuses flags of a newer one.
        version
            .arg("version")
            .env_remove("GOFLAGS")
            .env("GOENV", "off");
        let output = version.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let digits = text.split("go1.").nth(1).unwrap();
        let digits = digits.split(|c: char| !c.is_ascii_digit()).next();
        digits.unwrap().parse().unwrap()
    });
    *RELEASE
}

/// The go line of the project: none that this go would find too new.
pub(crate) fn go_line() -> String {
    format!("go 1.{}", release().min(21))
}

/// What is arranged.
#[derive(Debug)]
pub(crate) struct Scene {
    corpus: Corpus,
    faults: Vec<(Target, Fault)>,
    environment: Vec<(String, String)>,
    go_mod: String,
    files: Vec<(String, String)>,
    /// Commands that have to succeed before the one that fails.
    before: Vec<Vec<&'static str>>,
}

/// What happened.
pub(crate) struct Played {
    pub(crate) go: Go,
    pub(crate) project: Project,
    pub(crate) output: Output,
    /// What differs from run to run, with a name for it.
    pub(crate) names: Vec<(String, &'static str)>,
    arguments: Vec<String>,
    _upstream: FakeUpstream,
    /// Whatever else has to stay alive.
    pub(crate) kept: Vec<Box<dyn std::any::Any>>,
}

/// Modules that most scenes need: a, which requires b.
pub(crate) fn corpus() -> Corpus {
    Corpus::new()
        .with(&b())
        .with(&Module::new("example.com/a", "v1.0.0").requires("example.com/b", "v1.0.0"))
}

pub(crate) fn b() -> Module {
    Module::new("example.com/b", "v1.0.0")
}

// === impl Scene ===

impl Scene {
    /// An upstream with a and b, and an empty project.
    pub(crate) fn new() -> Self {
        Self::with(corpus())
    }

    /// An upstream with other modules.
    pub(crate) fn with(corpus: Corpus) -> Self {
        Self {
            corpus,
            faults: Vec::new(),
            // Compiled packages of the standard library may be shared: no case is about them.
            environment: vec![("GOCACHE".to_owned(), GOCACHE.to_owned())],
            go_mod: format!("module example.com/main\n\n{}\n", go_line()),
            files: Vec::new(),
            before: Vec::new(),
        }
    }

    /// The upstream answers so.
    pub(crate) fn fault(mut self, target: impl Into<Target>, fault: Fault) -> Self {
        self.faults.push((target.into(), fault));
        self
    }

    /// With this setting; `UPSTREAM` in it becomes the upstream's URL, `HOST` its host.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this behind `module` and `go` lines.
    pub(crate) fn go_mod(mut self, more: &str) -> Self {
        self.go_mod.push('\n');
        self.go_mod.push_str(more);
        self.go_mod.push('\n');
        self
    }

    /// With this file.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// With the module a required and imported.
    pub(crate) fn with_a(self) -> Self {
        self.go_mod("require example.com/a v1.0.0")
            .file("main.go", IMPORTS_A)
    }

    /// After this command, which succeeds.
    pub(crate) fn after(mut self, arguments: &[&'static str]) -> Self {
        self.before.push(arguments.to_vec());
        self
    }

    /// With a checksum database that the upstream mirrors.
    pub(crate) fn database(mut self, database: &Database) -> Self {
        database.publish(&mut self.corpus);
        self.env("GOSUMDB", &database.key())
    }

    /// `go get` of this.
    pub(crate) fn get(self, what: &str) -> Played {
        self.run(&["get", what])
    }

    /// `go mod download -json` of a.
    pub(crate) fn download(self) -> Played {
        self.run(&["mod", "download", "-json", "example.com/a@v1.0.0"])
    }

    /// `go build` of everything.
    pub(crate) fn build(self) -> Played {
        self.run(&["build", "./..."])
    }

    pub(crate) fn run(self, arguments: &[&str]) -> Played {
        self.prepared(|_, _| ()).finish(arguments)
    }

    /// Arranges everything, and lets a step between change the files.
    pub(crate) fn prepared(self, between: impl FnOnce(&Go, &Project)) -> Prepared {
        let upstream = FakeUpstream::start(self.corpus);
        let mut go = Go::new(&upstream.url());
        if release() < 14 {
            // -modcacherw came with go 1.14.
            go = go.env("GOFLAGS", "");
        }
        for (name, value) in &self.environment {
            let value = value.replace("UPSTREAM", &upstream.url());
            let value = value.replace("HOST", &upstream.address().to_string());
            go = go.env(name, &value);
        }
        let files: Vec<(&str, &str)> = self
            .files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let project = Project::new(&self.go_mod, &files);
        for arguments in &self.before {
            go.run(arguments, project.path()).assert_ok();
        }
        between(&go, &project);
        for (target, fault) in self.faults {
            upstream.always(target, fault);
        }
        Prepared {
            upstream,
            go,
            project,
        }
    }
}

/// Everything is arranged, and nothing has failed yet.
pub(crate) struct Prepared {
    pub(crate) upstream: FakeUpstream,
    pub(crate) go: Go,
    pub(crate) project: Project,
}

/// A directory to put into the PATH, with these programs and nothing else.
pub(crate) fn path_with(programs: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for program in programs {
        let found = match *program {
            "go" => {
                let mut root = Command::new("go");
                root.args(["env", "GOROOT"])
                    .env_remove("GOFLAGS")
                    .env("GOENV", "off");
                let found = root.output().unwrap();
                let root = String::from_utf8(found.stdout).unwrap();
                PathBuf::from(root.trim()).join("bin/go")
            }
            other => PathBuf::from("/usr/bin").join(other),
        };
        std::os::unix::fs::symlink(found, directory.path().join(program)).unwrap();
    }
    directory
}

// === impl Prepared ===

impl Prepared {
    /// Runs the command that fails.
    pub(crate) fn finish(self, arguments: &[&str]) -> Played {
        let directory = self.project.path().to_owned();
        self.finish_in(&directory, arguments)
    }

    /// The same, in the directory of GOPATH.
    pub(crate) fn finish_in_gopath(self, arguments: &[&str]) -> Played {
        let directory = self.go.home().join("gopath");
        self.finish_in(&directory, arguments)
    }

    fn finish_in(self, directory: &Path, arguments: &[&str]) -> Played {
        let output = self.go.run(arguments, directory);
        let path = |path: PathBuf| path.display().to_string();
        let names = vec![
            (path(self.project.path().to_owned()), "PROJECT"),
            (path(self.go.module_cache()), "MODCACHE"),
            (path(self.go.home().to_owned()), "HOME"),
        ];
        Played {
            go: self.go,
            project: self.project,
            output,
            names,
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
            _upstream: self.upstream,
            kept: Vec::new(),
        }
    }
}

// === impl Played ===

impl Played {
    /// What go printed.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.output.stdout, self.output.stderr)
    }

    /// The same command again.
    pub(crate) fn again(&self) -> Output {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.go.run(&arguments, self.project.path())
    }

    /// The same, with something that has to stay alive.
    pub(crate) fn keeping(mut self, kept: impl std::any::Any) -> Self {
        self.kept.push(Box::new(kept));
        self
    }
}
