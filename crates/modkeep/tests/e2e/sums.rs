//! `POST /-/sums`: a go.sum held against the checksum database, line by line.

use crate::{
    site::{assert_refusal, module},
    verify::Site,
};
use serde_json::Value;
use testkit::{client, upstream::Fault, upstream::Kind};

fn ask(site: &Site, list: &str) -> Value {
    let answer = client::post(site.server.address(), "/-/sums", list.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text()).unwrap()
}

fn told(sums: &Value) -> Vec<&str> {
    let lines = sums["lines"].as_array().unwrap();
    lines
        .iter()
        .map(|line| line["told"].as_str().unwrap())
        .collect()
}

fn list(lines: &[(&str, &str)]) -> String {
    let line = |(what, hash): &(&str, &str)| format!("{what} {hash}\n");
    lines.iter().map(line).collect()
}

#[test]
fn each_line_is_told_what_the_database_has_and_nothing_is_asked_about_private_ones() {
    let a = module("a", 1000);
    let mut site = Site::new("required", std::slice::from_ref(&a));
    site.server.stop();
    site.server.set_option("--private", "private.example.com");
    site.server.start();
    let (zip, go_mod) = (a.h1(), a.go_mod_h1());
    let sums = ask(
        &site,
        &list(&[
            ("example.com/a v1.0.0", &zip),
            ("example.com/a v1.0.0/go.mod", &zip),
            ("example.com/none v1.0.0", &zip),
            ("private.example.com/p v1.0.0", &zip),
            ("not%20a%20path v1.0.0", &zip),
        ]),
    );
    assert_eq!(
        told(&sums),
        ["same", "other", "absent", "private", "unknown"]
    );
    assert_eq!(sums["lines"][1]["logged"], go_mod.as_str());
    assert_eq!(sums["lines"][0]["record"], 300);
    assert_eq!(
        (&sums["database"], &sums["size"]),
        (&site.database.name().into(), &311.into())
    );
    let asked = site.upstream.paths();
    assert!(
        !asked.iter().any(|path| path.contains("private")),
        "{asked:?}"
    );
}

#[test]
fn a_line_that_was_told_once_is_told_when_nobody_can_be_asked() {
    let (a, b) = (module("a", 1000), module("b", 1000));
    let mut site = Site::new("required", &[a.clone(), b.clone()]);
    let both = list(&[
        ("example.com/a v1.0.0", &a.h1()),
        ("example.com/b v1.0.0", &b.h1()),
    ]);
    let only = list(&[("example.com/a v1.0.0", &a.h1())]);
    assert_eq!(told(&ask(&site, &only)), ["same"]);
    site.server.kill();
    site.server.start();
    site.upstream.always(Kind::Sumdb, Fault::status(503));
    let sums = ask(&site, &both);
    assert_eq!(told(&sums), ["same", "unknown"]);
    assert!(!sums["lines"][1]["why"].as_str().unwrap().is_empty());
}

#[test]
fn what_is_no_go_sum_is_refused_with_its_line() {
    let site = Site::new("required", &[]);
    let list = b"example.com/a v1.0.0 h1:a=\nexample.com/b v1.0.0\n";
    let answer = client::post(site.server.address(), "/-/sums", list).unwrap();
    assert_refusal(&answer, 400, "MK1001");
    assert!(answer.text().contains("line 2"), "{answer:?}");
    let answer = site.server.get("/-/sums");
    assert_refusal(&answer, 405, "MK1004");
}
