//! hg and svn beside `go`: the same questions as for git, to repositories that their own programs made.
//!
//! `go` finds hg repositories by hg's own extension for addresses (`schemes`), and svn ones by a page of a forge that
//! names a server on this machine (`svnserve`). Here both are read from the disk.

use crate::equal_to_go::{QueryOutcome, ask_go, ask_us, given};
use fastrand::Rng;
use gomod::pseudo::PseudoTimestamp;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use testkit::{forge::Forge, go::Go, port::Port, skip};
use vcs::{Repositories, RepositoryAccess, RepositoryOptions, VcsKind};

/// Repositories of each system; `DIRECT_OTHERS` in the environment asks for more.
const SEEDS: u64 = 1;

/// Names of each hg repository that are asked for: each costs `go` some seconds.
const HG_NAMES: usize = 4;

/// Each question costs `go` several starts of hg, which is not quick.
const LIMIT: Duration = Duration::from_mins(10);

/// What is asked of a repository, and how many answers were equal.
struct Comparison<'a> {
    go: &'a Go,
    repositories: &'a Repositories,
    system: VcsKind,
    scratch: &'a Path,
    equal: usize,
    found: usize,
}

/// A server of svn repositories; it ends with the test.
struct SvnServer(Child);

impl Drop for SvnServer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Whether a program is here; says so where it is not.
pub(crate) fn has(program: &str) -> bool {
    let ran = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_here = ran.is_ok_and(|status| status.success());
    if !is_here {
        skip::because(&format!("{program} is not installed"));
    }
    is_here
}

