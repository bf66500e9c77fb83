//! The policy that a change is judged by: whoever wrote the change does not choose it, neither by
//! branching off early nor by what lies in the checkout.

use crate::gate::{Bench, assert_found};
use std::{fs, os::unix::fs::symlink};
use testkit::process::Output;

/// Denies what the project requires since its first commit.
const STRICT: &str = "[allowed]\ndenied = \"example.com/b\"\n[steps]\nfresh = \"off\"\n";

const LAX: &str = "[steps]\nfresh = \"off\"\nallowed = \"off\"\n";

const WAIVER: &str = "[[waiver]]\nrule = \"allowed/module-denied\"\nowner = \"team\"\nreason = \"r\"\nuntil = 2999-12-31\n";

/// A branch `work` that raises a module, off a `main` with these files; then `main` gets others.
fn branched(before: &[(&str, &str)], after: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    bench.git(&["init", "-q", "-b", "main"]);
    write(&bench, before);
    commit(&bench, "one");
    bench.git(&["branch", "work"]);
    write(&bench, after);
    commit(&bench, "two");
    bench.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    bench.git(&["checkout", "-q", "work"]);
    bench.change("go.mod", "example.com/b v1.0.0", "example.com/b v1.1.0");
    let tidied = bench.site.go().run(&["mod", "tidy"], bench.project.path());
    tidied.assert_ok();
    commit(&bench, "three");
    bench
}

fn write(bench: &Bench, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = bench.project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn commit(bench: &Bench, message: &str) {
    bench.git(&["add", "-A"]);
    bench.git(&["commit", "-qm", message, "--allow-empty"]);
}

#[track_caller]
fn assert_denied(output: &Output) {
    assert_found(output, 14, "go.mod:7:2: error", "allowed/module-denied");
}

/// Claims that nobody could tell, in these words.
#[track_caller]
fn assert_untold(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(2), "{output}");
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains(words), "{words}: {output}");
}

const BASE: [&str; 2] = ["--base", "origin/main"];

#[test]
fn a_branch_older_than_the_policy_is_judged_by_the_newest_one() {
    let bench = branched(&[], &[("modkeep-gate.toml", STRICT)]);
    let output = bench.gate(&BASE);
    assert_denied(&output);
    let place =
        "modkeep-gate.toml: warning: there is no policy here, other than that of origin/main";
    assert_found(&output, 14, place, "change/policy-changed");

    bench.write("modkeep-gate.toml", "");
    commit(&bench, "a policy of its own");
    let output = bench.gate(&BASE);
    assert_denied(&output);
    let place = "modkeep-gate.toml: warning: the policy here is another one than that of";
    assert_found(&output, 14, place, "change/policy-changed");

    let bench = branched(
        &[("modkeep-gate.toml", LAX)],
        &[("modkeep-gate.toml", STRICT)],
    );
    let output = bench.gate(&BASE);
    assert_denied(&output);
    let place =
        "modkeep-gate.toml: warning: the policy here is an older one than that of origin/main";
    assert_found(&output, 14, place, "change/policy-changed");
    assert!(
        output.stdout.contains("Bring the branch up to date"),
        "{output}"
    );
    assert!(
        output.stdout.contains("policy: of origin/main, "),
        "{output}"
    );

    let output = bench.gate(&["--base", "origin/main", "--policy-from", "HEAD"]);
    output.assert_ok();
    assert!(!output.stdout.contains("policy-changed"), "{output}");
    let output = bench.gate(&["--policy-from", "origin/main"]);
    assert_denied(&output);
    assert_found(
        &output,
        14,
        "modkeep-gate.toml: warning",
        "change/policy-changed",
    );
    bench.gate(&[]).assert_ok();
}

#[test]
fn waivers_are_those_of_the_newest_policy() {
    let waived = format!("{STRICT}{WAIVER}");
    let bench = branched(
        &[("modkeep-gate.toml", &waived)],
        &[("modkeep-gate.toml", STRICT)],
    );
    assert_denied(&bench.gate(&BASE));
    let bench = branched(
        &[("modkeep-gate.toml", STRICT)],
        &[("modkeep-gate.toml", &waived)],
    );
    let output = bench.gate(&BASE);
    output.assert_ok();
    assert!(output.stdout.contains("waived by team"), "{output}");
}

