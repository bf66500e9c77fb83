//! Every status class an upstream can answer, per kind, and what `go` makes of ours.
//!
//! Absence (404, 410) is relayed in the upstream's words; everything else that is not exactly
//! 200 becomes a 5xx of ours with a code, is asked once, and is not remembered.

use std::thread;

use testkit::fixture::Corpus;
use testkit::go::Go;
use testkit::upstream::{Fault, Target};

use crate::site::{Site, assert_not_kept, assert_refusal, module, path, url};

const KINDS: [&str; 5] = ["info", "mod", "zip", "list", "latest"];

/// What the upstream says, and the status and code that we answer.
const FAILURES: [(u16, u16, &str); 22] = [
    (201, 502, "MK2007"),
    (203, 502, "MK2007"),
    (204, 502, "MK2007"),
    (206, 502, "MK2007"),
    (300, 502, "MK2007"),
    (301, 502, "MK2007"),
    (304, 502, "MK2007"),
    (307, 502, "MK2007"),
    (400, 502, "MK2005"),
    (401, 502, "MK2006"),
    (402, 502, "MK2005"),
    (403, 502, "MK2006"),
    (405, 502, "MK2005"),
    (406, 502, "MK2005"),
    (418, 502, "MK2005"),
    (429, 502, "MK2005"),
    (451, 502, "MK2006"),
    (500, 503, "MK2012"),
    (502, 503, "MK2012"),
    (503, 503, "MK2012"),
    (504, 503, "MK2012"),
    (599, 503, "MK2012"),
];

fn name(status: u16) -> String {
    format!("s{status}")
}

/// A site that goes on asking an upstream however often it fails: one status after the other is
/// what is tested here. Nor does it wait for the end of the second that a 429 asks for.
fn unbroken() -> Site {
    let mut modules = vec![];
    for status in FAILURES.iter().map(|(status, ..)| *status) {
        modules.push(module(&name(status), 1000));
    }
    let options = ["--upstream-breaker", "off", "--header-timeout", "900ms"];
    Site::with_options(&modules, &options)
}

fn everything() -> Corpus {
    let statuses = FAILURES.iter().map(|(status, ..)| *status);
    let mut corpus = Corpus::new();
    for status in statuses.chain([404, 410]) {
        corpus.add(&module(&name(status), 1000));
    }
    corpus
}

#[test]
fn a_status_that_says_neither_yes_nor_no_is_a_coded_5xx_asked_once_and_forgotten() {
    let site = unbroken();
    for kind in KINDS {
        for (status, ours, code) in FAILURES {
            let file = path(&name(status), kind);
            site.upstream.always(&file, Fault::status(status));
            let answer = site.server.get(&url(&name(status), kind));
            assert_refusal(&answer, ours, code);
            // What may pass by itself is tried once more.
            let asked = if (502..=504).contains(&status) { 2 } else { 1 };
            assert_eq!(
                site.upstream.count_path(&file),
                asked,
                "{file} after {status}"
            );
        }
    }
    site.upstream.heal();
    for (status, ..) in FAILURES {
        for kind in KINDS {
            let answer = site.server.get(&url(&name(status), kind));
            assert!(answer.is_whole(), "{status} {kind}: {answer:?}");
        }
    }
}

#[test]
fn absence_is_relayed_word_for_word() {
    let site = Site::new(everything());
    let words = "not found: unknown revision v1.0.0 (said upstream)\n";
    for status in [404, 410] {
        for kind in KINDS {
            let file = path(&name(status), kind);
            site.upstream.always(&file, Fault::text(status, words));
            let answer = site.server.get(&url(&name(status), kind));
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (status, words),
                "{file}"
            );
            assert!(
                answer
                    .header("content-type")
                    .unwrap()
                    .starts_with("text/plain")
            );
            assert_eq!(site.upstream.count_path(&file), 1, "{file}");
        }
    }
}

#[test]
fn an_absence_in_html_reaches_the_client_as_text() {
    let site = Site::new(Corpus::new());
    site.upstream.always(
        Target::Any,
        Fault::Status {
            code: 404,
            content_type: Some("text/html".to_owned()),
            body: "<html><script>alert(1)</script></html>".into(),
            headers: Vec::new(),
        },
    );
    let answer = site.server.get(&url("a", "info"));
    assert_eq!(answer.status, 404);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
}

#[test]
fn a_known_absence_is_not_asked_again_at_once_and_can_be_refreshed() {
    let site = Site::new(Corpus::new());
    let file = path("late", "info");
    for _ in 0..3 {
        assert_eq!(site.server.get(&url("late", "info")).status, 404);
    }
    assert_eq!(site.upstream.count_path(&file), 1);

    site.upstream
        .change(|corpus| corpus.add(&module("late", 10)));
    let refreshed = site
        .server
        .request("POST", "/-/refresh/example.com/late", &[]);
    assert!((200..300).contains(&refreshed.status), "{refreshed:?}");
    assert!(site.server.get(&url("late", "info")).is_whole());
}

