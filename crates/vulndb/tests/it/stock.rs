//! The stock `govulncheck` reads what is served, from a directory and over HTTP, and what it finds
//! out is read back.

use crate::support::{entry, programs, real_database, real_zip, source, write_files};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::{process, skip};
use vulndb::{
    DatabaseSource, FeedFile, ReachabilityReport, SourceOrigin, VulnerabilityDatabase,
    VulnerabilityHit, VulnerabilityReach,
};

/// `govulncheck` loads the standard library from source, on a busy machine.
const LIMIT: Duration = Duration::from_mins(5);

#[test]
fn the_stock_client_finds_public_and_private_vulnerabilities() {
    let (Some(zip), Some(govulncheck)) = (real_zip(), govulncheck()) else {
        return;
    };
    let own = [advisory("ACME-1", "Used"), advisory("ACME-2", "Idle")];
    let database = VulnerabilityDatabase::merge(vec![
        DatabaseSource::from_zip("go", SourceOrigin::Public, &zip).unwrap(),
        source("own", SourceOrigin::Private, &own),
    ]);
    let database = database.unwrap();
    let modified = database.modified().unwrap();
    let proxy = tempfile::tempdir().unwrap();
    modules().write_tree(proxy.path());
    let go = user_of(proxy.path());
    let project = project();
    go.run(&["mod", "tidy"], project.path()).assert_ok();
    let directory = tempfile::tempdir().unwrap();
    write_files(directory.path(), &files(&database));
    let from_directory = format!("file://{}", directory.path().display());
    for url in [from_directory, serve(database)] {
        let report = scan(&govulncheck, &go, &project, &["-db", &url, "./..."]);
        let reachability = ReachabilityReport::parse(report.as_bytes()).unwrap();
        assert!(reachability.has_seen(modified), "{url}");
        let of = |id, module, version| reachability.of([id], module, version).cloned();
        let public = of("GO-2021-0113", "golang.org/x/text", "v0.3.5");
        assert_eq!(ends(public), ["language.Parse", "main.main"], "{url}");
        let private = of("ACME-1", "corp.example.com/lib", "v1.0.0");
        assert_eq!(ends(private), ["lib.Used", "main.main"], "{url}");
        let package = "corp.example.com/lib".to_owned();
        let idle = of("ACME-2", "corp.example.com/lib", "v1.0.0");
        assert_eq!(
            idle,
            Some(VulnerabilityReach::Imported { package }),
            "{url}"
        );
    }
}