#[test]
fn a_policy_that_the_change_removes_or_renames_counts_all_the_same() {
    let strict = [("modkeep-gate.toml", STRICT)];
    let bench = branched(&strict, &strict);
    bench.git(&["mv", "modkeep-gate.toml", "gate.toml"]);
    commit(&bench, "four");
    let output = bench.gate(&BASE);
    assert_denied(&output);
    let place = "modkeep-gate.toml: warning: there is no policy here";
    assert_found(&output, 14, place, "change/policy-changed");
    let output = bench.gate(&["--base", "origin/main", "--policy", "gate.toml"]);
    let named = bench.project.path().join("gate.toml");
    let named = named.to_str().unwrap();
    assert_untold(&output, "");
    let output = bench.gate(&["--base", "origin/main", "--policy", named]);
    assert_untold(&output, "origin/main has no such policy yet");
}

#[test]
fn a_named_policy_in_the_checkout_is_that_of_the_base_too() {
    let strict = [("ci/gate.toml", STRICT), ("lax/gate.toml", LAX)];
    let bench = branched(&strict, &strict);
    let root = bench.project.path();
    let named = root.join("ci/gate.toml");
    let arguments = ["--base", "origin/main", "--policy", named.to_str().unwrap()];
    assert_denied(&bench.gate(&arguments));
    bench.write("ci/gate.toml", LAX);
    commit(&bench, "a laxer policy");
    let output = bench.gate(&arguments);
    assert_denied(&output);
    assert_found(
        &output,
        14,
        named.to_str().unwrap(),
        "change/policy-changed",
    );

    let around = root.join("lax/../ci/gate.toml");
    let around = [
        "--base",
        "origin/main",
        "--policy",
        around.to_str().unwrap(),
    ];
    assert_denied(&bench.gate(&around));

    fs::remove_dir_all(root.join("ci")).unwrap();
    symlink("lax", root.join("ci")).unwrap();
    let followed = "ci is a link, which is not followed";
    assert_untold(&bench.gate(&arguments), followed);
    commit(&bench, "a link to another policy");
    assert_untold(&bench.gate(&arguments), "ci is no directory");

    // What the change cannot have written is taken as it is.
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("gate.toml");
    fs::write(&file, LAX).unwrap();
    let outside = ["--base", "origin/main", "--policy", file.to_str().unwrap()];
    bench.gate(&outside).assert_ok();
    let from = [&outside[..], &["--policy-from", "HEAD"]].concat();
    assert_untold(&bench.gate(&from), "is not in the checkout");
    let laid = root.join("fetched.toml");
    fs::write(&laid, LAX).unwrap();
    let laid = ["--base", "origin/main", "--policy", laid.to_str().unwrap()];
    bench.gate(&laid).assert_ok();
}

#[test]
fn a_policy_that_is_no_plain_file_is_not_taken_for_none() {
    let bench = branched(&[], &[]);
    let tip = |make: &dyn Fn()| {
        bench.git(&["checkout", "-q", "main"]);
        make();
        commit(&bench, "five");
        bench.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        bench.git(&["checkout", "-q", "work"]);
    };
    let policy = bench.project.path().join("modkeep-gate.toml");
    tip(&|| symlink("elsewhere.toml", &policy).unwrap());
    assert_untold(&bench.gate(&BASE), "it is no plain file");
    tip(&|| {
        fs::remove_file(&policy).unwrap();
        write(&bench, &[("modkeep-gate.toml/x", "")]);
    });
    assert_untold(&bench.gate(&BASE), "it is no plain file");
    tip(&|| fs::remove_dir_all(&policy).unwrap());
    symlink("/dev/zero", &policy).unwrap();
    assert_untold(&bench.gate(&BASE), "it is a link, which is not followed");
}

