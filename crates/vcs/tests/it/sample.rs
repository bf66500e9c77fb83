//! Repositories from seeds: what people and tools have made of the rules, mixed at random.
//!
//! Each has several commits, a second branch, tags of all kinds (with a text or not, too short, with build
//! metadata, of other directories, looking like pseudo-versions), and files that make a zip differ where it is
//! made in another way: vendored packages, nested modules, links, line ends, substitutions, a large file, names
//! at the edge of what is allowed.

use crate::writer::{FileChange, RepositoryWriter, git};
use fastrand::Rng;
use std::path::{Path, PathBuf};

/// A repository, and what may be asked of it.
pub(crate) struct SampleRepository {
    /// Its directory.
    pub(crate) directory: PathBuf,
    /// The module path of its root.
    pub(crate) root: String,
    /// Module paths that it may have.
    pub(crate) modules: Vec<String>,
    /// Names of revisions: tags, branches, commits.
    pub(crate) queries: Vec<String>,
}

/// A repository being made.
struct SampleMaker {
    rng: Rng,
    root: String,
    writer: RepositoryWriter,
    tags: Vec<String>,
}

/// Tags that some commit may get.
const TAGS: [&str; 24] = [
    "v0.1.0",
    "v0.2.0-alpha",
    "v0.2.0",
    "v1.0.0",
    "v1.0.1",
    "v1.1.0-rc.1",
    "v1.1.0",
    "v1.2",
    "v1",
    "v1.3.0+meta",
    "v2.0.0",
    "v2.0.1-pre",
    "v2.1.0",
    "v3.0.0",
    "v10.0.0",
    "1.0.0",
    "release-1",
    "sub/v0.1.0",
    "sub/v1.0.0",
    "sub/v2.0.0",
    "v2/v2.0.2",
    "sub/deep/v0.3.0",
    "v1.5.0-0.20200101000000-abcdefabcdef",
    "sub/v1.0.1-beta",
];

// === impl SampleRepository ===

impl SampleRepository {
    /// Makes the repository of a seed below a directory.
    pub(crate) fn make(seed: u64, below: &Path) -> Self {
        let root = format!("example.com/r{seed}.git");
        let mut maker = SampleMaker {
            rng: Rng::with_seed(seed),
            root: root.clone(),
            writer: RepositoryWriter::default(),
            tags: Vec::new(),
        };
        maker.history();
        let directory = below.join(format!("r{seed}"));
        maker.writer.write(&directory);
        let modules = ["", "/v2", "/v3", "/sub", "/sub/v2", "/sub/deep", "/missing"];
        Self {
            modules: modules.iter().map(|path| format!("{root}{path}")).collect(),
            queries: maker.queries(&directory),
            directory,
            root,
        }
    }
}

// === impl SampleMaker ===

impl SampleMaker {
    fn chance(&mut self, of: u32) -> bool {
        self.rng.u32(0..of) == 0
    }

    fn history(&mut self) {
        let mut last = None;
        let mut first = 0;
        for at in 0..self.rng.usize(2..6) {
            let changes = if at == 0 {
                self.first_files()
            } else {
                self.further_files(at)
            };
            let commit = self.writer.commit("main", last, &changes);
            if at == 0 {
                first = commit;
            }
            last = Some(commit);
            self.tag(commit);
        }
        if self.chance(2) {
            let changes = self.further_files(99);
            let commit = self.writer.commit("dev", Some(first), &changes);
            self.tag(commit);
        }
    }

    fn tag(&mut self, commit: u32) {
        for _ in 0..self.rng.usize(0..4) {
            let tag = TAGS[self.rng.usize(0..TAGS.len())];
            if !self.tags.iter().any(|known| known == tag) {
                let is_annotated = self.rng.bool();
                self.writer.tag(tag, commit, is_annotated);
                self.tags.push(tag.to_owned());
            }
        }
    }

    fn go_mod(&mut self, path: &str) -> String {
        let go = ["1.13", "1.20", "1.24", "1.25"][self.rng.usize(0..4)];
        let mut text = format!("module {path}\n\ngo {go}\n");
        if self.chance(4) {
            text += "\nretract v1.1.0 // a mistake\n";
        }
        text
    }

    /// What go.mod of the root says, if there is one.
    fn root_go_mod(&mut self) -> Option<FileChange> {
        let root = self.root.clone();
        let path = match self.rng.u32(0..8) {
            0 | 1 => return None,
            2 => format!("{root}/v2"),
            3 => format!("{root}/v3"),
            4 => "example.com/other".to_owned(),
            _ => root,
        };
        Some(FileChange::write("go.mod", self.go_mod(&path)))
    }

