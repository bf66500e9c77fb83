//! URLs of proxies against `net/url`, GOPROXY lists against `go` itself.

use super::{INPUTS, argument, inputs, single};
use gomod::goproxy::{ProxyScheme, ProxyUrl};
use testkit::oracle::{self, Answer, Oracle, Seed};

#[rustfmt::skip]
const PARTS: [&[&str]; 6] = [
    &["https:", "http:", "file:", "HTTPS:", "File:", "ftp:", "", ":", "h+t-t.p:", "1http:"],
    &["//", "//", "//", "/", "", "///"],
    &["", "", "user@", "user:pass@", "us%65r:p%40@", "u s@", "u@v@", "u/x@", "u%zz@", "\u{e9}@", ":@", "[@"],
    &[
        "example.com", "example.com", "localhost:80", "a:b", "a:80:90", "", ":80", "[::1]", "[::1]:80",
        "[::1", "[1.2.3.4]", "[::ffff:1.2.3.4]", "[fe80::1%25en0]", "[fe80::1%25]", "[fe80::1%en0]",
        "[fe80::1%25a%20b]", "[fe80::1%25a%2fb]", "[fe80::1%25\u{e9}]", "[fe80::1%25%25]", "a]b", "a[b",
        "a b", "a%20b", "a%25b", "a%c3%a9", "\u{e9}.com", "a\"b", "a<b>", "a^b", "a|b", "a\\b", "[]",
        "[::1]x", "[::1]:x", "a:", "127.0.0.1:3000", "[::1%2525]", "[00001::]",
    ],
    &["", "/", "/go", "/a%20b", "/a%2", "/%zz", "/a b", "/\u{e9}", "/%+1", "/[x]", "//x", "/\u{7f}"],
    &["", "", "", "?", "?q=1", "?%zz", "#", "#f", "#%zz", "#\u{1}", "?a#b", "?\u{1}"],
];

fn url(seed: &mut Seed) -> String {
    // Plain in most parts, so that one odd part decides.
    PARTS
        .iter()
        .map(|part| {
            if seed.chance(0.6) {
                part[0]
            } else {
                *seed.pick(part)
            }
        })
        .collect()
}

#[test]
fn urls_are_accepted_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(601);
    let urls = single(inputs::some(&mut seed, 2 * INPUTS, url));
    let (urls, hidden): (Vec<_>, Vec<_>) = urls.into_iter().partition(|input| {
        let hash = input[0]
            .iter()
            .position(|&byte| byte == b'#')
            .unwrap_or(input[0].len());
        argument(input, 0).is_ok() && !input[0][hash..].iter().any(u8::is_ascii_control)
    });
    println!(
        "{} left out: no text, or a control character behind #",
        hidden.len()
    );
    assert!(urls.len() > INPUTS);
    let answers = oracle.ask("url.parse", &urls);
    let expected: Vec<Answer> = answers.into_iter().map(usable).collect();
    oracle::compare("url.parse", &urls, &expected, ours);
}

/// A URL that a proxy can have: of a known scheme, and a path only if it is a file's.
fn usable(answer: Answer) -> Answer {
    let values = answer?;
    // A host may decode to what is no text.
    let texts: Vec<_> = values
        .iter()
        .map(|value| String::from_utf8_lossy(value))
        .collect();
    let [scheme, host, only_path, user] = &texts[..] else {
        return Err("odd answer".to_owned());
    };
    // `go` notices a missing host when it connects.
    let remote = matches!(&**scheme, "http" | "https") && !host.is_empty();
    if remote || (scheme == "file" && only_path == "true") {
        Ok(vec![scheme.as_bytes().to_vec(), user.as_bytes().to_vec()])
    } else {
        Err("of no use for a proxy".to_owned())
    }
}

fn ours(input: &[Vec<u8>]) -> Answer {
    let url = ProxyUrl::parse(argument(input, 0)?).map_err(|error| error.to_string())?;
    let scheme = match url.scheme() {
        ProxyScheme::Http => "http",
        ProxyScheme::Https => "https",
        ProxyScheme::File => "file",
    };
    Ok(vec![
        scheme.into(),
        url.has_credentials().to_string().into_bytes(),
    ])
}
