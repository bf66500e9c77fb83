//! Two upstreams with `,` and `|`, of which one lacks, lies or dies.
//!
//! `,` goes on after absence only; `|` after anything. The rule is the client's own, and it is
//! the difference between a fallback and a leak: behind a comma the second is not even asked.

use testkit::client::Answer;
use testkit::fixture::Corpus;
use testkit::forge::Forge;
use testkit::go::Go;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::{FakeUpstream, Fault, Kind, Target};

use crate::site::{BINARY, assert_refusal, module, path, serve, url};

const LENGTH: usize = 200_000;

/// An upstream that has `example.com/a`.
fn full() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&module("a", LENGTH)))
}

/// An upstream that has nothing.
fn empty() -> FakeUpstream {
    FakeUpstream::start(Corpus::new())
}

fn two(first: &FakeUpstream, separator: char, second: &FakeUpstream) -> Modkeep {
    serve(&format!("{}{separator}{}", first.url(), second.url()))
}

fn download(server: &Modkeep) -> testkit::process::Output {
    Go::new(&server.url()).download("example.com/a@v1.0.0")
}

#[test]
fn after_an_absence_both_separators_go_on() {
    for separator in [',', '|'] {
        let (first, second) = (empty(), full());
        let server = two(&first, separator, &second);
        download(&server).assert_ok();
        assert_eq!((first.count(Kind::Zip), second.count(Kind::Zip)), (1, 1));
    }
}

#[test]
fn what_the_first_has_the_second_is_not_asked() {
    for separator in [',', '|'] {
        let (first, second) = (full(), full());
        let server = two(&first, separator, &second);
        download(&server).assert_ok();
        second.assert_untouched();
        assert_eq!(first.count(Kind::Zip), 1);
    }
}

#[test]
fn after_a_failure_a_comma_stops_and_a_pipe_goes_on() {
    let faults = [
        Fault::status(403),
        Fault::status(500),
        Fault::status(503),
        Fault::login_page(),
        Fault::CutHeader,
        Fault::Reset,
    ];
    for fault in faults {
        let (first, second) = (full(), full());
        first.always(Target::Any, fault.clone());
        let server = two(&first, ',', &second);
        let output = download(&server);
        assert!(!output.ok(), "{fault:?}");
        output.assert_fails_with("modkeep MK");
        second.assert_untouched();

        let server = two(&first, '|', &second);
        download(&server).assert_ok();
        assert_eq!(second.count(Kind::Zip), 1, "{fault:?}");
    }
}

#[test]
fn a_dead_first_stops_a_comma_and_not_a_pipe() {
    let (first, second) = (full(), full());
    first.refuse();
    let server = two(&first, ',', &second);
    download(&server).assert_fails_with("modkeep MK2003: ");
    second.assert_untouched();
    let server = two(&first, '|', &second);
    download(&server).assert_ok();
}

#[test]
fn a_silent_first_is_left_behind_at_a_pipe() {
    let (first, second) = (full(), full());
    first.always(Target::Any, Fault::Hang);
    let list = format!("{}|{}", first.url(), second.url());
    let setup = Setup::new(BINARY, &list);
    let server = setup.arg("--header-timeout").arg("1s").start();
    download(&server).assert_ok();
    assert_eq!(second.count(Kind::Zip), 1);
}

#[test]
fn an_absence_here_and_an_outage_there_is_an_outage() {
    for separator in [',', '|'] {
        let (first, second) = (empty(), full());
        second.refuse();
        let server = two(&first, separator, &second);
        for kind in ["info", "mod", "zip", "list", "latest"] {
            assert_refusal(&server.get(&url("a", kind)), 503, "MK2003");
        }
    }
    let (first, second) = (full(), empty());
    first.refuse();
    let server = two(&first, '|', &second);
    for kind in ["info", "mod", "zip", "list", "latest"] {
        let answer = server.get(&url("a", kind));
        assert!(answer.status >= 500, "{kind}: {answer:?}");
    }
}

