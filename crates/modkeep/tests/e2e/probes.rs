//! Prefix probes: for a package path `go` asks every prefix, and one that fails with anything but
//! 404 fails the whole command, although the module itself was found.

use testkit::fixture::Module;
use testkit::go::Go;
use testkit::upstream::{Fault, Target};

use crate::site::Site;

const PACKAGE: &str = "example.com/a/b/c@v1.0.0";

fn site() -> Site {
    let module = Module::new("example.com/a", "v1.0.0").file("b/c/c.go", "package c\n");
    Site::with(&[module])
}

#[test]
fn a_package_is_found_through_its_prefixes() {
    let site = site();
    Go::new(&site.server.url()).get(PACKAGE).assert_ok();
    for probe in [
        "example.com/a/b/c/@v/v1.0.0.info",
        "example.com/a/b/@v/v1.0.0.info",
    ] {
        assert_eq!(site.upstream.count_path(probe), 1, "{probe}");
    }
}

#[test]
fn absences_seen_before_an_outage_answer_the_probes_during_it() {
    let site = site();
    Go::new(&site.server.url()).get(PACKAGE).assert_ok();
    site.upstream.refuse();
    Go::new(&site.server.url()).get(PACKAGE).assert_ok();
}

#[test]
fn a_restart_during_the_outage_forgets_none_of_it() {
    let mut site = site();
    Go::new(&site.server.url()).get(PACKAGE).assert_ok();
    site.upstream.refuse();
    site.server.kill();
    site.server.start();
    Go::new(&site.server.url()).get(PACKAGE).assert_ok();
}

#[test]
fn a_package_inside_a_kept_module_is_found_although_its_probes_were_never_asked() {
    let site = site();
    site.keep("example.com/a", "v1.0.0");
    site.upstream.refuse();
    Go::new(&site.server.url()).get(PACKAGE).assert_ok();
}

#[test]
fn an_upstream_that_fails_everything_does_not_break_a_kept_module() {
    for status in [403, 500, 503] {
        let site = site();
        Go::new(&site.server.url()).get(PACKAGE).assert_ok();
        site.upstream.always(Target::Any, Fault::status(status));
        Go::new(&site.server.url()).get(PACKAGE).assert_ok();
    }
}

#[test]
fn an_unknown_path_during_an_outage_is_an_outage() {
    let site = site();
    site.keep("example.com/a", "v1.0.0");
    site.upstream.refuse();
    let answer = site.server.get("/example.com/other/@v/v1.0.0.info");
    assert_eq!(answer.status, 503, "{answer:?}");
    let output = Go::new(&site.server.url()).get("example.com/other@v1.0.0");
    output.assert_fails_with("modkeep MK2003: ");
}

#[test]
fn a_version_never_asked_before_is_an_outage_too() {
    let site = site();
    site.keep("example.com/a", "v1.0.0");
    site.upstream.refuse();
    for file in ["v1.0.1.info", "v1.0.1.mod", "v1.0.1.zip"] {
        let answer = site.server.get(&format!("/example.com/a/@v/{file}"));
        assert_eq!(answer.status, 503, "{file}: {answer:?}");
    }
}