/// Runs a program, which has to succeed, and gives what it printed.
fn run(program: &str, directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .env("HGRCPATH", "")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn write(directory: &Path, name: &str, content: &str) {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Files of a first commit; `root` is the module path, if there is to be a go.mod.
fn first_files(directory: &Path, root: &str, rng: &mut Rng) {
    if rng.u32(0..4) > 0 {
        write(directory, "go.mod", &format!("module {root}\n\ngo 1.20\n"));
    }
    write(directory, "a.go", "package a // $Id$\n");
    write(directory, "README", "read\r\nme\r\n");
    write(directory, "LICENSE", "a licence\n");
    write(directory, "sub/go.mod", &format!("module {root}/sub\n"));
    write(directory, "sub/s.go", "package sub\n");
    write(directory, "vendor/modules.txt", "# example.com/x v1.0.0\n");
    write(directory, "vendor/example.com/x/x.go", "package x\n");
    if rng.bool() {
        write(directory, "v2/go.mod", &format!("module {root}/v2\n"));
        write(directory, "v2/a.go", "package a\n");
    }
    for name in ["with space.go", "b+c.go", ".hidden", "~tilde"] {
        write(directory, name, "package odd\n");
    }
}

fn options(directory: &Path) -> RepositoryOptions {
    let path = std::env::var_os("PATH").unwrap();
    let mut options = RepositoryOptions::new(directory.join("mirrors"), path);
    "file".clone_into(&mut options.protocols);
    options
}

impl Comparison<'_> {
    async fn compare(&mut self, url: &str, root: &str, queries: &[String]) {
        let below: &[&str] = match self.system {
            VcsKind::Hg => &["", "/sub"],
            _ => &["", "/sub", "/v2", "/missing"],
        };
        let modules: Vec<String> = below.iter().map(|path| format!("{root}{path}")).collect();
        let questions: Vec<(String, String)> = modules
            .iter()
            .flat_map(|module| {
                let of = |query: &String| (module.clone(), query.clone());
                queries.iter().map(of)
            })
            .collect();
        for ((module, query), theirs) in ask_go(self.go, &questions) {
            let access = RepositoryAccess::default();
            let code = self.repositories.repository(self.system, url, access);
            let ours = ask_us(code.unwrap(), root, &module, &query, self.scratch).await;
            assert_eq!(ours.as_ref(), Ok(&theirs), "{module}@{query}");
            self.equal += 1;
            self.found += usize::from(theirs != QueryOutcome::Absent);
        }
    }
}

/// An hg repository with tags, branches and bookmarks, and what may be asked of it.
fn make_hg(seed: u64, directory: &Path, root: &str) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    fs::create_dir_all(directory).unwrap();
    let hg = |arguments: &[&str]| run("hg", directory, arguments);
    hg(&["init"]);
    first_files(directory, root, &mut rng);
    std::os::unix::fs::symlink("a.go", directory.join("link.go")).unwrap();
    let tags = [
        "v0.1.0",
        "v1.0.0",
        "v1.1.0-rc.1",
        "v2.0.0",
        "sub/v0.2.0",
        "v1.2",
        "v1.3.0+meta",
    ];
    let mut names = vec!["default".to_owned(), "nothing".to_owned(), "tip".to_owned()];
    for at in 0..rng.u32(2..5) {
        let time = |minutes: u32| format!("{} -5400", 1_700_000_000 + 60 * minutes);
        write(directory, "a.go", &format!("package a // {at}\n"));
        hg(&["addremove", "-q"]);
        let (commit, tagging) = (time(2 * at), time(2 * at + 1));
        hg(&["commit", "-q", "-u", "a", "-d", &commit, "-m", "a commit"]);
        let tag = tags[rng.usize(0..tags.len())];
        if !names.iter().any(|name| name == tag) {
            hg(&["tag", "-u", "a", "-d", &tagging, tag]);
            names.push(tag.to_owned());
        }
        if at == 0 {
            hg(&["bookmark", "-i", "mark"]);
            names.push("mark".to_owned());
        }
        if at == 1 && rng.bool() {
            hg(&["branch", "-q", "dev"]);
            names.push("dev".to_owned());
        }
    }
    let log = hg(&["log", "-T", "{node} {date|hgdate}\n"]);
    for line in log.lines() {
        let mut words = line.split(' ');
        let (node, time) = (words.next().unwrap(), words.next().unwrap());
        let digits = PseudoTimestamp::from_unix_seconds(time.parse().unwrap()).unwrap();
        let (digits, short) = (digits.digits(), &node[..12]);
        let of_each = [
            node.to_owned(),
            node[..9].to_owned(),
            format!("v0.0.0-{digits}-{short}"),
            format!("v1.0.1-0.{digits}-{short}"),
            format!("v0.0.0-20200101000000-{short}"),
        ];
        names.extend(of_each.into_iter().filter(|_| rng.bool()));
    }
    names.retain(|name| !name.contains('/') && name != "v1.2");
    rng.shuffle(&mut names);
    names.truncate(HG_NAMES);
    names
}

#[tokio::test]
async fn what_go_makes_of_hg_repositories_is_made_of_them_here() {
    if !has("hg") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let places = directory.path().join("repositories");
    let settings = directory.path().join("hgrc");
    let text = format!(
        "[extensions]\nschemes =\n[schemes]\nhttps = file://{}/\n",
        places.display()
    );
    fs::write(&settings, text).unwrap();
    let go = Go::new("direct")
        .limit(LIMIT)
        .env("HGRCPATH", &settings.display().to_string());
    let repositories = Repositories::new(options(directory.path()));
    let mut comparison = Comparison {
        go: &go,
        repositories: &repositories,
        system: VcsKind::Hg,
        scratch: directory.path(),
        equal: 0,
        found: 0,
    };
    let seeds = given("DIRECT_OTHERS").unwrap_or(SEEDS);
    for seed in 0..seeds {
        let place: PathBuf = places.join(format!("example.com/h{seed}"));
        let root = format!("example.com/h{seed}.hg");
        let queries = make_hg(seed, &place, &root);
        let url = format!("file://{}", place.display());
        comparison.compare(&url, &root, &queries).await;
    }
    println!(
        "{seeds} hg repositories, {} questions with equal answers, {} of them with a zip",
        comparison.equal, comparison.found
    );
    assert!(comparison.found > 0);
}