#[test]
fn go_shows_our_code_for_every_status_of_a_zip() {
    let site = unbroken();
    for (status, ..) in FAILURES {
        site.upstream
            .always(&path(&name(status), "zip"), Fault::status(status));
    }
    two_at_a_time(&FAILURES, |(status, ours, code)| {
        let what = format!("example.com/{}@v1.0.0", name(*status));
        let output = Go::new(&site.server.url()).download(&what);
        output.assert_fails_with(&format!("modkeep {code}: "));
        output.assert_fails_with(&ours.to_string());
        let file = path(&name(*status), "zip");
        let asked = if (502..=504).contains(status) { 2 } else { 1 };
        assert_eq!(site.upstream.count_path(&file), asked, "{file}");
        assert_not_kept(&site.server, &format!("/{file}"));
    });
}

#[test]
fn go_shows_the_upstreams_own_words_about_absence_and_falls_through_to_the_next_entry() {
    let site = Site::new(everything());
    let second = testkit::upstream::FakeUpstream::start(everything());
    for status in [404, 410] {
        let gone = Fault::text(status, "gone by order of the author");
        site.upstream.always(&path(&name(status), "info"), gone);
        let what = format!("example.com/{}@v1.0.0", name(status));

        let alone = Go::new(&site.server.url()).download(&what);
        alone.assert_fails_with("gone by order of the author");
        alone.assert_fails_with(&status.to_string());

        let list = format!("{},{}", site.server.url(), second.url());
        Go::new(&list).download(&what).assert_ok();
        assert_eq!(second.count_path(&path(&name(status), "info")), 1);
    }
}

#[test]
fn go_does_not_fall_through_a_comma_on_an_outage() {
    let site = Site::new(everything());
    let second = testkit::upstream::FakeUpstream::start(everything());
    site.upstream.refuse();
    let list = format!("{},{}", site.server.url(), second.url());
    let output = Go::new(&list).download("example.com/s500@v1.0.0");
    output.assert_fails_with("modkeep MK2003: ");
    second.assert_untouched();
}

/// Runs `check` on every item, two at a time: as many processes as the smallest machine has cores.
fn two_at_a_time<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let middle = items.len().div_ceil(2);
    thread::scope(|scope| {
        for half in items.chunks(middle) {
            let check = &check;
            scope.spawn(move || half.iter().for_each(check));
        }
    });
}

#[test]
fn a_wish_to_be_asked_later_is_passed_on() {
    let site = Site::new(everything());
    for (status, kind, ours, code) in [(429, "info", 502, "MK2005"), (503, "zip", 503, "MK2012")] {
        let file = path(&name(status), kind);
        let busy = Fault::status_with(status, "retry-after", "7");
        site.upstream.always(&file, busy);
        let answer = site.server.get(&url(&name(status), kind));
        assert_refusal(&answer, ours, code);
        assert_eq!(answer.header("retry-after"), Some("7"), "{status}");
    }
}

#[test]
fn an_absence_that_is_too_old_is_asked_for_again() {
    let site = Site::with_options(&[], &["--absence-max-age", "0s"]);
    assert_eq!(site.server.get(&url("late", "info")).status, 404);
    site.upstream
        .change(|corpus| corpus.add(&module("late", 10)));
    assert!(site.server.get(&url("late", "info")).is_whole());
    assert_eq!(site.upstream.count_path(&path("late", "info")), 2);
}

#[test]
fn a_failed_request_has_a_story_under_the_id_that_go_printed() {
    let site = Site::with(&[module("a", 1000)]);
    site.upstream.always(Target::Any, Fault::status(500));
    let answer = site.server.get(&url("a", "zip"));
    let text = answer.text();
    let id = text.lines().find_map(|line| line.strip_prefix("request: "));
    let story = site.server.get(&format!("/-/requests/{}", id.unwrap()));
    let story: serde_json::Value = serde_json::from_str(&story.text()).unwrap();
    assert_eq!(story["asked"], "GET example.com/a@v1.0.0.zip", "{story:#}");
    assert_eq!(story["status"], answer.status);
    assert!(text.contains(story["code"].as_str().unwrap()), "{story:#}");
    assert!(
        story["facts"].as_str().unwrap().contains("500"),
        "{story:#}"
    );
    assert_refusal(
        &site.server.get("/-/requests/0000000000000000"),
        404,
        "MK1007",
    );
}

#[test]
fn the_story_of_a_private_module_names_nothing() {
    let options = ["--private=example.com", "--private-upstream=off"];
    let site = Site::with_options(&[], &options);
    let answer = site.server.get(&url("secret", "zip"));
    let text = answer.text();
    let id = text.lines().find_map(|line| line.strip_prefix("request: "));
    let story = site.server.get(&format!("/-/requests/{}", id.unwrap()));
    assert_eq!(story.status, 200);
    assert!(!story.text().contains("secret"), "{}", story.text());
}