#[test]
fn when_both_say_no_the_last_words_are_relayed() {
    let (first, second) = (empty(), empty());
    first.always(Target::Any, Fault::text(404, "not here"));
    second.always(Target::Any, Fault::text(410, "nor here"));
    let server = two(&first, ',', &second);
    let answer = server.get(&url("a", "info"));
    assert_eq!((answer.status, answer.text().as_str()), (410, "nor here"));
}

#[test]
fn each_file_comes_from_whoever_has_it() {
    let (first, second) = (full(), full());
    first.change(|corpus| corpus.remove(&path("a", "zip")));
    let server = two(&first, ',', &second);
    download(&server).assert_ok();
    assert_eq!(first.count_path(&path("a", "info")), 1);
    assert_eq!(second.paths(), [path("a", "zip")]);
}

#[test]
fn a_liar_before_a_pipe_does_not_win_over_the_second() {
    let (first, second) = (full(), full());
    let other = testkit::fixture::Module::new("example.com/b", "v1.0.0");
    first.always(Kind::Zip, Fault::replace(other.zip()));
    first.always(Kind::Info, Fault::replace(other.mod_file()));
    let server = two(&first, '|', &second);
    assert_eq!(
        server.get(&url("a", "info")).body,
        module("a", LENGTH).info()
    );
    let mut answer = server.get(&url("a", "zip"));
    if !answer.is_whole() {
        answer = server.get(&url("a", "zip"));
    }
    assert_eq!(answer.body, module("a", LENGTH).zip());
}

#[test]
fn a_zip_cut_before_a_pipe_is_fetched_from_the_second_and_never_mixed() {
    let (first, second) = (full(), full());
    first.always(Kind::Zip, Fault::Cut { after: 50_000 });
    let server = two(&first, '|', &second);
    // Who reads along is cut where a transfer breaks, and the first source has two turns.
    let mut answers = (0..3).map(|_| server.get(&url("a", "zip")));
    let answer = answers.find(Answer::is_whole).unwrap();
    assert!(answer.body == module("a", LENGTH).zip());
    assert!(first.count(Kind::Zip) <= 2);
    assert_eq!(second.count(Kind::Zip), 1);
}

#[test]
fn a_tree_on_disk_is_an_upstream() {
    let directory = tempfile::tempdir().unwrap();
    Corpus::new()
        .with(&module("a", LENGTH))
        .write_tree(directory.path());
    let server = serve(&format!("file://{}", directory.path().display()));
    download(&server).assert_ok();
    assert_eq!(server.get(&url("missing", "info")).status, 404);
}

#[test]
fn off_at_the_end_of_the_list_says_so() {
    let first = empty();
    let server = serve(&format!("{},off", first.url()));
    let off = server.get(&url("a", "info"));
    assert_eq!(off.status, 404);
    assert_eq!(first.count(Kind::Info), 1);

    let server = serve("off");
    assert_refusal(&server.get(&url("a", "info")), 404, "MK2009");
}

#[test]
fn behind_a_proxy_direct_leaves_an_absence_an_absence() {
    // Anything but 404 for a longer prefix would fail the whole command.
    let module = module("a", 10).file("b/c/c.go", "package c\n");
    let first = FakeUpstream::start(Corpus::new().with(&module));
    let forge = Forge::start(&["example.com"]);
    let list = format!("{},direct", first.url());
    let server = Setup::new(crate::site::BINARY, &list)
        .option("--ca", &forge.root().display().to_string())
        .env("HTTPS_PROXY", &forge.proxy())
        .env("NO_PROXY", "127.0.0.1")
        .start();
    assert_eq!(server.get(&url("none", "info")).status, 404);
    Go::new(&server.url())
        .get("example.com/a/b/c@v1.0.0")
        .assert_ok();
    assert!(!forge.asked().is_empty());
}

#[test]
fn a_malformed_list_stops_the_start_with_a_code() {
    for list in ["ftp://example.com", ",", "http://"] {
        let data = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new(crate::site::BINARY);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            list,
            "--data",
        ]);
        command.arg(data.path());
        let output = testkit::process::run(&mut command, std::time::Duration::from_secs(20));
        output.assert_fails_with("MK5002");
    }
}
