//! Redirects: followed where `go` would follow, refused where they lead round or away.

use testkit::fixture::Corpus;
use testkit::go::Go;
use testkit::upstream::{FakeUpstream, Fault, Kind};

use crate::site::{Site, assert_refusal, module, path, serve, url};

#[test]
fn every_redirect_status_is_followed_on_the_same_host() {
    let site = Site::new(Corpus::new());
    for code in [301, 302, 303, 307, 308] {
        let name = format!("r{code}");
        site.upstream
            .change(|corpus| corpus.put(&format!("moved/{name}"), module(&name, 5000).zip()));
        let location = format!("/moved/{name}");
        site.upstream
            .always(&path(&name, "zip"), Fault::Redirect { code, location });
        let answer = site.server.get(&url(&name, "zip"));
        assert!(answer.is_whole(), "{code}: {answer:?}");
        assert_eq!(answer.body, module(&name, 5000).zip());
        assert_eq!(site.upstream.count_path(&format!("moved/{name}")), 1);
    }
}

#[test]
fn a_chain_of_ten_is_followed_and_of_eleven_is_not() {
    let site = Site::new(Corpus::new());
    for hop in 1..=11 {
        let location = format!("/hop{}", hop + 1);
        site.upstream
            .always(&format!("hop{hop}"), Fault::redirect(&location));
    }
    site.upstream
        .change(|corpus| corpus.put("hop12", module("a", 10).info()));
    site.upstream
        .always(&path("a", "info"), Fault::redirect("/hop1"));
    assert_refusal(&site.server.get(&url("a", "info")), 502, "MK2005");

    site.upstream
        .always(&path("a", "info"), Fault::redirect("/hop3"));
    assert!(site.server.get(&url("a", "info")).is_whole());
}

#[test]
fn circles_and_other_schemes_and_missing_locations_are_refused() {
    let site = Site::new(Corpus::new());
    for (name, location) in [
        ("self", "/example.com/self/@v/v1.0.0.info"),
        ("file", "file:///etc/passwd"),
        ("ftp", "ftp://example.org/x"),
        ("nothing", "http://"),
    ] {
        site.upstream
            .always(&path(name, "info"), Fault::redirect(location));
        assert_refusal(&site.server.get(&url(name, "info")), 502, "MK2005");
    }
}

#[test]
fn a_redirect_to_a_dead_host_is_an_outage_not_an_absence() {
    let site = Site::new(Corpus::new());
    let dead = FakeUpstream::start(Corpus::new());
    dead.refuse();
    site.upstream.always(
        &path("a", "info"),
        Fault::redirect(&format!("{}/x", dead.url())),
    );
    let answer = site.server.get(&url("a", "info"));
    assert!(answer.status >= 500, "{answer:?}");
}

#[test]
fn a_redirect_reaches_no_address_inside_unless_the_operator_permits_it() {
    let inside = FakeUpstream::start(Corpus::new());
    inside.change(|corpus| corpus.put("admin", module("a", 10).info()));
    let location = format!("{}/admin", inside.url());
    let nowhere = format!("{}/none", inside.url());
    for (option, status) in [(&[][..], 502), (&["--allow-net", "127.0.0.0/8"], 200)] {
        let site = Site::with_options(&[], option);
        site.upstream
            .always(&path("a", "info"), Fault::redirect(&location));
        site.upstream
            .always(&path("b", "info"), Fault::redirect(&nowhere));
        let answer = site.server.get(&url("a", "info"));
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 502 {
            assert_refusal(&answer, 502, "MK2005");
            assert!(answer.text().contains("--allow-net"), "{}", answer.text());
            inside.assert_untouched();
        }
        let words = site.server.get(&url("b", "info")).text();
        assert!(!words.contains("the fake upstream"), "{words}");
    }
}

#[test]
fn go_builds_through_an_upstream_that_redirects_its_zips_to_its_own_storage() {
    let site = Site::with(&[module("a", 100_000)]);
    site.upstream
        .change(|corpus| corpus.put("storage/a.zip", module("a", 100_000).zip()));
    site.upstream.always(
        &path("a", "zip"),
        Fault::redirect("/storage/a.zip?signature=abc%2Fdef"),
    );
    Go::new(&site.server.url())
        .download("example.com/a@v1.0.0")
        .assert_ok();
    assert_eq!(site.upstream.count_path("storage/a.zip"), 1);
    let asked = site.upstream.asked();
    let stored = asked
        .iter()
        .find(|asked| asked.path == "storage/a.zip")
        .unwrap();
    assert_eq!(stored.target, "/storage/a.zip?signature=abc%2Fdef");
    assert_eq!(site.upstream.count(Kind::Zip), 1);
}

#[test]
fn credentials_on_plain_http_stop_the_start_and_are_not_shown() {
    // As `go` refuses them. Where they go over https, or to this machine, is the business of the
    // upstream crate's tests.
    let data = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(crate::site::BINARY);
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "http://robot:sesame@upstream.example.com:9",
    ]);
    command.arg("--data").arg(data.path());
    let output = testkit::process::run(&mut command, std::time::Duration::from_secs(20));
    output.assert_fails_with("MK5002");
    assert!(!format!("{output}").contains("sesame"), "{output}");
}

#[test]
fn an_upstream_below_a_path_is_asked_below_it() {
    for slash in ["", "/"] {
        let upstream = FakeUpstream::start(Corpus::new());
        upstream.change(|corpus| {
            corpus.put(
                &format!("mirror/go/{}", path("a", "info")),
                module("a", 10).info(),
            );
        });
        let server = serve(&format!("{}/mirror/go{slash}", upstream.url()));
        assert!(server.get(&url("a", "info")).is_whole());
        assert_eq!(
            upstream.paths()[0],
            format!("mirror/go/{}", path("a", "info"))
        );
    }
}
