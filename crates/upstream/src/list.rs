//! Stand-in of the list grammar.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic
)]
pub struct ProxyList(Vec<(Entry, Fallback)>);
pub enum Entry {
    Proxy(ProxyUrl),
    Direct,
    Off,
}
#[derive(PartialEq)]
pub enum Fallback {
    OnNotFound,
    OnAnyError,
}
pub struct ProxyUrl(String);
impl ProxyUrl {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("url")
    }
}
impl ProxyList {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (item, sep, tail) = match rest.find([',', '|']) {
                Some(i) => (&rest[..i], &rest[i..=i], &rest[i + 1..]),
                None => (rest, "", ""),
            };
            let fallback = if sep == "|" {
                Fallback::OnAnyError
            } else {
                Fallback::OnNotFound
            };
            list.push((
                match item {
                    "direct" => Entry::Direct,
                    "off" => Entry::Off,
                    url => Entry::Proxy(ProxyUrl(url.to_owned())),
                },
                fallback,
            ));
            rest = tail;
        }
        Ok(Self(list))
    }
    pub fn entries(&self) -> &[(Entry, Fallback)] {
        &self.0
    }
}
