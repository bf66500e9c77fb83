//! Seeded go.mod, go.work and go.sum texts: made by a grammar that knows the traps, half of them
//! then damaged.

use std::fmt::Write;
use testkit::oracle::Seed;

const PATHS: &[&str] = &[
    "example.com/a",
    "example.com/b/v2",
    "example.com/b/v3",
    "gopkg.in/yaml.v2",
    "gopkg.in/check.v1",
    "gopkg.in/x.v0",
    "gopkg.in/x.v2-unstable",
    "gopkg.in/x.v-unstable",
    "gopkg.in/x",
    "example.com/a/v1",
    "example.com/a/v0",
    "example.com/a/v02",
    "example.com/a/v2.1",
    "/v2",
    "\"example.com/a\"",
    "\"example.com/with space\"",
    "\"\\x65xample.com/a\"",
    "\"\\u00e9\\377\\U0001F600\"",
    "\"\"",
    "\"example.com//b\"",
    "`example.com/a`",
    "'example.com/a'",
    "exam\"ple",
    "\"a\\q\"",
    "\"a\\\nb\"",
    "é/世界",
    "example.com/*x",
    "example.com/a/*",
    ".",
    "./local",
    "../up",
    "\"../with space\"",
    "/rooted",
    "C:\\windows",
    "..\\up",
    "a@v1.0.0",
    "example.com/a@v1",
    "x",
    "\"(\"",
    "\u{a0}",
    "\u{ad}x",
    "a\u{301}",
];

const VERSIONS: &[&str] = &[
    "v1.0.0",
    "v1.2.3",
    "v1.10.0",
    "v1.9.0",
    "v0.0.0-20190101000000-abcdefabcdef",
    "v2.0.0",
    "v2.0.0+incompatible",
    "v2.1.0-pre.1",
    "v3.0.0+meta",
    "v1",
    "v1.2",
    "v1.2.3-01",
    "v01.2.3",
    "1.2.3",
    "master",
    "\"v1.2.3\"",
    "\"v1 2\"",
    "`v1.0.0`",
    "v1.0.0'",
    "v0.1.0",
    "v1.2.3-rc.1+incompatible",
    "latest",
];

const GO_VERSIONS: &[&str] = &[
    "1.16",
    "1.17",
    "1.20",
    "1.21",
    "1.21.0",
    "1.22rc1",
    "1.23.4",
    "1.21.0rc2",
    "1",
    "1.01",
    "v1.20",
    "1.20.x",
    "v1.20-custom",
    "1.",
    "0.9",
    "\"1.20\"",
    "go1.20",
    "1.20.",
    "1.2x",
    "1.21b",
];

const TOOLCHAINS: &[&str] = &[
    "go1.21.0",
    "default",
    "go1",
    "go1.",
    "go1.22rc1-custom",
    "go2",
    "local",
    "go11",
    "\"go1.21\"",
];

const GODEBUGS: &[&str] = &[
    "a=b",
    "default=go1.21",
    "a",
    "a=b=c",
    "=",
    "a=\"b\"",
    "a=b,c=d",
    "a=`",
];

const COMMENTS: &[&str] = &[
    "// indirect",
    "// indirect; why",
    "//indirect",
    "// indirect why",
    "//",
    "// Deprecated: use v2",
    "// Deprecated:",
    "// x\r",
    "//\u{a0}nbsp \u{a0}",
    "// a // b",
    "/// three",
    "//\tindirect\t",
    "// caf\u{e9}",
    "/* no */",
];

const SPACES: &[&str] = &[" ", " ", " ", "\t", "  ", "\r", " \t "];

/// A go.mod.
pub(crate) fn go_mod(seed: &mut Seed) -> Vec<u8> {
    let mut text = String::new();
    if seed.chance(0.7) {
        comment_lines(seed, &mut text, 3);
        statement(seed, &mut text, "module");
    }
    if seed.chance(0.6) {
        statement(seed, &mut text, "go");
    }
    for _ in 0..seed.below(7) {
        let verbs = &[
            "require",
            "require",
            "require",
            "exclude",
            "replace",
            "replace",
            "retract",
            "retract",
            "tool",
            "ignore",
            "godebug",
            "toolchain",
        ];
        let rare = &[
            "module",
            "go",
            "use",
            "unknown",
            "(",
            "[",
            "require\"",
            "\"require\"",
            ",",
        ];
        let verb = if seed.chance(0.95) {
            *seed.pick(verbs)
        } else {
            *seed.pick(rare)
        };
        comment_lines(seed, &mut text, 2);
        statement(seed, &mut text, verb);
    }
    comment_lines(seed, &mut text, 2);
    finish(seed, text)
}

/// A go.work.
pub(crate) fn go_work(seed: &mut Seed) -> Vec<u8> {
    let mut text = String::new();
    comment_lines(seed, &mut text, 2);
    if seed.chance(0.8) {
        statement(seed, &mut text, "go");
    }
    for _ in 0..seed.below(6) {
        let verbs = &[
            "use",
            "use",
            "use",
            "replace",
            "replace",
            "godebug",
            "toolchain",
        ];
        let rare = &["go", "module", "require", "unknown", "("];
        let verb = if seed.chance(0.95) {
            *seed.pick(verbs)
        } else {
            *seed.pick(rare)
        };
        statement(seed, &mut text, verb);
        comment_lines(seed, &mut text, 2);
    }
    finish(seed, text)
}

