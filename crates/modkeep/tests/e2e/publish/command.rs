//! `modkeep publish`: from a checkout to a server, as `go` would have got it from the tag.

use super::{BINARY, modkeep, on_data, put, serve};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::Command,
    thread,
    time::Duration,
};
use testkit::{
    forge::write_repository,
    go::Go,
    process::{self, Output},
};

/// Where the module is for go: `.git` in a path says where its repository is, so nobody is asked.
const MONO: &str = "corp.example.com/mono.git";

fn publish_with(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("publish").args(arguments);
    // No netrc file of whoever runs the tests.
    command.env("NETRC", "/nonexistent");
    command.envs(variables.iter().copied());
    process::run(&mut command, Duration::from_mins(1))
}

fn publish(arguments: &[&str]) -> Output {
    publish_with(arguments, &[])
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(directory);
    process::run(&mut command, Duration::from_mins(1)).assert_ok();
}

/// A repository with everything in it that makes a zip another one.
fn repository(directory: &Path) {
    write_repository(
        directory,
        &[
            ("LICENSE", "free\n"),
            ("go.mod", "module corp.example.com/mono.git\n\ngo 1.20\n"),
            ("root.go", "package mono\n"),
            ("hidden.txt", "kept from exports by an attribute\n"),
            ("subst.txt", "$Format:%H$\n"),
            ("crlf.txt", "one\r\ntwo\r\n"),
            ("script.bat", "echo hello\n"),
            (
                ".gitattributes",
                "hidden.txt export-ignore\nsubst.txt export-subst\n*.bat text eol=crlf\n",
            ),
            (".gitignore", "ignored.go\n"),
            ("vendor/modules.txt", "# nothing\n"),
            ("vendor/example.com/x/x.go", "package x\n"),
            (
                "lib/go.mod",
                "module corp.example.com/mono.git/lib\n\ngo 1.20\n",
            ),
            ("lib/lib.go", "package lib\n"),
            ("lib/testdata/data.bin", "\u{1}\u{2}"),
            (
                "lib/nested/go.mod",
                "module corp.example.com/mono.git/lib/nested\n",
            ),
            ("lib/nested/nested.go", "package nested\n"),
            (
                "v2/go.mod",
                "module corp.example.com/mono.git/v2\n\ngo 1.20\n",
            ),
            ("v2/two.go", "package mono\n"),
            ("v2/LICENSE", "free of its own\n"),
        ],
        &[],
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink("lib.go", directory.join("lib/link.go")).unwrap();
    git(directory, &["add", "-A"]);
    git(directory, &["commit", "-q", "-m", "a link"]);
    for tag in ["v1.0.0", "lib/v1.2.0", "v2.0.0"] {
        git(directory, &["tag", tag]);
    }
    fs::write(directory.join("ignored.go"), "package mono\n").unwrap();
}

/// A `go` that asks the repository itself.
fn direct(repositories: &Path) -> Go {
    let key = format!("url.file://{}/.insteadOf", repositories.display());
    Go::new("direct")
        .env("GOPRIVATE", "corp.example.com")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", &key)
        .env("GIT_CONFIG_VALUE_0", "https://corp.example.com/")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
}

fn sum(output: &Output) -> String {
    output.assert_ok();
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    document["Sum"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_published_from_a_checkout_is_what_go_gets_from_the_tag() {
    let root = tempfile::tempdir().unwrap();
    let checkout = root.path().join("mono");
    repository(&checkout);
    let (server, go) = (serve(), direct(root.path()));
    let through = Go::new(&server.url());
    for (directory, module) in [
        ("", format!("{MONO}@v1.0.0")),
        ("lib", format!("{MONO}/lib@v1.2.0")),
        ("v2", format!("{MONO}/v2@v2.0.0")),
    ] {
        let wanted = sum(&go.download(&module));
        let source = checkout.join(directory);
        let source = source.to_str().unwrap();
        let dry = publish(&[source, &module, "--dry-run"]);
        dry.assert_ok();
        assert!(dry.stdout.contains(&wanted), "{module}: {wanted}: {dry}");
        let published = publish(&[source, &module, "--to", &server.url()]);
        published.assert_ok();
        assert!(published.stdout.contains(&wanted), "{module}: {published}");
        assert_eq!(sum(&through.download(&module)), wanted, "{module}");
        let again = publish(&[source, &module, "--to", &server.url(), "--json"]);
        again.assert_ok();
        let reply: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
        assert_eq!(
            (&reply["outcome"], &reply["h1"]),
            (&"unchanged".into(), &wanted.into())
        );
    }
    let lib = checkout.join("lib");
    let dry = publish(&[
        lib.to_str().unwrap(),
        &format!("{MONO}/lib@v1.2.0"),
        "--dry-run",
    ]);
    assert!(
        dry.stdout.contains("LICENSE") && !dry.stdout.contains("nested"),
        "{dry}"
    );
}

#[test]
fn a_checkout_that_is_not_committed_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let checkout = root.path().join("mono");
    repository(&checkout);
    let (server, name) = (serve(), format!("{MONO}@v1.0.0"));
    let source = checkout.to_str().unwrap();
    let clean = publish(&[source, &name, "--dry-run"]);
    fs::write(checkout.join("new.go"), "package mono\n").unwrap();
    let refused = publish(&[source, &name, "--to", &server.url()]);
    assert_eq!(refused.status.code(), Some(1), "{refused}");
    refused.assert_fails_with("MK1038");
    refused.assert_fails_with("new.go: untracked");
    fs::write(checkout.join("root.go"), "package mono // changed\n").unwrap();
    let refused = publish(&[source, &name, "--to", &server.url()]);
    refused.assert_fails_with("root.go: changed");
    // With the tracked files as they are; what git does not know is told and left out.
    let dirty = publish(&[source, &name, "--dry-run", "--allow-dirty"]);
    dirty.assert_ok();
    assert!(!dirty.stdout.contains("new.go"), "{dirty}");
    assert!(
        dirty.stderr.contains("new.go: untracked, not published"),
        "{dirty}"
    );
    let h1 = |output: &Output| {
        let mut lines = output.stdout.lines();
        lines
            .find(|line| line.starts_with("zip "))
            .unwrap()
            .to_owned()
    };
    assert_ne!(h1(&dirty), h1(&clean));
    let published = publish(&[source, &name, "--allow-dirty", "--to", &server.url()]);
    published.assert_ok();
    assert!(published.stdout.contains(&h1(&dirty)));
    // Nothing was changed in the checkout.
    assert_eq!(
        fs::read_to_string(checkout.join("root.go")).unwrap(),
        "package mono // changed\n"
    );
    git(&checkout, &["checkout", "-q", "root.go"]);
    fs::remove_file(checkout.join("new.go")).unwrap();
    let taken = publish(&[source, &name, "--to", &server.url()]);
    assert_eq!(taken.status.code(), Some(1), "{taken}");
    taken.assert_fails_with("MK1032");
    taken.assert_fails_with("offered zip: h1:");
}

#[test]
fn a_directory_and_a_zip_are_published_as_zip_create_takes_them() {
    let server = serve();
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("go.mod"), "module corp.example.com/d\n").unwrap();
    fs::write(source.join("d.go"), "package d\n").unwrap();
    let (source, zip) = (source.to_str().unwrap(), root.path().join("d.zip"));
    let zip = zip.to_str().unwrap();
    let created = modkeep(&[
        "zip",
        "create",
        source,
        "corp.example.com/d@v1.0.0",
        "-o",
        zip,
    ]);
    let h1 = created.assert_ok().stdout.trim().to_owned();
    for what in [source, zip] {
        let published = publish(&[what, "corp.example.com/d@v1.0.0", "--to", &server.url()]);
        published.assert_ok();
        assert!(published.stdout.contains(&h1), "{published}");
    }
    let here = {
        let mut command = Command::new(BINARY);
        command
            .args(["publish", "corp.example.com/d@v1.0.0", "--dry-run"])
            .current_dir(source);
        process::run(&mut command, Duration::from_mins(1))
    };
    assert!(here.assert_ok().stdout.contains(&h1));
    let wrong = publish(&[zip, "corp.example.com/e@v1.0.0", "--to", &server.url()]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong}");
    wrong.assert_fails_with("MK1033");
    let nothing = publish(&["/nonexistent", "corp.example.com/d@v1.0.0", "--dry-run"]);
    assert_eq!(nothing.status.code(), Some(2), "{nothing}");
    let public = publish(&[zip, "example.com/d@v1.0.0", "--to", &server.url()]);
    public.assert_fails_with("MK1033");
    let _ = on_data(&["store", "resolve"], server.data());
}

/// Takes one request, answers this, and gives what was asked.
fn answering(status: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let count = stream.read(&mut piece).unwrap();
            head.extend_from_slice(&piece[..count]);
            if count == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&head);
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap_or("0").trim().parse().unwrap();
            let begin = text.find("\r\n\r\n").map_or(usize::MAX, |at| at + 4);
            if begin != usize::MAX && head.len() >= begin.saturating_add(length) {
                break;
            }
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&head).into_owned()
    });
    (host, asked)
}

