//! A module source of one behaviour: what it has, how it misbehaves, what its checksum database
//! knows.
//!
//! The plain one has a library `M` with five versions and a branch, a module `D` that `M` imports,
//! and nothing else. A behaviour starts from it and changes what it is about. Rules are kept here
//! and given to the fake source anew before every command: one that strikes only once strikes the
//! command that goes straight and the one that goes through modkeep alike.

use std::time::Duration;

use testkit::database::Database;
use testkit::fixture::{Corpus, Module, escape};
use testkit::port::Port;
use testkit::upstream::{FakeUpstream, Fault, Target};

/// The module that `M` imports.
pub(super) const DEPENDENCY: &str = "example.com/d";
/// Where the branch `main` of the plain `M` is.
pub(super) const PSEUDO: &str = "v1.2.1-0.20240102030405-abcdefabcdef";
/// The name of the checksum database.
const DATABASE: &str = "sum.example.com";

/// Which of the matching requests a rule strikes.
#[derive(Debug, Clone, Copy)]
enum Times {
    Always,
    First(u64),
    After(u64),
}

/// A source before it runs.
pub(super) struct Source {
    /// Where it will listen.
    pub(super) url: String,
    /// The module that the commands are about.
    pub(super) module: String,
    /// The version of it that the main module requires.
    pub(super) version: String,
    /// What `go get M@QUERY` asks for.
    pub(super) query: String,
    /// Lines for the go.mod of the main module.
    pub(super) main_lines: String,
    pub(super) corpus: Corpus,
    port: Port,
    rules: Vec<(Target, Times, Fault)>,
    database: Database,
    latency: Duration,
}

/// A running source with its checksum database.
pub(super) struct Running {
    upstream: FakeUpstream,
    database: FakeUpstream,
    rules: Vec<(Target, Times, Fault)>,
    latency: Duration,
    key: String,
}

// === impl Source ===

impl Source {
    /// The plain source.
    pub(super) fn plain() -> Self {
        let port = Port::reserve();
        let mut source = Self {
            url: format!("http://{}", port.address()),
            module: String::new(),
            version: String::new(),
            query: "main".to_owned(),
            main_lines: String::new(),
            corpus: Corpus::new(),
            port,
            rules: Vec::new(),
            database: Database::new(DATABASE, 1),
            latency: Duration::ZERO,
        };
        source.database.fill(20);
        for version in ["v1.0.0", "v1.1.0"] {
            source.add(&dependency(version));
        }
        let versions = [
            "v1.0.0",
            "v1.0.1",
            "v1.1.0",
            "v1.3.0-rc.1",
            PSEUDO,
            "v1.2.0",
        ];
        source.about("example.com/m", "v1.0.0", &versions);
        source.branch("main", PSEUDO);
        source
    }

    /// Makes `M` another module, with these versions; the last one is the latest. The main module
    /// requires `version`. The source does not know the former `M` any more.
    pub(super) fn about(&mut self, path: &str, version: &str, versions: &[&str]) {
        self.forget_module();
        path.clone_into(&mut self.module);
        version.clone_into(&mut self.version);
        for version in versions {
            self.add(&library(path, version));
        }
    }

    /// The source has nothing of `M` any more.
    pub(super) fn forget_module(&mut self) {
        let root = format!("{}/@", escape(&self.module));
        let paths = self.corpus.iter().map(|(path, _)| path.to_owned());
        let gone: Vec<String> = paths.filter(|path| path.starts_with(&root)).collect();
        for path in gone {
            self.corpus.remove(&path);
        }
    }

    /// The source has this module, and the database has its record.
    pub(super) fn add(&mut self, module: &Module) {
        self.corpus.add(module);
        self.database.log(module);
    }