/// A go.sum.
pub(crate) fn go_sum(seed: &mut Seed) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..seed.below(8) {
        let suffix = if seed.chance(0.5) { "/go.mod" } else { "" };
        let hash = *seed.pick(&[
            "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=",
            "h2:else",
            "nothing",
        ]);
        let path = *seed.pick(PATHS);
        let version = *seed.pick(VERSIONS);
        let (one, two) = (*seed.pick(SPACES), *seed.pick(SPACES));
        let end = *seed.pick(&["\n", "\n", "\r\n", "\n\n", " \n", "\u{2028}\n"]);
        write!(text, "{path}{one}{version}{suffix}{two}{hash}{end}").unwrap();
    }
    finish(seed, text)
}

fn finish(seed: &mut Seed, text: String) -> Vec<u8> {
    let bytes = text.into_bytes();
    match seed.below(5) {
        0 | 1 => seed.mutate(&bytes),
        2 if seed.chance(0.1) => bytes
            .iter()
            .flat_map(|&b| if b == b'\n' { vec![b'\r', b] } else { vec![b] })
            .collect(),
        _ => bytes,
    }
}

fn comment_lines(seed: &mut Seed, text: &mut String, most: usize) {
    for _ in 0..seed.below(most + 1) {
        match seed.below(4) {
            0 => text.push('\n'),
            _ => writeln!(text, "{}", seed.pick(COMMENTS)).unwrap(),
        }
    }
}

fn suffix(seed: &mut Seed, text: &mut String) {
    if seed.chance(0.3) {
        let space = if seed.chance(0.9) { " " } else { "" };
        write!(text, "{space}{}", seed.pick(COMMENTS)).unwrap();
    }
    text.push('\n');
}

fn statement(seed: &mut Seed, text: &mut String, verb: &str) {
    let block_chance = if matches!(verb, "go" | "toolchain" | "module") {
        0.05
    } else {
        0.5
    };
    if !seed.chance(block_chance) {
        let arguments = arguments(seed, verb);
        write!(text, "{verb}{}{arguments}", seed.pick(SPACES)).unwrap();
        return suffix(seed, text);
    }
    let middle = if seed.chance(0.02) { " odd" } else { "" };
    write!(text, "{verb}{middle} (").unwrap();
    if seed.chance(0.05) {
        text.push(')');
        return suffix(seed, text);
    }
    suffix(seed, text);
    for _ in 0..seed.below(5) {
        if seed.chance(0.4) {
            comment_lines(seed, text, 2);
        }
        let indent = *seed.pick(&["\t", "\t", "", "    "]);
        let arguments = arguments(seed, verb);
        write!(text, "{indent}{arguments}").unwrap();
        suffix(seed, text);
    }
    if seed.chance(0.3) {
        comment_lines(seed, text, 2);
    }
    if seed.chance(0.98) {
        text.push(')');
    }
    suffix(seed, text);
}

/// Picks mostly from the first, well-behaved items.
fn mostly<'a>(seed: &mut Seed, items: &'a [&'a str], good: usize) -> &'a str {
    if seed.chance(0.93) {
        items[seed.below(good)]
    } else {
        items[seed.below(items.len())]
    }
}

fn arguments(seed: &mut Seed, verb: &str) -> String {
    let path = mostly(seed, PATHS, 6);
    let version = match path {
        _ if seed.chance(0.1) => mostly(seed, VERSIONS, VERSIONS.len()),
        "example.com/b/v2" | "gopkg.in/yaml.v2" => "v2.1.0-pre.1",
        "example.com/b/v3" => "v3.0.0+meta",
        "gopkg.in/x.v0" => "v0.1.0",
        _ => mostly(seed, VERSIONS, 5),
    };
    let space = *seed.pick(SPACES);
    let extra = if seed.chance(0.01) { " extra" } else { "" };
    let body = match verb {
        "module" | "tool" => path.to_owned(),
        "ignore" | "use" => mostly(seed, &["./a", "b", "./a", "\"c d\"", "`x`", "("], 4).to_owned(),
        "go" => mostly(seed, GO_VERSIONS, 8).to_owned(),
        "toolchain" => mostly(seed, TOOLCHAINS, 5).to_owned(),
        "godebug" => mostly(seed, GODEBUGS, 2).to_owned(),
        "retract" => return interval(seed) + extra,
        "replace" => return replacement(seed, path, version) + extra,
        _ => format!("{path}{space}{version}"),
    };
    if seed.chance(0.01) {
        String::new()
    } else {
        body + extra
    }
}

fn interval(seed: &mut Seed) -> String {
    let (low, high) = (mostly(seed, VERSIONS, 8), mostly(seed, VERSIONS, 8));
    match seed.below(20) {
        0..=9 => low.to_owned(),
        10..=16 => format!("[{low}, {high}]"),
        17 => format!("[ {low} ,{high} ]"),
        18 => format!("[{low}, {high}"),
        _ => (*seed.pick(&[
            "[",
            "(",
            "[]",
            "[v1.0.0]",
            "[v1.0.0,]",
            "{v1.0.0}",
            "[v1.0.0; v2]",
        ]))
        .to_owned(),
    }
}

fn replacement(seed: &mut Seed, path: &str, version: &str) -> String {
    let old = if seed.chance(0.5) {
        format!("{path} {version}")
    } else {
        path.to_owned()
    };
    let arrow = if seed.chance(0.97) {
        "=>"
    } else {
        *seed.pick(&["", "=", "->", "=> =>"])
    };
    let new = if seed.chance(0.5) {
        mostly(
            seed,
            &[
                "./local",
                "../up",
                "/rooted",
                "\"../with space\"",
                "C:\\w",
                "x",
                "..\\a",
                "a@v1",
            ],
            4,
        )
        .to_owned()
    } else {
        format!("{} {}", mostly(seed, PATHS, 6), mostly(seed, VERSIONS, 6))
    };
    format!("{old} {arrow} {new}")
}
