//! A canary in every URL that is configured: wherever a source's path, query, user or password
//! could come to light, it is looked for.

use std::{fmt::Write as _, fs, path::Path, process::Command, time::Duration};

use testkit::{
    client,
    database::Database,
    fixture::{Corpus, Module},
    go::{Go, Project},
    port::Port,
    process::{self, Output},
    server::{Modkeep, Setup},
    upstream::{FakeUpstream, Fault, Kind},
    witness::Witness,
};

use crate::site::{BINARY, module, path, url, wait_until};

/// Part of every secret, so that one search finds all of them.
const CANARY: &str = "c4nary";

const PRIVATE: &str = "corp.example.com";

const OWN: &str = "sum.corp.example.com/2026";

const LIMIT: Duration = Duration::from_mins(1);

/// The options of a server, each URL with a canary wherever a URL can have one.
struct Planted {
    public: FakeUpstream,
    private: FakeUpstream,
    /// Reserved, and nobody listens there.
    dead: Port,
    witness: String,
    database: Database,
}

// === impl Planted ===

impl Planted {
    fn new() -> Self {
        let mut corpus = Corpus::new();
        for name in ["a", "b", "wrong", "away", "round", "broken", "late"] {
            corpus.add(&module(name, 1000));
        }
        let mut private = Corpus::new();
        private.add(&Module::new(&format!("{PRIVATE}/p"), "v1.0.0"));
        let witness = Witness::start("w.example.com");
        Self {
            public: FakeUpstream::start(below("c4nary-path/go", &corpus)),
            private: FakeUpstream::start(below("c4nary-private/go", &private)),
            dead: Port::reserve(),
            witness: witness.key().to_string(),
            database: Database::new("sum.example.com/public", 1),
        }
    }

    fn upstream(&self) -> String {
        let (public, dead) = (self.public.url(), self.dead.address());
        format!(
            "{public}/c4nary-path/go?token=c4nary-query|{public}/c4nary-second/go|\
             https://c4nary-user:c4nary-password@{dead}/c4nary-third"
        )
    }

    /// Options beside `--upstream`.
    fn options(&self) -> Vec<(&'static str, String)> {
        let dead = self.dead.address();
        let secret = format!("https://c4nary-user:c4nary-password@{dead}/c4nary-x?c4nary=c4nary");
        vec![
            ("--private", PRIVATE.to_owned()),
            (
                "--private-upstream",
                format!("{}/c4nary-private/go?t=c4nary", self.private.url()),
            ),
            ("--verify", "available".to_owned()),
            ("--sumdb", format!("{} {secret}", self.database.key())),
            ("--witness", format!("{} {secret}", self.witness)),
            (
                "--vulndb",
                format!("{}/c4nary-vulndb?c4nary", self.public.url()),
            ),
            ("--log-level", "debug".to_owned()),
        ]
    }

    fn serve(&self) -> Modkeep {
        let setup = Setup::new(BINARY, &self.upstream());
        let options = self.options();
        let mut server = options
            .iter()
            .fold(setup, |setup, (name, value)| setup.option(name, value))
            .start();
        server.stop();
        let mut init = Command::new(BINARY);
        init.args(["sumdb", "init", OWN, "--data"])
            .arg(server.data());
        process::run(&mut init, LIMIT).assert_ok();
        server.set_option("--own-sumdb", OWN);
        server.start();
        server
    }

    fn command(&self, name: &[&str], data: &Path) -> Command {
        let mut command = Command::new(BINARY);
        command.args(name).args(["--upstream", &self.upstream()]);
        for (name, value) in self.options() {
            command.args([name, &value]);
        }
        command.arg("--data").arg(data);
        command
    }
}

/// The same files below a path.
fn below(base: &str, corpus: &Corpus) -> Corpus {
    let mut moved = Corpus::new();
    for (path, bytes) in corpus.iter() {
        moved.put(&format!("{base}/{path}"), bytes.clone());
    }
    moved
}

/// Everything that is searched, each with where it was found.
#[derive(Default)]
struct Evidence(Vec<(String, Vec<u8>)>);

// === impl Evidence ===

impl Evidence {
    fn add(&mut self, what: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((what.to_owned(), bytes.into()));
    }

    fn output(&mut self, what: &str, output: &Output) {
        self.add(what, format!("{output}"));
    }

