//! Who is reached without a proxy, held against Go's own answer.

use super::{is_this_host, no_proxy::NoProxy};
use testkit::oracle::Oracle;
use url::Url;

const LISTS: [&str; 26] = [
    "",
    "*",
    " , ,",
    "example.com",
    ".example.com",
    "*.example.com",
    "*example.com",
    "EXAMPLE.com , other.example",
    "example.com:443",
    "*.example.com:8443",
    ".example.com:80",
    "example.com:",
    ":80",
    "host",
    "a:b:c",
    "10.1.2.3",
    "10.1.2.3:8080",
    "10.0.0.0/8,::/0",
    "10.1.2.3/16",
    "10.1.2.3/33",
    "2001:db8::1",
    "[2001:db8::1]:443",
    "[2001:db8::1]",
    "2001:db8::/32",
    "b\u{fc}cher.example",
    "::ffff:10.1.2.3,example.com/x,*.",
];

const URLS: [&str; 18] = [
    "http://example.com/x",
    "https://example.com",
    "https://example.com:8443",
    "https://a.example.com",
    "https://a.b.example.com:8443",
    "http://notexample.com",
    "https://other.example",
    "https://host",
    "https://a.host:80",
    "http://10.1.2.3",
    "http://10.1.2.3:8080",
    "https://10.9.9.9",
    "http://192.0.2.1",
    "https://[2001:db8::1]",
    "https://[2001:db8::1]:8443",
    "https://xn--bcher-kva.example",
    "https://localhost",
    "http://127.0.0.1:1",
];

#[test]
fn no_proxy_is_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let inputs: Vec<Vec<Vec<u8>>> = LISTS
        .iter()
        .map(|list| {
            [list]
                .into_iter()
                .chain(&URLS)
                .map(|text| text.as_bytes().to_vec())
                .collect()
        })
        .collect();
    oracle.compare("proxy.bypass", &inputs, |input| {
        let [list, urls @ ..] = input else {
            return Err("no list".into());
        };
        let list = NoProxy::parse(&String::from_utf8_lossy(list));
        let is_past = |url: &Vec<u8>| {
            let url = Url::parse(&String::from_utf8_lossy(url)).unwrap();
            (is_this_host(&url) || list.names(&url))
                .to_string()
                .into_bytes()
        };
        Ok(urls.iter().map(is_past).collect())
    });
}

#[test]
fn only_this_host_bypasses_the_proxy_of_the_system() {
    for (url, expected) in [
        ("http://localhost:3000", true),
        ("http://127.9.9.9", true),
        ("http://[::1]:80", true),
        ("http://a.localhost", true),
        ("http://localhost.example", false),
        ("http://10.0.0.1", false),
    ] {
        assert_eq!(is_this_host(&Url::parse(url).unwrap()), expected, "{url}");
    }
}
