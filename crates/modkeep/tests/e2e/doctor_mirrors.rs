//! `modkeep doctor` where a public proxy is not reached: mirrors, asked from here.

use crate::site::BINARY;
use serde_json::Value;
use std::{process::Command, time::Duration};
use testkit::{
    fixture::{Corpus, Module},
    go::{Go, Project},
    process::{self, Output},
    upstream::{FakeUpstream, Fault, Kind, Target},
};

const UNREACHED: &str = "go: example.com/a@v1.0.0: Get \"https://first.golang.org/example.com/a/@v/v1.0.0.mod\": dial tcp 142.251.43.17:443: i/o timeout";

fn mirror(has_module: bool, passes_database_on: bool) -> FakeUpstream {
    let mut corpus = Corpus::new();
    if has_module {
        corpus.add(&Module::new("example.com/a", "v1.0.0"));
    }
    // What everybody is asked for where a name is private.
    corpus.add(&Module::new("golang.org/x/text", "v0.14.0"));
    if passes_database_on {
        corpus.put("sumdb/sum.golang.org/supported", "");
    }
    FakeUpstream::start(corpus)
}

fn doctor_in(project: &Project, go: &Go, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    go.prepare(&mut command);
    command.arg("doctor").args(arguments);
    command.current_dir(project.path());
    // Far above the five seconds that mirrors have, far below what a hanging one would take.
    process::run(&mut command, Duration::from_secs(20))
}

fn doctor(go: &Go, arguments: &[&str]) -> Output {
    doctor_in(
        &Project::new("module example.com/main\n\ngo 1.21\n", &[]),
        go,
        arguments,
    )
}

fn user() -> Go {
    Go::new("https://first.golang.org,direct").env("GOSUMDB", "sum.golang.org")
}

#[track_caller]
fn asked(go: &Go, list: &str, more: &[&str]) -> Value {
    let told = doctor(
        go,
        &[&["--json", "--mirrors", list], more, &[UNREACHED]].concat(),
    );
    assert_eq!(told.status.code(), Some(1), "{told}");
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    told["mirrors"].clone()
}

fn list(mirrors: &[&FakeUpstream]) -> String {
    let urls: Vec<String> = mirrors.iter().map(|mirror| mirror.url()).collect();
    urls.join(",")
}

#[test]
fn mirrors_are_asked_side_by_side_and_the_best_is_offered() {
    let (fast, lacking, unproven, dead) = (
        mirror(true, true),
        mirror(false, true),
        mirror(true, false),
        mirror(true, true),
    );
    let slow = mirror(true, true);
    slow.latency(Duration::from_millis(400));
    dead.refuse();
    let told = asked(
        &user(),
        &list(&[&dead, &slow, &lacking, &unproven, &fast]),
        &[],
    );
    assert_eq!(told["best"], fast.url().as_str(), "{told:#}");
    let fixes = told["fixes"].as_array().unwrap();
    let line = format!("go env -w GOPROXY={},direct", fast.url());
    assert!(
        fixes.iter().any(|fix| fix["text"] == line.as_str()),
        "{told:#}"
    );
    let row = |mirror: &FakeUpstream| {
        let mut rows = told["tried"].as_array().unwrap().iter();
        rows.find(|row| row["mirror"] == mirror.url().as_str())
            .unwrap()
            .clone()
    };
    assert_eq!(row(&lacking)["module"], "no");
    assert_eq!(
        (&row(&unproven)["module"], &row(&unproven)["database"]),
        (&"yes".into(), &"no".into())
    );
    assert!(row(&dead)["latency"].is_null() && row(&dead)["module"]["unknown"].is_string());
    assert!(row(&slow)["latency"].as_f64() >= Some(400.0), "{told:#}");
}

#[test]
fn a_mirror_that_hangs_keeps_nobody_waiting_longer_than_the_limit() {
    let (hanging, well) = (mirror(true, true), mirror(true, true));
    let hold = hanging.hold(Target::Any);
    let told = asked(&user(), &list(&[&hanging, &well]), &[]);
    assert_eq!(told["best"], well.url().as_str(), "{told:#}");
    hold.release();
}

#[test]
fn ones_own_server_comes_first_if_it_has_the_module() {
    let (public, own) = (mirror(true, true), mirror(true, true));
    own.latency(Duration::from_millis(200));
    let told = asked(&user(), &list(&[&public]), &["--server", &own.url()]);
    assert_eq!(told["best"], own.url().as_str(), "{told:#}");
    let go = user()
        .env("MODKEEP_SERVER", &own.url())
        .env("MODKEEP_MIRRORS", &list(&[&public]));
    let told = doctor(&go, &[UNREACHED]);
    assert!(told.stdout.contains("(own)"), "{told}");
}

#[test]
fn private_names_are_not_told_to_mirrors() {
    let mirror = mirror(true, true);
    for pattern in ["example.com", "https://example.com"] {
        let told = asked(&user().env("GOPRIVATE", pattern), &mirror.url(), &[]);
        assert_eq!(told["question"]["stand_in"], "private", "{told:#}");
        assert_eq!(told["question"]["module"], "golang.org/x/text");
    }
    let asked = mirror.asked();
    assert!(
        asked
            .iter()
            .all(|asked| !asked.path.contains("example.com")),
        "{asked:?}"
    );
    assert!(mirror.count(Kind::Info) > 0);
}

#[test]
fn where_nobody_is_asked_or_reached_it_is_said_and_no_line_is_offered() {
    let dead = mirror(true, true);
    dead.refuse();
    let told = doctor(&user(), &["--mirrors", &dead.url(), UNREACHED]);
    assert!(
        told.stdout.contains("None of them is reached from here"),
        "{told}"
    );
    assert!(
        !told.stdout.contains("best:") && !told.stdout.contains("setting: "),
        "{told}"
    );
    let off = doctor(&user(), &["--mirrors", "off", UNREACHED]);
    for told in [off, doctor(&Go::new("off"), &[UNREACHED])] {
        assert!(told.stdout.contains("asked:   nobody"), "{told}");
        assert!(told.stdout.contains("GOSUMDB=off is no cure"), "{told}");
        assert!(
            !told.stdout.contains("best:") && !told.stdout.contains("setting: "),
            "{told}"
        );
    }
}

#[test]
fn a_login_page_is_no_mirror() {
    let portal = mirror(true, true);
    portal.always(Target::Any, Fault::login_page());
    let told = asked(&user(), &portal.url(), &[]);
    assert!(told["best"].is_null(), "{told:#}");
}

#[test]
fn a_source_of_this_machine_that_is_not_reached_brings_the_others() {
    let (gone, well) = (mirror(true, true), mirror(true, true));
    gone.refuse();
    let go = Go::new(&format!("{},direct", gone.url())).env("GOSUMDB", "off");
    let project = Project::new(
        "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n",
        &[],
    );
    let go = go.env("MODKEEP_MIRRORS", &list(&[&gone, &well]));
    let told = doctor_in(&project, &go, &[]);
    assert_eq!(told.status.code(), Some(1), "{told}");
    assert!(
        told.stdout
            .contains(&format!("go env -w GOPROXY={},direct", well.url())),
        "{told}"
    );
    // And where all is well nobody is asked.
    let before = well.asked().len();
    let told = doctor_in(
        &project,
        &Go::new(&well.url())
            .env("MODKEEP_MIRRORS", &list(&[&gone]))
            .env("GOSUMDB", "off"),
        &[],
    );
    assert!(
        !told.stdout.contains("side by side") && !told.stdout.contains("best:"),
        "{told}"
    );
    assert!(well.asked().len() > before);
}
