//! Record: what the go in the PATH prints in every case, kept as text.
//!
//! `tests/record.sh` runs this once for each old toolchain that the module proxy has. A transcript whose
//! text another release printed too is not kept again. What differs from run to run and names this machine
//! becomes an example of its kind.

use super::cases;
use super::scene::{Played, release};
use regex::Regex;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What names this machine, and what stands in its place.
const OWN: [(&str, &str); 9] = [
    (
        r"(?:127\.0\.0\.1|\[::1\]):[0-9]+->(?:127\.0\.0\.1|\[::1\]):[0-9]+",
        "192.0.2.7:50124->192.0.2.1:8080",
    ),
    (r"tcp (?:127\.0\.0\.1|\[::1\]):[0-9]+", "tcp 192.0.2.1:8080"),
    (
        r"(?:127\.0\.0\.1|localhost|\[::1\]):[0-9]+",
        "proxy.example.com:8080",
    ),
    (
        r"(?:127\.0\.0\.1|localhost) port [0-9]+",
        "proxy.example.com port 8080",
    ),
    (
        r"lookup ([a-z.]+) on [0-9.:]+:",
        "lookup $1 on 192.0.2.53:53:",
    ),
    (
        r"/[^\s:()]*/golang\.org/toolchain@[^/\s]+/",
        "/usr/local/go/",
    ),
    (r"/tmp/[A-Za-z0-9._-]+", "/tmp/x"),
    (
        r"vcs/[0-9a-f]{64}",
        "vcs/3ca1e12adc00eb9c9307185be94f388e431cfa9fd4f6db49baf8e62f2a3eeb36",
    ),
    (r"[0-9]+\.[0-9]{3}s\b", "0.004s"),
];

#[test]
#[ignore = "writes files: run by tests/record.sh"]
fn what_this_go_prints_is_kept() {
    let directory = std::env::var("DOCTOR_RECORD").unwrap();
    let directory = Path::new(&directory);
    let release = release();
    for case in cases::all().into_iter().filter(|case| case.is_of(release)) {
        // With an old go a step before the failure may fail already; that is no case then.
        let Ok(played) = catch_unwind(AssertUnwindSafe(case.play)) else {
            println!("{}: cannot be arranged with go 1.{release}", case.name);
            continue;
        };
        if played.output.ok() {
            println!("{}: go 1.{release} does not fail", case.name);
            continue;
        }
        let text = normal(&played);
        if !is_kept(directory, case.name, &text) {
            let name = format!("{}.go1.{release}.txt", case.name);
            fs::write(directory.join(&name), text).unwrap();
            let row = format!("{name}\t{}\n", case.causes.join("|"));
            let table = directory.join("truth.tsv");
            let rows = fs::read_to_string(&table).unwrap_or_default();
            fs::write(table, rows + &row).unwrap();
        }
    }
}

/// Whether this text of this case is there already.
fn is_kept(directory: &Path, case: &str, text: &str) -> bool {
    let files = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut of_case = files.filter(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with(&format!("{case}.go1."))
    });
    let bare = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    of_case.any(|file| bare(&fs::read_to_string(file).unwrap()) == bare(text))
}

fn normal(played: &Played) -> String {
    let mut text = played.text();
    for (found, name) in &played.names {
        let example = match *name {
            "PROJECT" => "/home/me/project",
            "MODCACHE" => "/home/me/go/pkg/mod",
            _ => "/home/me",
        };
        text = text.replace(found, example);
    }
    OWN.iter().fold(text, |text, (found, example)| {
        let found = Regex::new(found).unwrap();
        found.replace_all(&text, *example).into_owned()
    })
}
