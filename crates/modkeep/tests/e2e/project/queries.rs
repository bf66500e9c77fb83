//! `modkeep whatif MODULE@QUERY` against `go get MODULE@QUERY`: every kind of query, from a version
//! that is selected and from none, and what is refused.

use super::{
    User, importing,
    oracle::{Compared, compare},
};
use serde_json::Value;
use testkit::{
    fixture::{Corpus, Module},
    go::Project,
};

/// A version of a commit of a branch, made after v1.2.0 and before v1.3.0-rc.1.
const COMMIT: &str = "v1.2.1-0.20240601000000-aaaaaaaaaaaa";

/// The go.mod of the newest release takes back one version.
const NEWEST: &str = "module example.com/q\n\ngo 1.21\n\nretract v1.2.1 // loses data\n";

/// Only version queries tell these apart.
const QUERIES: &[&str] = &[
    "latest",
    "upgrade",
    "patch",
    "v1",
    "v1.1",
    "v1.2",
    "v1.3",
    "v1.2.1",
    "v1.4.0-rc.1",
    ">v1.0.0",
    ">=v1.1.0",
    "<v1.2.0",
    "<=v1.2.1",
    "<v1.0.0",
    ">v1.9.0",
    "main",
    "v1.1.0+meta",
    "nowhere",
    "none",
    "v7",
    "v1.0.5",
];

fn at(version: &str) -> Module {
    importing("example.com/q", version, &[])
}

fn info(version: &str, time: &str) -> String {
    format!("{{\"Version\":\"{version}\",\"Time\":\"{time}\"}}")
}

fn corpus() -> Corpus {
    let mut corpus = Corpus::new();
    for version in [
        "v1.0.0",
        "v1.0.1",
        "v1.1.0",
        "v1.1.1-rc.1",
        "v1.2.0",
        "v1.2.1",
        "v1.4.0-rc.1",
    ] {
        corpus.add(&at(version));
    }
    corpus.add(&at("v1.3.0").go_mod(NEWEST));
    let listed = corpus.get("example.com/q/@v/list").unwrap();
    // A commit is not listed, and is known by the name of its branch and by its version.
    corpus.add(&at(COMMIT));
    corpus.put("example.com/q/@v/list", listed);
    let commit = info(COMMIT, "2024-06-01T00:00:00Z");
    corpus.put("example.com/q/@v/main.info", commit.clone());
    corpus.put(&format!("example.com/q/@v/{COMMIT}.info"), commit);
    // A module that nobody has tagged.
    corpus.add(&importing("example.com/tip", COMMIT, &[]));
    corpus.put("example.com/tip/@v/list", "");
    let commit = info(COMMIT, "2024-06-01T00:00:00Z");
    corpus.put(&format!("example.com/tip/@v/{COMMIT}.info"), commit.clone());
    corpus.put("example.com/tip/@latest", commit);
    // One whose first major version knew no go.mod, so that v2 without a suffix counts.
    let legacy = |version: &str| {
        let module =
            Module::new("example.com/legacy", version).go_mod("module example.com/legacy\n");
        module.without_go_mod()
    };
    corpus
        .with(&legacy("v1.0.0"))
        .with(&legacy("v2.0.0+incompatible"))
}

fn project(required: Option<&str>) -> Project {
    let require = required.map_or(String::new(), |version| {
        format!("\nrequire example.com/q {version}\n")
    });
    let go_mod = format!("module example.com/main\n\ngo 1.21\n{require}");
    let import = required.map_or("", |_| "import _ \"example.com/q\"\n");
    Project::new(
        &go_mod,
        &[(
            "main.go",
            &format!("package main\n\n{import}\nfunc main() {{}}\n"),
        )],
    )
}

/// What `whatif` says, or nothing where it says in words that there is no answer.
fn whatif(user: &User, project: &Project, target: &str) -> Option<Value> {
    let output = user.ask(&["whatif", target, "--json"], project.path());
    if output.stdout.is_empty() {
        assert_eq!(output.status.code(), Some(1), "{target}: {output}");
        assert!(!output.stderr.trim().is_empty(), "{target}: {output}");
        return None;
    }
    Some(serde_json::from_str(&output.stdout).unwrap())
}