#[test]
fn the_stock_client_finds_the_same_in_a_whole_build() {
    let (Some(database), Some(govulncheck)) = (real_database(), govulncheck()) else {
        return;
    };
    let modules = some_modules(&database);
    let proxy = tempfile::tempdir().unwrap();
    let corpus = modules
        .iter()
        .fold(Corpus::new(), |corpus, (path, version)| {
            corpus.with(&Module::new(path, version))
        });
    corpus.write_tree(proxy.path());
    let go = user_of(proxy.path());
    let project = project_of(&modules);
    go.run(&["mod", "tidy"], project.path()).assert_ok();
    let url = serve(database.clone());
    let report = scan(
        &govulncheck,
        &go,
        &project,
        &["-scan", "module", "-db", &url],
    );
    let messages = serde_json::Deserializer::from_str(&report).into_iter::<Value>();
    let messages: Vec<Value> = messages.map(Result::unwrap).collect();
    let config = messages
        .iter()
        .find_map(|message| message.get("config"))
        .unwrap();
    let release = config["go_version"].as_str().unwrap().to_owned();
    let findings = messages.iter().filter_map(|message| message.get("finding"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let theirs: BTreeSet<[String; 2]> = findings
        .map(|finding| [text(&finding["trace"][0]["module"]), text(&finding["osv"])])
        .collect();
    let asked = modules.iter().map(|(path, version)| (&**path, &**version));
    let examined = database
        .examine(asked.chain([("stdlib", &*release)]))
        .unwrap();
    let hits = examined.hits.into_iter().filter(is_of_this_platform);
    let ours: BTreeSet<[String; 2]> = hits
        .map(|hit| [hit.module.clone(), hit.id.to_string()])
        .collect();
    println!("{} modules, {} hits", modules.len(), ours.len());
    assert!(ours.len() > modules.len() / 2, "{ours:?}");
    assert_eq!(ours, theirs);
}

/// Every twentieth module that the database knows, at versions that differ.
fn some_modules(database: &VulnerabilityDatabase) -> Vec<(String, String)> {
    let index = database.answer("index/modules.json").unwrap();
    let index: Value = serde_json::from_slice(&index.bytes).unwrap();
    let paths = index.as_array().unwrap().iter();
    let paths = paths.map(|line| line["path"].as_str().unwrap());
    // Others need versions of their own, or are no modules at all.
    let usual = paths.filter(|path| path.contains('.') && !path.starts_with("gopkg.in/"));
    let versions = usual.step_by(20).enumerate().map(|(number, path)| {
        let major = path
            .rsplit_once("/v")
            .and_then(|(_, major)| major.parse().ok());
        let major: u32 = major.unwrap_or(1);
        (
            path.to_owned(),
            format!("v{major}.{}.{}", number % 7, number % 3),
        )
    });
    versions.collect()
}

/// A module that imports the root of each.
fn project_of(modules: &[(String, String)]) -> Project {
    let mut go_mod = "module example.com/main\n\ngo 1.21\n\n".to_owned();
    let mut main = "package main\n\nimport (\n".to_owned();
    for (path, version) in modules {
        writeln!(go_mod, "require {path} {version}").unwrap();
        writeln!(main, "\t_ \"{path}\"").unwrap();
    }
    main.push_str(")\n\nfunc main() {}\n");
    Project::new(&go_mod, &[("main.go", &main)])
}

/// The client leaves out what is about other platforms alone.
fn is_of_this_platform(hit: &VulnerabilityHit) -> bool {
    let is_or_any = |names: &[String], name: &str| {
        names.is_empty() || names.iter().any(|listed| listed == name)
    };
    let os = std::env::consts::OS.replace("macos", "darwin");
    let arch = std::env::consts::ARCH
        .replace("x86_64", "amd64")
        .replace("aarch64", "arm64");
    let mut imports = hit.imports.iter();
    hit.imports.is_empty()
        || imports.any(|import| is_or_any(&import.goos, &os) && is_or_any(&import.goarch, &arch))
}

/// A user of `go` who fetches from a directory.
fn user_of(proxy: &Path) -> Go {
    Go::new(&format!("file://{}", proxy.display())).limit(LIMIT)
}

/// What the client prints about a project.
fn scan(govulncheck: &Path, go: &Go, project: &Project, arguments: &[&str]) -> String {
    let mut command = Command::new(govulncheck);
    go.prepare(&mut command);
    command.arg("-json").args(arguments);
    let output = process::run(command.current_dir(project.path()), LIMIT);
    output.assert_ok().stdout.clone()
}

/// The first and the last function of a trace, each with the last element of its package.
fn ends(reach: Option<VulnerabilityReach>) -> [String; 2] {
    let Some(VulnerabilityReach::Called { trace }) = reach else {
        panic!("{reach:?}")
    };
    [trace.first(), trace.last()].map(|frame| {
        let frame = frame.unwrap();
        let package = frame.package.rsplit('/').next().unwrap();
        format!("{package}.{}", frame.function)
    })
}

fn files(database: &VulnerabilityDatabase) -> Vec<FeedFile> {
    let file = |path: &str| FeedFile {
        name: path.to_owned(),
        bytes: database.answer(path).unwrap().bytes.into_owned(),
    };
    database.paths().map(file).collect()
}

/// The stock client, installed once; none where it cannot be had.
fn govulncheck() -> Option<PathBuf> {
    let directory = programs();
    let program = directory.join("govulncheck");
    if !program.exists() {
        let install = Command::new("go")
            .args(["install", "golang.org/x/vuln/cmd/govulncheck@v1.9.0"])
            .env("GOBIN", &directory)
            .env("GOFLAGS", "")
            .output();
        let why = match install {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = why {
            skip::because(&format!("govulncheck cannot be had: {why}"));
            return None;
        }
    }
    Some(program)
}

/// Modules with something vulnerable: what the public database and the company's own say so of.
fn modules() -> Corpus {
    let text = Module::new("golang.org/x/text", "v0.3.5").file(
        "language/parse.go",
        "package language\n\nfunc Parse(s string) string { return s }\n",
    );
    let lib = Module::new("corp.example.com/lib", "v1.0.0").file(
        "used.go",
        "package lib\n\nfunc Used() int { return 1 }\n\nfunc Idle() int { return 2 }\n",
    );
    Corpus::new().with(&text).with(&lib)
}

/// A module that calls two things that are vulnerable, and leaves one alone.
fn project() -> Project {
    let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire (\n\
                  \tcorp.example.com/lib v1.0.0\n\tgolang.org/x/text v0.3.5\n)\n";
    let main = "package main\n\nimport (\n\t\"corp.example.com/lib\"\n\
                \t\"golang.org/x/text/language\"\n)\n\n\
                func main() {\n\tprintln(language.Parse(\"de\"), lib.Used())\n}\n";
    Project::new(go_mod, &[("main.go", main)])
}

fn advisory(id: &str, symbol: &str) -> Value {
    let mut advisory = entry(
        id,
        "corp.example.com/lib",
        &[("introduced", "0"), ("fixed", "1.1.0")],
    );
    let imports = json!([{"path": "corp.example.com/lib", "symbols": [symbol]}]);
    advisory["affected"][0]["ecosystem_specific"] = json!({ "imports": imports });
    advisory
}

/// Answers what is asked for until the test's process ends; the address.
fn serve(database: VulnerabilityDatabase) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let database = Arc::new(database);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let database = Arc::clone(&database);
            thread::spawn(move || answer(&database, stream.unwrap()));
        }
    });
    format!("http://{address}")
}

/// One request a connection, without its body.
fn answer(database: &VulnerabilityDatabase, mut stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    let _headers = lines.take_while(|line| !line.is_empty()).count();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let answer = database.answer(path.trim_start_matches('/'));
    let (status, kind, bytes) = match &answer {
        Some(answer) => ("200 OK", answer.content_type, &*answer.bytes),
        None => ("404 Not Found", "text/plain", &b""[..]),
    };
    let length = bytes.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let body = if request.starts_with("HEAD ") {
        b""
    } else {
        bytes
    };
    let written = stream.write_all(head.as_bytes());
    drop(written.and_then(|()| stream.write_all(body)));
}
