//! The stock `govulncheck` reads what is served, from a directory and over HTTP, and what it finds
//! out is read back.

use crate::support::{entry, programs, real_zip, source, write_files};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::{process, skip};
use vulndb::{Database, File, Origin, Reach, Reachability, Source};

/// `govulncheck` loads the standard library from source, on a busy machine.
const LIMIT: Duration = Duration::from_mins(5);

#[test]
fn the_stock_client_finds_public_and_private_vulnerabilities() {
    let (Some(zip), Some(govulncheck)) = (real_zip(), govulncheck()) else {
        return;
    };
    let own = [advisory("ACME-1", "Used"), advisory("ACME-2", "Idle")];
    let database = Database::merge(vec![
        Source::from_zip("go", Origin::Public, &zip).unwrap(),
        source("own", Origin::Private, &own),
    ]);
    let database = database.unwrap();
    let modified = database.modified().unwrap();
    let proxy = tempfile::tempdir().unwrap();
    modules().write_tree(proxy.path());
    let go = Go::new(&format!("file://{}", proxy.path().display())).limit(LIMIT);
    let project = project();
    go.run(&["mod", "tidy"], project.path()).assert_ok();
    let directory = tempfile::tempdir().unwrap();
    write_files(directory.path(), &files(&database));
    let from_directory = format!("file://{}", directory.path().display());
    for url in [from_directory, serve(database)] {
        let mut command = Command::new(&govulncheck);
        go.prepare(&mut command);
        command.args(["-json", "-db", &url, "./..."]);
        let output = process::run(command.current_dir(project.path()), LIMIT);
        let reachability = Reachability::parse(output.assert_ok().stdout.as_bytes()).unwrap();
        assert!(reachability.has_seen(modified), "{url}");
        let of = |id, module, version| reachability.of([id], module, version).cloned();
        let public = of("GO-2021-0113", "golang.org/x/text", "v0.3.5");
        assert_eq!(ends(public), ["language.Parse", "main.main"], "{url}");
        let private = of("ACME-1", "corp.example.com/lib", "v1.0.0");
        assert_eq!(ends(private), ["lib.Used", "main.main"], "{url}");
        let package = "corp.example.com/lib".to_owned();
        let idle = of("ACME-2", "corp.example.com/lib", "v1.0.0");
        assert_eq!(idle, Some(Reach::Imported { package }), "{url}");
    }
}

/// The first and the last function of a trace, each with the last element of its package.
fn ends(reach: Option<Reach>) -> [String; 2] {
    let Some(Reach::Called { trace }) = reach else {
        panic!("{reach:?}")
    };
    [trace.first(), trace.last()].map(|frame| {
        let frame = frame.unwrap();
        let package = frame.package.rsplit('/').next().unwrap();
        format!("{package}.{}", frame.function)
    })
}

fn files(database: &Database) -> Vec<File> {
    let file = |path: &str| File {
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
fn serve(database: Database) -> String {
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
fn answer(database: &Database, mut stream: TcpStream) {
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