    /// The source has this state of a version of `M` in place of the plain one, and the database
    /// knows no other.
    pub(super) fn instead(&mut self, version: &str, change: impl Fn(Module) -> Module) {
        let module = change(library(&self.module, version));
        let latest = self.file("@latest");
        let before = self.corpus.get(&latest);
        let list = self.corpus.get(&self.file("@v/list"));
        self.add(&module);
        // Not a new version: neither the list nor the latest changes.
        for (path, content) in [(latest, before), (self.file("@v/list"), list)] {
            self.corpus.put(&path, content.unwrap_or_default());
        }
    }

    /// A branch or any other name of a version of `M`.
    pub(super) fn branch(&mut self, name: &str, version: &str) {
        let info = library(&self.module, version).info();
        self.put(&format!("@v/{name}.info"), info);
    }

    /// The path of a file of `M` at the source: `@v/list`, for instance.
    pub(super) fn file(&self, name: &str) -> String {
        format!("{}/{name}", escape(&self.module))
    }

    /// Puts any bytes at a file of `M`.
    pub(super) fn put(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        let path = self.file(name);
        self.corpus.put(&path, content.into());
    }

    /// Removes a file of `M`.
    pub(super) fn remove(&mut self, name: &str) {
        let path = self.file(name);
        self.corpus.remove(&path);
    }

    // How it misbehaves. A rule made later wins.

    /// A file of `M` always has this fault.
    pub(super) fn fault(&mut self, name: &str, fault: Fault) {
        let path = self.file(name);
        self.always(path.as_str(), fault);
    }

    /// A file of `M` has this fault when it is asked for first.
    pub(super) fn once(&mut self, name: &str, fault: Fault) {
        let target = Target::Path(self.file(name));
        self.rules.push((target, Times::First(1), fault));
    }

    /// Whatever matches always has this fault.
    pub(super) fn always(&mut self, target: impl Into<Target>, fault: Fault) {
        self.rules.push((target.into(), Times::Always, fault));
    }

    /// Whatever matches has this fault once that many were answered.
    pub(super) fn after(&mut self, count: u64, target: impl Into<Target>, fault: Fault) {
        self.rules.push((target.into(), Times::After(count), fault));
    }

    /// Every answer comes this much later.
    pub(super) fn slow(&mut self, latency: Duration) {
        self.latency = latency;
    }

    /// Starts it.
    pub(super) fn start(self) -> Running {
        let mut logged = Corpus::new();
        self.database.publish(&mut logged);
        Running {
            upstream: FakeUpstream::start_on(self.port, self.corpus),
            database: FakeUpstream::start(logged),
            rules: self.rules,
            latency: self.latency,
            key: self.database.key(),
        }
    }
}

// === impl Running ===

impl Running {
    /// Behaves as at the first request again.
    pub(super) fn reset(&self) {
        self.upstream.heal();
        self.upstream.latency(self.latency);
        for (target, times, fault) in self.rules.clone() {
            match times {
                Times::Always => self.upstream.always(target, fault),
                Times::First(count) => self.upstream.first(count, target, fault),
                Times::After(count) => self.upstream.after(count, target, fault),
            }
        }
    }

    /// The GOPROXY entry for it.
    pub(super) fn url(&self) -> String {
        self.upstream.url()
    }

    /// GOSUMDB and `--sumdb` of its checksum database.
    pub(super) fn database(&self) -> String {
        format!("{} {}/sumdb/{DATABASE}", self.key, self.database.url())
    }

    /// The same without the URL: reached through a proxy.
    pub(super) fn database_behind_proxy(&self) -> String {
        self.key.clone()
    }
}

/// A version of `M`: a package at its root, one below, a command, and the import of `D`.
pub(super) fn library(path: &str, version: &str) -> Module {
    let import = format!("package sub\n\nimport _ {DEPENDENCY:?}\n\nconst Version = {version:?}\n");
    let tool = format!("package main\n\nimport _ \"{path}/pkg/sub\"\n\nfunc main() {{}}\n");
    Module::new(path, version)
        .requires(DEPENDENCY, "v1.0.0")
        .file("pkg/sub/sub.go", import)
        .file("cmd/tool/main.go", tool)
}

fn dependency(version: &str) -> Module {
    Module::new(DEPENDENCY, version)
}