/// Whether both make the same change; `false` where both change nothing or both refuse.
#[track_caller]
fn agrees(user: &User, required: Option<&str>, target: &str) -> bool {
    let mine = project(required);
    if whatif(user, &mine, target).is_none() {
        let got = user.go.run(&["get", target], mine.path());
        assert!(!got.ok(), "{required:?} {target}: go takes it: {got}");
        return false;
    }
    let compared = compare(user, &mine, target);
    let difference = match &compared {
        Compared::Different(how) => Some(how),
        Compared::Refused | Compared::Same(_) => None,
    };
    assert_eq!(difference, None, "{required:?}");
    matches!(compared, Compared::Same(true))
}

#[test]
fn whatif_understands_version_queries_as_go_get_does() {
    let user = User::new(corpus());
    let currents = [
        None,
        Some("v1.0.0"),
        Some("v1.2.1"),
        Some("v1.4.0-rc.1"),
        Some(COMMIT),
    ];
    let mut changes = 0;
    for current in currents {
        for query in QUERIES {
            let target = format!("example.com/q@{query}");
            changes += usize::from(agrees(&user, current, &target));
        }
    }
    assert!(changes >= 50, "{changes}");
    for target in [
        "example.com/tip@latest",
        "example.com/legacy@latest",
        "example.com/legacy@v1",
    ] {
        assert!(agrees(&user, None, target), "{target}");
    }
}

#[test]
fn what_is_excluded_is_neither_chosen_nor_taken() {
    let user = User::new(corpus());
    for query in ["v1.3.0", "latest", "v1"] {
        let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire example.com/q v1.0.0\n\nexclude example.com/q v1.3.0\n";
        let main = "package main\n\nimport _ \"example.com/q\"\n\nfunc main() {}\n";
        let project = Project::new(go_mod, &[("main.go", main)]);
        let target = format!("example.com/q@{query}");
        match whatif(&user, &project, &target) {
            None => assert!(
                !user.go.run(&["get", &target], project.path()).ok(),
                "{target}"
            ),
            Some(_) => match compare(&user, &project, &target) {
                Compared::Refused | Compared::Same(_) => {}
                Compared::Different(how) => panic!("{how}"),
            },
        }
    }
}

#[test]
fn the_answer_names_the_version_that_a_query_stands_for() {
    let (user, project) = (User::new(corpus()), project(Some("v1.0.0")));
    let latest = user.ask(&["whatif", "example.com/q@latest"], project.path());
    let text = &latest.assert_ok().stdout;
    assert!(
        text.starts_with("example.com/q@v1.3.0, as latest asks for\n"),
        "{text}"
    );
    let answer = user.json(&["whatif", "example.com/q@main"], project.path());
    assert_eq!(answer["target"], format!("example.com/q@{COMMIT}"));
    assert_eq!(answer["query"], "main");
    let answer = user.json(&["whatif", "example.com/q@v1.1.0"], project.path());
    assert_eq!(answer["query"], Value::Null);
}

#[test]
fn an_unknown_module_is_an_error_and_never_an_empty_answer() {
    let (user, project) = (User::new(corpus()), project(Some("v1.0.0")));
    for query in ["none", "latest", "upgrade", "v1", "v1.0.0", "main"] {
        let target = format!("example.com/nope@{query}");
        for more in [&[][..], &["--json"]] {
            let arguments = [&["whatif", &target], more].concat();
            let output = user.ask(&arguments, project.path());
            assert_eq!(output.status.code(), Some(1), "{target}: {output}");
            assert_eq!(output.stdout, "", "{target}: {output}");
            assert!(output.stderr.contains("example.com/nope"), "{output}");
        }
    }
    let package = user.ask(&["whatif", "example.com/q/inner@latest"], project.path());
    package.assert_fails_with("if it is a package of example.com/q, name the module");
}
