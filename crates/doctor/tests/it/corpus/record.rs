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
            let file = directory.join(format!("go1.{release}.txt"));
            let kept = fs::read_to_string(&file).unwrap_or_default();
            let head = format!("{HEAD}{}\t{}\n", case.name, case.causes.join("|"));
            fs::write(file, kept + &head + text.trim_end() + "\n").unwrap();
        }
    }
}

/// Whether this text of this case is there already, of whatever release.
fn is_kept(directory: &Path, case: &str, text: &str) -> bool {
    let bare = |text: &str| text.trim_end().replace(|c: char| c.is_ascii_digit(), "0");
    let kept = read(directory);
    kept.iter()
        .any(|other| other.case == case && bare(&other.text) == bare(text))
}

/// A transcript and its truth.
pub(crate) struct Transcript {
    pub(crate) case: String,
    /// The causes that are right.
    pub(crate) causes: Vec<String>,
    pub(crate) text: String,
}

/// What a transcript begins with, before its case and its causes.
const HEAD: &str = "@@ ";

/// Every transcript that is kept.
pub(crate) fn read(directory: &Path) -> Vec<Transcript> {
    let files = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path());
    let texts = files.map(|file| fs::read_to_string(file).unwrap());
    texts.flat_map(|text| of_release(&text)).collect()
}

fn of_release(text: &str) -> Vec<Transcript> {
    let mut transcripts: Vec<Transcript> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix(HEAD) {
            let (case, causes) = head.trim_end().split_once('\t').unwrap();
            transcripts.push(Transcript {
                case: case.to_owned(),
                causes: causes.split('|').map(str::to_owned).collect(),
                text: String::new(),
            });
        } else if let Some(last) = transcripts.last_mut() {
            last.text.push_str(line);
        }
    }
    transcripts
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