#[test]
fn a_base_that_cannot_be_told_is_never_a_pass_and_says_what_to_fetch() {
    let bench = branched(&[], &[]);
    assert_untold(&bench.gate(&["--base", "origin/gone"]), "fetch it first");
    bench.git(&["tag", "origin/main", "work"]);
    let both = "it means refs/remotes/origin/main and refs/tags/origin/main; write it in full";
    assert_untold(&bench.gate(&BASE), both);
    bench
        .gate(&["--base", "refs/remotes/origin/main"])
        .assert_ok();
    bench.git(&["checkout", "-q", "--orphan", "alone"]);
    commit(&bench, "alone");
    let full = ["--base", "refs/remotes/origin/main"];
    assert_untold(
        &bench.gate(&full),
        "it shares no commit with what is checked out",
    );
}

#[test]
fn a_clone_without_its_history_cannot_say_what_a_change_brings() {
    let bench = branched(&[], &[("modkeep-gate.toml", STRICT)]);
    let shallow = |depth: &str| {
        let clone = tempfile::tempdir().unwrap();
        let url = format!("file://{}", bench.project.path().display());
        let into = clone.path().to_str().unwrap();
        bench.git(&["clone", "-q", "--depth", depth, "-b", "work", &url, into]);
        let main = "+refs/heads/main:refs/remotes/origin/main";
        bench.git(&["-C", into, "fetch", "-q", "--depth", depth, "origin", main]);
        clone
    };
    let gate = |clone: &tempfile::TempDir| {
        crate::gate::gate(&bench.site.server.url(), clone.path(), &BASE)
    };
    let cut = shallow("1");
    assert_untold(&gate(&cut), "git fetch --unshallow");
    let enough = shallow("2");
    assert_denied(&gate(&enough));
}

/// With `main` merged into the branch behind the cut, a shared commit is still there, but an older one.
#[test]
fn an_older_shared_commit_is_not_taken_for_the_place_where_a_change_branched_off() {
    let bench = branched(&[], &[("x", "")]);
    bench.git(&["merge", "-q", "-m", "merge", "origin/main"]);
    for number in ["4", "5", "6"] {
        bench.write("y", number);
        commit(&bench, number);
    }
    let newest = bench.project.path().join(".git/shallow");
    let head = bench.git_says(&["rev-parse", "HEAD~1"]);
    fs::write(newest, format!("{head}\n")).unwrap();
    assert_untold(&bench.gate(&BASE), "git fetch --unshallow");
}

#[test]
fn a_repository_that_lies_in_the_checkout_is_not_asked() {
    let bench = branched(&[], &[("app/modkeep-gate.toml", STRICT)]);
    let root = bench.project.path();
    write(&bench, &[("app/go.mod", &bench.project.read("go.mod"))]);
    write(&bench, &[("app/go.sum", &bench.project.read("go.sum"))]);
    // As a bare repository, whose own `origin/main` has no policy.
    let inner = root.join("app");
    bench.git(&["init", "-q", "--bare", inner.to_str().unwrap()]);
    let tip = bench.git_says(&["rev-parse", "work"]);
    let app = inner.to_str().unwrap();
    bench.git(&[
        "-C",
        app,
        "fetch",
        "-q",
        root.to_str().unwrap(),
        "work:refs/remotes/origin/main",
    ]);
    bench.git(&["-C", app, "update-ref", "HEAD", &tip]);
    bench.git(&["-C", app, "config", "core.bare", "false"]);
    bench.git(&["-C", app, "config", "core.worktree", app]);
    let output = crate::gate::gate(&bench.site.server.url(), &inner, &BASE);
    assert_untold(&output, "safe.bareRepository");
}

#[test]
fn a_directory_that_a_link_of_the_checkout_leads_to_is_not_the_one_that_was_meant() {
    let files = [("app/modkeep-gate.toml", STRICT), ("other/x", "")];
    let bench = branched(&files, &files);
    let root = bench.project.path();
    for name in ["go.mod", "go.sum"] {
        let file = format!("other/{name}");
        write(&bench, &[(&file, &bench.project.read(name))]);
    }
    fs::remove_dir_all(root.join("app")).unwrap();
    symlink("other", root.join("app")).unwrap();
    commit(&bench, "four");
    let output = crate::gate::gate(&bench.site.server.url(), &root.join("app"), &BASE);
    assert_untold(&output, "a link of the checkout leads there");
}
