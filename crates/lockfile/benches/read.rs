//! Reading and auditing locks, with the memory it takes: `cargo bench -p lockfile`.
//!
//! 300 packages are what a usual project has; the largest file is as large as is read at all. The
//! bombs are files of that size made to take long: nested as deep as is allowed, and deeper.

#![expect(clippy::unwrap_used, reason = "the input is made here")]

use divan::{AllocProfiler, Bencher, counter::BytesCount};
use lockfile::{
    Lockfile, LockfileKind, MAX_BYTES,
    audit::{LockExpectation, audit},
    compare::changed,
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const HASH: &str =
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

fn main() {
    divan::main();
}

/// How an entry of a format is written, and what is before and behind all of them.
#[derive(Debug, Clone, Copy)]
struct Form {
    kind: LockfileKind,
    before: &'static str,
    entry: fn(usize) -> String,
    behind: &'static str,
}

const NPM: Form = Form {
    kind: LockfileKind::Npm,
    before: "{\"lockfileVersion\": 3, \"packages\": {\"\": {}",
    entry: |at| {
        format!(
            ",\n    \"node_modules/package-{at}\": {{\n      \"version\": \"1.0.{at}\",\n      \"resolved\": \"https://registry.example.com/package-{at}/-/package-{at}-1.0.{at}.tgz\",\n      \"integrity\": \"sha512-{HASH}\",\n      \"dependencies\": {{\n        \"package-0\": \"^1.0.0\"\n      }}\n    }}"
        )
    },
    behind: "\n}}\n",
};

const YARN: Form = Form {
    kind: LockfileKind::Yarn,
    before: "# yarn lockfile v1\n\n",
    entry: |at| {
        format!(
            "\npackage-{at}@^1.0.0:\n  version \"1.0.{at}\"\n  resolved \"https://registry.example.com/package-{at}/-/package-{at}-1.0.{at}.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  integrity sha512-{HASH}\n  dependencies:\n    package-0 \"^1.0.0\"\n"
        )
    },
    behind: "",
};

const PNPM: Form = Form {
    kind: LockfileKind::Pnpm,
    before: "lockfileVersion: '6.0'\n\npackages:\n",
    entry: |at| {
        format!(
            "\n  /package-{at}@1.0.{at}:\n    resolution: {{integrity: sha512-{HASH}}}\n    engines: {{node: '>=6'}}\n"
        )
    },
    behind: "",
};

const FORMS: [Form; 3] = [NPM, YARN, PNPM];

/// A lock of so many packages, or as many as fit.
fn text(form: Form, count: usize) -> String {
    let mut text = form.before.to_owned();
    for at in 0..count {
        let entry = (form.entry)(at);
        if text.len() + entry.len() + form.behind.len() > MAX_BYTES {
            break;
        }
        text.push_str(&entry);
    }
    text + form.behind
}

fn read(kind: LockfileKind, text: &str) -> Lockfile {
    lockfile::read(kind, "lock", text.as_bytes()).unwrap()
}

#[divan::bench(args = FORMS.map(|form| form.kind))]
fn read_300_packages(bencher: Bencher<'_, '_>, kind: LockfileKind) {
    let text = text(form(kind), 300);
    bencher
        .counter(BytesCount::of_str(&*text))
        .bench(|| read(kind, &text));
}

#[divan::bench(args = FORMS.map(|form| form.kind), sample_count = 3, sample_size = 1)]
fn read_50_megabytes(bencher: Bencher<'_, '_>, kind: LockfileKind) {
    let text = text(form(kind), usize::MAX);
    bencher
        .counter(BytesCount::of_str(&*text))
        .bench(|| read(kind, &text));
}

#[divan::bench(args = FORMS.map(|form| form.kind), sample_count = 3, sample_size = 1)]
fn audit_and_compare_50_megabytes(bencher: Bencher<'_, '_>, kind: LockfileKind) {
    let lock = read(kind, &text(form(kind), usize::MAX));
    bencher.bench(|| {
        let found = audit(&lock, &LockExpectation::default()).len();
        found + changed(&lock, &lock).len()
    });
}

/// Maps or lists, one in the other, of so many levels, again and again until the file is full.
#[divan::bench(args = [60, 1000], sample_count = 3, sample_size = 1)]
fn refuse_bombs_of_json(bencher: Bencher<'_, '_>, levels: usize) {
    let one = "[".repeat(levels) + &" ".repeat(MAX_BYTES / 4) + &"]".repeat(levels);
    let text = format!("[{one},{one},{one}]");
    bencher.bench(|| lockfile::read(LockfileKind::Npm, "lock", text.as_bytes()).unwrap_err());
}

/// The same for YAML, where brackets need no spaces.
#[divan::bench(args = ["[", "{a: ", "- ", "? "], sample_count = 3, sample_size = 1)]
fn refuse_bombs_of_yaml(bencher: Bencher<'_, '_>, piece: &str) {
    let text = piece.repeat((10 << 20) / piece.len());
    bencher.bench(|| lockfile::read(LockfileKind::Pnpm, "lock", text.as_bytes()).unwrap_err());
}

fn form(kind: LockfileKind) -> Form {
    FORMS.into_iter().find(|form| form.kind == kind).unwrap()
}