    fn answer(&mut self, server: &Modkeep, method: &str, path: &str) -> client::Answer {
        let answer = server.request(method, path, &[]);
        let mut text = format!("{}\n", answer.status);
        for (name, value) in &answer.headers {
            writeln!(text, "{name}: {value}").unwrap();
        }
        self.add(
            &format!("{method} {path}"),
            [text.as_bytes(), &answer.body].concat(),
        );
        answer
    }

    fn tree(&mut self, root: &Path) {
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.tree(&path);
            } else if let Ok(bytes) = fs::read(&path) {
                self.add(&path.display().to_string(), bytes);
            }
        }
    }

    #[track_caller]
    fn assert_without_canary(&self) {
        let mut found = String::new();
        for (what, bytes) in &self.0 {
            let text = String::from_utf8_lossy(bytes);
            for line in text.lines().filter(|line| line.contains(CANARY)).take(3) {
                let at = line.find(CANARY).unwrap();
                let from = line[..at]
                    .char_indices()
                    .rev()
                    .nth(60)
                    .map_or(0, |(at, _)| at);
                let shown: String = line[from..].chars().take(160).collect();
                writeln!(found, "{what}: {shown}").unwrap();
            }
        }
        assert!(found.is_empty(), "\n{found}");
    }
}

#[test]
fn no_part_of_a_source_url_but_its_origin_comes_to_light() {
    let planted = Planted::new();
    let server = planted.serve();
    let mut evidence = Evidence::default();
    let under = |name: &str, kind: &str| format!("c4nary-path/go/{}", path(name, kind));
    let faults = [
        ("wrong", Fault::text(200, "<!doctype html>c")),
        ("away", Fault::redirect("http://127.0.0.1:9/x")),
        (
            "round",
            Fault::redirect(&format!("/{}", under("round", "mod"))),
        ),
        ("broken", Fault::Cut { after: 3 }),
        ("late", Fault::status(500)),
    ];
    for (name, fault) in faults {
        planted.public.always(&under(name, "mod"), fault);
    }
    let echo = Fault::text(404, "Cannot GET /c4nary-path/go/x?token=c4nary-query");
    planted.public.always(&under("missing", "info"), echo);

    for name in ["a", "wrong", "away", "round", "broken", "late", "missing"] {
        for kind in ["list", "latest", "info", "mod", "zip"] {
            evidence.answer(&server, "GET", &url(name, kind));
            evidence.answer(&server, "GET", &url(name, kind));
        }
    }
    let hit = evidence.answer(&server, "GET", &url("a", "zip"));
    assert_eq!(
        hit.header("modkeep-source"),
        Some("store"),
        "it is a hit: {hit:?}"
    );
    for kind in ["info", "mod", "zip"] {
        let answer = evidence.answer(&server, "GET", &format!("/{PRIVATE}/p/@v/v1.0.0.{kind}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    evidence.answer(
        &server,
        "GET",
        &format!("/sumdb/{}/latest", planted.database.name()),
    );
    evidence.answer(&server, "POST", "/-/refresh/example.com/a");
    let sums = client::post(
        server.address(),
        "/-/sums",
        b"example.com/a v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    );
    evidence.add("sums", sums.unwrap().body);
    wait_until(|| server.log().contains("vulnerability data"));
    server.log().lines().for_each(|line| {
        let id = line
            .split("request=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        if let Some(id) = id {
            evidence.answer(
                &server,
                "GET",
                &format!("/-/requests/{}", id.trim_matches('"')),
            );
        }
    });
    for page in [
        "/",
        "/metrics",
        "/-/status",
        "/-/cases",
        "/-/journal/checkpoint",
        "/-/journal/tile/entries/000",
        "/index",
    ] {
        evidence.answer(&server, "GET", page);
    }
    planted.public.refuse();
    for name in ["a", "b", "none"] {
        for kind in ["list", "latest", "info", "mod", "zip"] {
            evidence.answer(&server, "GET", &url(name, kind));
        }
    }
    evidence.answer(&server, "GET", "/metrics");
    evidence.answer(&server, "GET", "/-/status");
    planted.public.accept();
    evidence.add("log", server.log());
    evidence.tree(server.data());
    assert!(planted.public.count(Kind::Other) + planted.public.count(Kind::Mod) > 10);
    evidence.assert_without_canary();
}

#[test]
fn commands_show_the_origins_of_sources_only() {
    let planted = Planted::new();
    let data = tempfile::tempdir().unwrap();
    let mut evidence = Evidence::default();
    let mut run = |what: &str, command: &mut Command| {
        let output = process::run(command, LIMIT);
        evidence.output(what, &output);
        output
    };
    for arguments in [&["config", "show"][..], &["config", "show", "--origin"]] {
        let shown = run("config show", &mut planted.command(arguments, data.path()));
        shown.assert_ok();
        assert!(shown.stdout.contains(&planted.public.url()), "{shown}");
    }
    run(
        "config check",
        &mut planted.command(&["config", "check"], data.path()),
    )
    .assert_ok();
    let mut command = planted.command(&["run"], data.path());
    let project = Project::new(
        "module m\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n\nrequire example.com/none v1.0.0\n",
        &[],
    );
    command.args([
        "--",
        "go",
        "mod",
        "download",
        "-x",
        "example.com/a",
        "example.com/none",
    ]);
    Go::new("off").prepare(&mut command);
    command.current_dir(project.path());
    let ran = run("run", &mut command);
    assert!(ran.stderr.contains("modkeep"), "{ran}");

    let lists = [planted.upstream(), format!("{},direct", planted.upstream())];
    for list in &lists {
        let go = Go::new(list).env(
            "GOSUMDB",
            &format!("{} {}/c4nary", planted.database.key(), planted.public.url()),
        );
        for arguments in [
            &["doctor"][..],
            &["doctor", "--json"],
            &["doctor", "06a1b2c3d4e5f6g7"],
        ] {
            let mut command = Command::new(BINARY);
            go.prepare(&mut command);
            command.args(arguments).current_dir(project.path());
            run("doctor", &mut command);
        }
    }
    evidence.assert_without_canary();
}

#[test]
fn refusals_of_a_configuration_do_not_repeat_its_urls() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::start("w.example.com");
    let witness = witness.key();
    let mut evidence = Evidence::default();
    let mut refuse = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--data").arg(data.path());
        let output = process::run(&mut command, LIMIT);
        let is_refused = !output.ok();
        assert!(is_refused || arguments[0] == "config", "{output}");
        evidence.output(arguments[..2].join(" ").as_str(), &output);
    };
    for (option, value) in [
        (
            "--upstream",
            "https://c4nary:c4nary@a.example:99999/c4nary".to_owned(),
        ),
        (
            "--upstream",
            "https://c4nary:c4n|ary@a.example/c4nary".to_owned(),
        ),
        (
            "--upstream",
            "ftp://c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        ("--upstream", "https://[c4nary/c4nary".to_owned()),
        (
            "--private-upstream",
            "ftp://c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        (
            "--sumdb",
            "sum.example.com ftp://c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        (
            "--sumdb",
            "sum.example.com //c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        (
            "--sumdb",
            "https://c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        ("--sumdb", "a https://c4nary@a.example/c4nary b".to_owned()),
        (
            "--witness",
            format!("{witness} ftp://c4nary:c4nary@a.example/c4nary"),
        ),
        (
            "--witness",
            format!("{witness} //c4nary:c4nary@a.example/c4nary"),
        ),
        (
            "--witness",
            "https://c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        (
            "--witness",
            format!("https://c4nary:c4nary@a.example/c4nary {witness}"),
        ),
        (
            "--vulndb",
            "ftp://c4nary:c4nary@a.example/c4nary".to_owned(),
        ),
        (
            "--vulndb",
            "https://c4nary:c4nary@[a.example/c4nary".to_owned(),
        ),
    ] {
        refuse(&["config", "check", option, &value]);
    }
    for arguments in [
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            "http://c4nary:c4nary@a.example/c4nary",
        ][..],
        &["audit", "ftp://c4nary:c4nary@a.example/c4nary"],
        &["audit", "//c4nary:c4nary@a.example/c4nary"],
        &["env", "--url", "ftp://c4nary:c4nary@a.example/c4nary"],
        &["gate", "--server", "ftp://c4nary:c4nary@a.example/c4nary"],
        &[
            "gate",
            "--server",
            "https://c4nary:c4nary@[a.example/c4nary",
        ],
        &["vuln", "update", "ftp://c4nary:c4nary@a.example/c4nary"],
        &[
            "vuln",
            "update",
            "https://c4nary:c4nary@127.0.0.1:9/c4nary?c4nary",
        ],
    ] {
        refuse(arguments);
    }
    evidence.assert_without_canary();
}