    fn first_files(&mut self) -> Vec<FileChange> {
        let root = self.root.clone();
        let mut files = vec![
            FileChange::write("a.go", "package a\n"),
            FileChange::write("README", "read\r\nme\r\n"),
        ];
        files.extend(self.root_go_mod());
        if self.chance(2) {
            files.push(FileChange::write("LICENSE", "a licence\n"));
        }
        if self.chance(2) {
            let path = if self.chance(3) {
                format!("{root}/sub/v2")
            } else {
                format!("{root}/sub")
            };
            files.push(FileChange::write("sub/go.mod", self.go_mod(&path)));
            files.push(FileChange::write("sub/s.go", "package sub\n"));
        }
        if self.chance(4) {
            files.push(FileChange::write(
                "sub/deep/go.mod",
                self.go_mod(&format!("{root}/sub/deep")),
            ));
            files.push(FileChange::write("sub/deep/d.go", "package deep\n"));
        }
        if self.chance(3) {
            files.push(FileChange::write(
                "v2/go.mod",
                self.go_mod(&format!("{root}/v2")),
            ));
            files.push(FileChange::write("v2/a.go", "package a\n"));
        }
        if self.chance(2) {
            files.push(FileChange::write(
                "vendor/modules.txt",
                "# example.com/x v1.0.0\n",
            ));
            files.push(FileChange::write(
                "vendor/example.com/x/x.go",
                "package x\n",
            ));
            files.push(FileChange::write("b/vendor/vendor.go", "package vendor\n"));
            files.push(FileChange::write("b/vendor/y/y.go", "package y\n"));
        }
        if self.chance(2) {
            files.push(FileChange::Link("link.go".to_owned(), "a.go".to_owned()));
            files.push(FileChange::Link(
                "outside".to_owned(),
                "../../etc/passwd".to_owned(),
            ));
        }
        if self.chance(2) {
            let attributes = "*.txt eol=crlf\nsubst.go export-subst\nhidden.go export-ignore\n";
            files.push(FileChange::write(".gitattributes", attributes));
            files.push(FileChange::write("crlf.txt", "one\ntwo\n"));
            files.push(FileChange::write("subst.go", "package a // $Format:%H$\n"));
            files.push(FileChange::write("hidden.go", "package a\n"));
        }
        if self.chance(3) {
            for name in [
                "with space.go",
                "b+c.go",
                "Ünicode.go",
                ".hidden",
                "d/.gitignore",
                "~tilde",
            ] {
                files.push(FileChange::write(name, format!("package odd // {name}\n")));
            }
        }
        if self.chance(4) {
            let large: Vec<u8> = (0..3 << 20).map(|_| self.rng.u8(..)).collect();
            files.push(FileChange::write("large.bin", large));
        }
        files
    }

    fn further_files(&mut self, at: usize) -> Vec<FileChange> {
        let mut files = vec![FileChange::write("a.go", format!("package a // {at}\n"))];
        match self.rng.u32(0..6) {
            0 => files.extend(self.root_go_mod()),
            1 => files.push(FileChange::Remove("go.mod".to_owned())),
            2 => files.push(FileChange::write(
                "sub/s.go",
                format!("package sub // {at}\n"),
            )),
            3 => files.push(FileChange::Remove("v2/go.mod".to_owned())),
            _ => {}
        }
        files
    }

    /// Tags, branches, commits by their hashes, and pseudo-versions right and wrong.
    fn queries(&mut self, directory: &Path) -> Vec<String> {
        let mut queries: Vec<String> = self.tags.clone();
        for tag in &self.tags {
            if let Some((_, version)) = tag.rsplit_once('/') {
                queries.push(version.to_owned());
            }
            queries.push(format!("{tag}+incompatible"));
        }
        queries.push("main".to_owned());
        queries.push("nothing".to_owned());
        let log = git(directory, &["log", "--all", "--format=%H %ct"]);
        for line in log.lines() {
            let (hash, time) = line.split_once(' ').unwrap();
            queries.push(hash.to_owned());
            queries.push(hash[..9].to_owned());
            let digits = gomod::pseudo::PseudoTimestamp::from_unix_seconds(time.parse().unwrap());
            let digits = digits.unwrap().digits().to_owned();
            let short = &hash[..12];
            let base = [
                "v0.0.0-",
                "v1.0.1-0.",
                "v2.0.0-",
                "v0.2.1-0.",
                "v1.1.0-rc.1.0.",
                "v3.0.1-0.",
            ];
            let base = base[self.rng.usize(0..base.len())];
            queries.push(format!("{base}{digits}-{short}"));
            queries.push(format!("v0.0.0-20200101000000-{short}"));
            queries.push(format!("v0.0.0-{digits}-{}", &hash[..11]));
        }
        queries.sort();
        queries.dedup();
        // What is no name of a file cannot be asked of a proxy, and the beginning of a version is a question
        // about the list.
        queries.retain(|query| !query.contains('/') && !matches!(query.as_str(), "v1" | "v1.2"));
        queries
    }
}
