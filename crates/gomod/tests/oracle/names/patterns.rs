//! Lists of globs for module path prefixes.

use super::{INPUTS, argument, inputs};
use gomod::pattern::ModulePatterns;
use testkit::oracle::{Oracle, Seed};

/// Pieces of globs, each with a text that it matches or nearly matches.
#[rustfmt::skip]
const PARTS: &[(&str, &str)] = &[
    ("*", ""), ("*", "ab"), ("*", "\u{e9}"), ("**", "a"), ("?", "a"), ("?", "\u{e9}"), ("?", "/"),
    ("[a-c]", "b"), ("[^a]", "b"), ("[^x]", "/"), ("[^x]", "\u{fffd}"), ("[a*]", "*"), ("[/]", "/"),
    ("[\u{e9}-\u{fd}]", "\u{ea}"), ("[z-a]", "b"), ("[\\]]", "]"), ("[\\-x]", "-"), ("\\*", "*"),
    ("[a-\\c]", "c"), ("[a-bx-z]", "y"), ("\\\u{e9}", "\u{e9}"), ("a", "a"), ("b", "b"), ("c", "b"),
    ("example.com", "example.com"), ("/", "/"), ("/", "/"), (".", "."), ("-", "-"), ("]", "]"),
    ("\u{e9}", "\u{e9}"), ("^", "^"),
];
/// Pieces that spoil the glob they are in.
const BROKEN: &[&str] = &[
    "[a-]", "[]a]", "[", "[]", "[^]", "[a\\", "\\", "[\\", "[-a]",
];

/// A list of globs and a path that one of them matches, if it is well-formed and its stars take
/// what they should.
fn question(seed: &mut Seed) -> (String, String) {
    let (mut globs, mut target) = (Vec::new(), String::new());
    for _ in 0..=seed.below(3) {
        let parts: Vec<_> = (0..=seed.below(6)).map(|_| *seed.pick(PARTS)).collect();
        let mut glob: String = parts.iter().map(|(part, _)| *part).collect();
        if seed.chance(0.1) {
            glob.push_str(seed.pick::<&str>(BROKEN));
        }
        globs.push(glob);
        target = parts.iter().map(|(_, text)| *text).collect();
    }
    match seed.below(6) {
        0 => target = inputs::path(seed),
        1 => target.push_str("/more"),
        2 => drop(target.pop()),
        _ => {}
    }
    (globs.join(","), target)
}

#[test]
fn prefixes_match_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(201);
    let mut questions = Vec::new();
    while questions.len() < 3 * INPUTS {
        let (globs, target) = question(&mut seed);
        let globs = if seed.chance(0.3) {
            seed.mutate(globs.as_bytes())
        } else {
            globs.into()
        };
        // A list and a path are text here; Go takes any bytes.
        if std::str::from_utf8(&globs).is_ok() {
            questions.push(vec![globs, target.into_bytes()]);
        }
    }
    let matched = questions
        .iter()
        .filter(|input| matches(input) == Ok(true))
        .count();
    println!("{matched} of {} match", questions.len());
    assert!(
        matched > INPUTS / 4,
        "the inputs are to match often enough: {matched}"
    );
    oracle.compare("pattern.match", &questions, |input| {
        Ok(vec![matches(input)?.to_string().into_bytes()])
    });
}

fn matches(input: &[Vec<u8>]) -> Result<bool, String> {
    Ok(ModulePatterns::parse(argument(input, 0)?).matches(argument(input, 1)?))
}
