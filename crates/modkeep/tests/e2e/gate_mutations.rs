//! Every field of Go's own files that decides what is built is changed in turn, against the base that
//! has it unchanged: the gate finds it, or the table says why not.

use crate::gate::Bench;
use std::collections::BTreeSet;

/// What becomes of a change.
enum Outcome {
    /// A rule finds it.
    Found(&'static str),
    /// Nothing finds it, for this reason; where a reviewer sees it, with the words that the summary of
    /// the change has.
    Argued(&'static str, &'static str),
}

use Outcome::{Argued, Found};

/// In place of a rule: the gate could not tell, which is no pass.
const UNREADABLE: &str = "unreadable";

/// A change of a text in a file.
struct Mutation {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    outcome: Outcome,
}

const fn mutation(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    outcome: Outcome,
) -> Mutation {
    Mutation {
        file,
        from,
        to,
        outcome,
    }
}

const GO_MOD: &str = "module example.com/app

go 1.22

require (
\texample.com/a v1.0.0
\texample.com/b v1.0.0
)

require example.com/c v1.0.0 // indirect
";

const MUTATIONS: &[Mutation] = &[
    // go.mod: what is required.
    mutation(
        "go.mod",
        "example.com/b v1.0.0",
        "example.com/b v1.1.0",
        Found("lock/sum-missing"),
    ),
    mutation(
        "go.mod",
        "example.com/b v1.0.0",
        "example.com/b v0.9.0",
        Found("change/lowered"),
    ),
    mutation(
        "go.mod",
        "example.com/c v1.0.0",
        "example.com/x v1.0.0",
        Found(UNREADABLE),
    ),
    mutation(
        "go.mod",
        "require (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)",
        "require example.com/a v1.0.0",
        Argued(
            "the build fails where it is used, and uses nothing else where it is not",
            "example.com/b",
        ),
    ),
    mutation(
        "go.mod",
        "\nrequire example.com/c v1.0.0 // indirect\n",
        "",
        Argued("the same version is selected, because a requires it", ""),
    ),
    mutation(
        "go.mod",
        " // indirect",
        "",
        Argued("it says who asks, and selects nothing", ""),
    ),
    // go.mod: what stands in.
    mutation(
        "go.mod",
        "require (",
        "replace example.com/b => ./fork\n\nrequire (",
        Found("allowed/replaced-by-directory"),
    ),
    mutation(
        "go.mod",
        "require (",
        "replace example.com/b => example.com/b v1.1.0\n\nrequire (",
        Found("allowed/replaced-by-module"),
    ),
    mutation(
        "go.mod",
        "require (",
        "exclude example.com/b v1.1.0\n\nrequire (",
        Found("allowed/excluded"),
    ),
    // go.mod: how it is built.
    mutation(
        "go.mod",
        "go 1.22",
        "go 1.22\n\ntoolchain go1.22.1",
        Argued(
            "a toolchain is a module that go holds against the checksum database; its own vulnerabilities \
             are the step `vulnerable`'s",
            "",
        ),
    ),
    mutation(
        "go.mod",
        "go 1.22",
        "go 1.21",
        Argued("it chooses the language, not code of others", ""),
    ),
    mutation(
        "go.mod",
        "module example.com/app",
        "module example.com/other",
        Argued("the code is the checkout's own", ""),
    ),
    // go.sum.
    mutation(
        "go.sum",
        "example.com/b v1.0.0 h1:",
        "example.com/b v1.0.0 h1:x",
        Found("lock/sum-malformed"),
    ),
    mutation(
        "go.sum",
        "example.com/b v1.0.0/go.mod h1:",
        "example.com/b v1.0.0/go.mod h1:x",
        Found("lock/sum-changed"),
    ),
    mutation(
        "go.sum",
        "example.com/b v1.0.0 ",
        "example.com/b v1.0.1 ",
        Found("lock/sum-missing"),
    ),
    mutation(
        "go.sum",
        "example.com/b v1.0.0 ",
        "example.com/x v1.0.0 ",
        Found("lock/sum-missing"),
    ),
    mutation(
        "go.sum",
        "example.com/b v1.0.0 h1:",
        "example.com/b v1.0.0 h2:",
        Found("lock/sum-algorithm"),
    ),
    // go.work and go.work.sum.
    mutation(
        "go.work",
        "use .",
        "use .\n\nreplace example.com/b => ./fork",
        Found("allowed/replaced-by-directory"),
    ),
    mutation(
        "go.work",
        "use .",
        "use .\n\nreplace example.com/b => example.com/b v1.1.0",
        Found("allowed/replaced-by-module"),
    ),
    mutation(
        "go.work",
        "use .",
        "use (\n\t.\n\t./fork\n)",
        Argued(
            "the module is judged like any other of the checkout, and stands in for no other: go.sum and \
             the graph of each are its own",
            "",
        ),
    ),
    mutation("go.work.sum", " h1:", " h1:x", Found("lock/sum-changed")),
    mutation(
        "go.work.sum",
        "example.com/b v0.9.0",
        "example.com/b v0.9.1",
        Found("lock/sum-absent"),
    ),
];

#[test]
fn every_field_that_decides_what_is_built_is_found_or_argued() {
    let bench = Bench::new();
    bench.write("go.mod", GO_MOD);
    let go = bench.site.go();
    go.run(&["mod", "tidy"], bench.project.path()).assert_ok();
    bench.write("go.work", "go 1.22\n\nuse .\n");
    let old = format!("example.com/b v0.9.0 {}\n", crate::gate::old_hash());
    bench.write("go.work.sum", old);
    let fork = bench.project.path().join("fork");
    std::fs::create_dir(&fork).unwrap();
    bench.write("fork/go.mod", "module example.com/fork\n\ngo 1.22\n");
    bench.git(&["init", "-q"]);
    bench.git(&["add", "."]);
    bench.git(&["commit", "-qm", "one"]);
    let arguments = ["--step", "fresh=off", "--format", "json", "--base", "HEAD"];
    assert_eq!(bench.gate(&arguments).status.code(), Some(0));
    let mut wrong = Vec::new();
    for mutation in MUTATIONS {
        let Mutation { file, from, to, .. } = mutation;
        let whole = bench.project.read(file);
        bench.change(file, from, to);
        let output = bench.gate(&arguments);
        bench.write(file, whole);
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let rules = findings.iter().map(|one| one["rule"].as_str().unwrap());
        let unreadable = report["unreadable"].as_array().unwrap();
        let unreadable = unreadable.iter().map(|_| UNREADABLE);
        let rules: BTreeSet<&str> = rules.chain(unreadable).collect();
        let is_right = match mutation.outcome {
            Found(rule) => rules.contains(rule),
            Argued(reason, shown) => {
                assert!(!reason.is_empty());
                let summary = report["change"].as_str().unwrap();
                rules.is_empty() && summary.contains(shown)
            }
        };
        if !is_right {
            wrong.push(format!(
                "{file}: {from:?} to {to:?}: {rules:?} {}",
                report["unreadable"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
