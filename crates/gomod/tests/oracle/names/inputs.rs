//! What is asked: built from the grammar, nearly valid by mutation, and hostile by hand.

use testkit::oracle::Seed;

#[rustfmt::skip]
const HOSTS: &[&str] = &[
    "example.com", "github.com", "gopkg.in", "golang.org", "a.b", "x-y.z", "1.2", "Example.com",
    "localhost", "gopkg.in.evil", "xn--e.com", "-a.b", "a..b", "a_b.c", "..", "a.b.", ".b",
];
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "pkg", "v2", "v1", "v0", "v02", "v1.2", "v10", "v", "vv2", "x.v1", "yaml.v3", "yaml.v0",
    "a.v1-unstable", "a.v-unstable", "a.v01-unstable", "-unstable", ".v1", "Repo", "a~1", "a~b",
    "a~1b", "~12", "a~1.go", "con", "CON.txt", "aux", "nul.", "com1", "COM10", "lpt9.x", "lpt0",
    ".git", "a.", "...", "a b", "a+b", "a@v1", "a!b", "a,b", "caf\u{e9}", "\u{1d400}",
    "\u{661}", "\u{345}", "a\u{301}", "\u{2160}", "go.mod", "a=b", "a'b", "a\\b", "a:b", "a*b",
    "{a}", "[a]", "(a)", "%20", "#", "$", "^", "`", "\u{17f}", "\u{212a}", "\0", "\n", "-", "_",
    "0",
];
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "0", "1", "2", "9", "10", "19", "99", "01", "00", "", "18446744073709551616",
    "99999999999999999999999", "x", "-1",
];
#[rustfmt::skip]
const PRERELEASES: &[&str] = &[
    "rc", "rc1", "RC", "1", "0", "01", "00", "10", "2", "alpha", "beta", "-", "--", "a-b", "",
    "0a", "20240229235959", "00010101000000", "pre", "x_y", "9999999999999999999999", "\u{e9}",
];
#[rustfmt::skip]
const BUILDS: &[&str] = &[
    "+incompatible", "+meta", "+1.2", "+", "+a..b", "+01", "+incompatible.x", "+a+b", "+a-b",
];
#[rustfmt::skip]
const REVISIONS: &[&str] = &[
    "abcdefabcdef", "000000000000", "ABC", "1", "20240229235959", "", "a.b", "a-b", "a_b",
];
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "20240229235959", "20230229000000", "00010101000000", "00000101000000", "20241301000000",
    "20240101240000", "20240101006000", "20240101000060", "99991231235959", "2024010100000",
    "202401010000000", "2024010100000x", "20240431000000", "00000000000000",
];
#[rustfmt::skip]
const HOSTILE: &[&[u8]] = &[
    b"", b"/", b"//", b"a.b//c", b"\xff\xfe", b"v", b"v1.", b"v1.2.", b"v1.2.3-", b"v1.2.3+",
    b"!", b"!!", b"!A", b"a!", b"A", b"../../etc", b"a.b/../c", b"a.b/\xc3\x28", b"v1.2.3\n",
    b" v1.2.3", b"gopkg.in/", b"gopkg.in", b"gopkg.in/.v1", b"gopkg.in/v1", b"/v2", b"v2",
    b"a.b/v2/", b".",
];

/// Half as the grammar makes them, near a third mutated, the rest hostile.
pub(super) fn some(
    seed: &mut Seed,
    count: usize,
    grammar: impl Fn(&mut Seed) -> String,
) -> Vec<Vec<u8>> {
    (0..count)
        .map(|_| {
            if seed.chance(0.02) {
                return seed.pick(HOSTILE).to_vec();
            }
            let valid = grammar(seed).into_bytes();
            if seed.chance(0.4) {
                seed.mutate(&valid)
            } else {
                valid
            }
        })
        .collect()
}

/// A module path.
pub(super) fn path(seed: &mut Seed) -> String {
    let mut path = if seed.chance(0.5) {
        "example.com"
    } else {
        one_of(seed, HOSTS)
    }
    .to_owned();
    for _ in 0..seed.below(4) {
        path.push('/');
        path.push_str(if seed.chance(0.3) {
            "a"
        } else {
            one_of(seed, ELEMENTS)
        });
    }
    path
}

/// A slash-separated file path.
pub(super) fn file(seed: &mut Seed) -> String {
    let mut elements = vec![];
    for _ in 0..=seed.below(3) {
        elements.push(if seed.chance(0.2) {
            let c = seed.below(0x30_000);
            char::from_u32(u32::try_from(c).unwrap_or(0))
                .unwrap_or('a')
                .to_string()
        } else {
            (*one_of(seed, ELEMENTS)).to_owned()
        });
    }
    elements.join("/")
}

/// A semantic version, pseudo-versions included.
pub(super) fn version(seed: &mut Seed) -> String {
    if seed.chance(0.3) {
        return pseudo(seed);
    }
    let mut version = "v".to_owned();
    let numbers = if seed.chance(0.8) {
        3
    } else {
        1 + seed.below(4)
    };
    for index in 0..numbers {
        if index > 0 {
            version.push('.');
        }
        version.push_str(number(seed));
    }
    if seed.chance(0.5) {
        version.push('-');
        let count = 1 + seed.below(3);
        let parts: Vec<&str> = (0..count).map(|_| prerelease(seed)).collect();
        version.push_str(&parts.join("."));
    }
    if seed.chance(0.3) {
        version.push_str(one_of(seed, BUILDS));
    }
    version
}

/// A pseudo-version of any form, sometimes with an impossible part.
pub(super) fn pseudo(seed: &mut Seed) -> String {
    let (major, minor, patch) = (number(seed), number(seed), number(seed));
    if seed.chance(0.05) {
        return format!("v{major}.0.0-00010101000000-000000000000");
    }
    let head = match seed.below(4) {
        0 => format!("v{major}.0.0-"),
        1 => format!("v{major}.{minor}.{patch}-0."),
        2 => format!("v{major}.{minor}.{patch}-{}.0.", prerelease(seed)),
        _ => format!("v{major}.{minor}.{patch}-{}.", prerelease(seed)),
    };
    let time = if seed.chance(0.5) {
        TIMES[0]
    } else {
        one_of(seed, TIMES)
    };
    let revision = if seed.chance(0.7) {
        REVISIONS[0]
    } else {
        one_of(seed, REVISIONS)
    };
    let build = if seed.chance(0.2) {
        one_of(seed, BUILDS)
    } else {
        ""
    };
    format!("{head}{time}-{revision}{build}")
}

/// The escaped form of something, by Go's rules when `text` is valid.
pub(super) fn escaped(seed: &mut Seed, text: &str) -> String {
    if seed.chance(0.1) {
        return text.to_owned();
    }
    let escape = |c: char| {
        if c.is_ascii_uppercase() {
            format!("!{}", c.to_ascii_lowercase())
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect()
}

pub(super) fn revision(seed: &mut Seed) -> &'static str {
    one_of(seed, REVISIONS)
}

pub(super) fn number(seed: &mut Seed) -> &'static str {
    if seed.chance(0.7) {
        NUMBERS[seed.below(7)]
    } else {
        one_of(seed, NUMBERS)
    }
}

fn prerelease(seed: &mut Seed) -> &'static str {
    if seed.chance(0.5) {
        PRERELEASES[seed.below(5)]
    } else {
        one_of(seed, PRERELEASES)
    }
}

fn one_of(seed: &mut Seed, texts: &[&'static str]) -> &'static str {
    seed.pick::<&str>(texts)
}