#[test]
fn credentials_are_those_that_go_would_use_and_go_nowhere_in_the_open() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("go.mod"), "module corp.example.com/d\n").unwrap();
    let source = root.path().to_str().unwrap();
    let name = "corp.example.com/d@v1.0.0";
    let netrc = root.path().join("netrc");
    let send = |host: &str, text: &str, more: &[&str]| {
        fs::write(&netrc, text).unwrap();
        let url = format!("http://{host}");
        let arguments = [&[source, name, "--to", &url], more].concat();
        publish_with(&arguments, &[("NETRC", netrc.to_str().unwrap())])
    };
    // ann:secret
    let (host, asked) = answering("401 Unauthorized");
    let entry = format!("machine {host} login ann password secret\ndefault login x password y\n");
    let refused = send(&host, &entry, &[]);
    assert_eq!(refused.status.code(), Some(1), "{refused}");
    refused.assert_fails_with("MK1039");
    refused.assert_fails_with("does not take these credentials");
    assert!(!refused.stderr.contains("secret"));
    let asked = asked.join().unwrap();
    assert!(
        asked.contains("authorization: Basic YW5uOnNlY3JldA=="),
        "{asked}"
    );

    // As for go, the port is part of the name.
    let (host, asked) = answering("401 Unauthorized");
    let refused = send(&host, "machine 127.0.0.1 login ann password secret\n", &[]);
    refused.assert_fails_with(&format!("write: machine {host}"));
    assert!(!asked.join().unwrap().contains("authorization"));

    let (host, asked) = answering("403 Forbidden");
    let token = root.path().join("token");
    fs::write(&token, "abc.def\n").unwrap();
    let refused = send(&host, "", &["--token-file", token.to_str().unwrap()]);
    refused.assert_fails_with("MK1037");
    assert!(
        asked
            .join()
            .unwrap()
            .contains("authorization: Bearer abc.def")
    );

    for url in ["http://192.0.2.1:3000", "http://goproxy.example.com"] {
        let refused = publish(&[source, name, "--to", url]);
        assert_eq!(refused.status.code(), Some(2), "{refused}");
        refused.assert_fails_with("use https");
    }
    let nobody = publish(&[source, name, "--to", "http://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(2), "{nobody}");
    nobody.assert_fails_with("MK5007");
    let (host, asked) = answering("200 OK");
    let fooled = send(&host, "", &[]);
    fooled.assert_fails_with("MK1037");
    drop(asked.join());
    let server = serve();
    let direct = put(server.address(), "/corp.example.com/d/@v/v1.0.0.zip", b"x");
    assert_eq!(direct.status, 422);
}