/// An svn repository whose module is in `trunk`, and what may be asked of it.
fn make_svn(seed: u64, places: &Path, root: &str) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    let name = format!("s{seed}");
    run("svnadmin", places, &["create", &name]);
    let url = format!("file://{}", places.join(&name).display());
    let copy = places.join(format!("{name}-copy"));
    let layout = places.join(format!("{name}-layout"));
    for part in ["trunk", "tags"] {
        fs::create_dir_all(layout.join(part)).unwrap();
    }
    first_files(&layout.join("trunk"), root, &mut rng);
    let from = layout.display().to_string();
    run("svn", places, &["import", "-q", "-m", "one", &from, &url]);
    let to = copy.display().to_string();
    run("svn", places, &["checkout", "-q", &url, &to]);
    run(
        "svn",
        &copy,
        &["propset", "-q", "svn:eol-style", "native", "trunk/README"],
    );
    run(
        "svn",
        &copy,
        &["propset", "-q", "svn:keywords", "Id", "trunk/a.go"],
    );
    for at in 0..rng.u32(1..4) {
        write(&copy, "trunk/a.go", &format!("package a // {at} $Id$\n"));
        run("svn", &copy, &["commit", "-q", "-m", "more"]);
    }
    // A revision that does not touch the module, and a tag, which is none to go.
    let (trunk, tag) = (format!("{url}/trunk"), format!("{url}/tags/v1.0.0"));
    run("svn", places, &["copy", "-q", "-m", "a tag", &trunk, &tag]);
    let log = run("svn", places, &["log", "-q", &url]);
    let mut queries: Vec<String> = ["HEAD", "latest", "nothing", "99", "v1.0.0"]
        .map(str::to_owned)
        .to_vec();
    for line in log.lines().filter(|line| line.starts_with('r')) {
        let mut parts = line.split(" | ");
        let number: u64 = parts.next().unwrap()[1..].parse().unwrap();
        let date: String = parts.nth(1).unwrap()[..19]
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        queries.push(number.to_string());
        queries.push(format!("v0.0.0-{date}-{number:012}"));
        queries.push(format!("v0.0.0-20200101000000-{number:012}"));
        queries.push(format!("v1.0.1-0.{date}-{number:012}"));
    }
    queries
}

#[tokio::test]
async fn what_go_makes_of_svn_repositories_is_made_of_them_here() {
    if !has("svn") || !has("svnserve") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let places = directory.path().join("repositories");
    fs::create_dir_all(&places).unwrap();
    let forge = Forge::start(&["example.com"]);
    let port = Port::reserve();
    let address = port.address();
    let server = Command::new("svnserve")
        .args(["-d", "--foreground", "--listen-host", "127.0.0.1"])
        .args(["--listen-port", &address.port().to_string(), "-r"])
        .arg(&places)
        .spawn();
    let _server = SvnServer(server.unwrap());
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
    let go = Go::new("direct")
        .limit(LIMIT)
        .env("HTTPS_PROXY", &forge.proxy())
        .env("SSL_CERT_FILE", &forge.root().display().to_string())
        .env("GOINSECURE", "example.com/*")
        .env("GOVCS", "*:all")
        .env("TZ", "UTC");
    let repositories = Repositories::new(options(directory.path()));
    let mut comparison = Comparison {
        go: &go,
        repositories: &repositories,
        system: VcsKind::Svn,
        scratch: directory.path(),
        equal: 0,
        found: 0,
    };
    let seeds = given("DIRECT_OTHERS").unwrap_or(SEEDS);
    for seed in 0..seeds {
        let root = format!("example.com/s{seed}");
        let queries = make_svn(seed, &places, &root);
        let page = format!(
            "<meta name=\"go-import\" content=\"{root} svn svn://{address}/s{seed}/trunk\">"
        );
        for path in ["", "/sub", "/v2", "/missing"] {
            forge.page(&format!("{root}{path}"), &page);
        }
        let url = format!("file://{}/s{seed}/trunk", places.display());
        comparison.compare(&url, &root, &queries).await;
    }
    println!(
        "{seeds} svn repositories, {} questions with equal answers, {} of them with a zip",
        comparison.equal, comparison.found
    );
    assert!(comparison.found > 0);
}
