//! Values as they may be shown: whatever in a URL could be a secret is blotted out.
//!
//! Path, query, user and password each may be one. What cannot be told apart from a secret is blotted
//! out as well: a value that is shown need not be one that could be set.

use super::kind::OptionKind;
use gomod::goproxy::ProxyList;
use std::{borrow::Cow, fmt::Write as _};
use upstream::SourceUrl;

/// What stands in place of a secret.
const REDACTED: &str = "redacted";

/// The value as people may see it.
pub(crate) fn shown<'v>(kind: &OptionKind, value: &'v str) -> Cow<'v, str> {
    match kind {
        OptionKind::Sources => match ProxyList::parse(value) {
            Ok(list) => list.to_string().into(),
            Err(_) => REDACTED.into(),
        },
        OptionKind::Urls | OptionKind::UrlList => words(value).into(),
        _ => value.into(),
    }
}

/// Words with separators between them, some of them URLs.
fn words(value: &str) -> String {
    let mut text = String::new();
    for word in value.split_inclusive([' ', ',']) {
        let bare = word.trim_end_matches([' ', ',']);
        let separator = word.get(bare.len()..).unwrap_or_default();
        let _ = write!(text, "{}{separator}", one_word(bare));
    }
    text
}

fn one_word(word: &str) -> Cow<'_, str> {
    if !word.contains([':', '@', '?', '#']) {
        return word.into();
    }
    let Ok(url) = SourceUrl::parse(word) else {
        return REDACTED.into();
    };
    let whole = url.reveal().as_str().trim_end_matches('/');
    let origin = url.to_string();
    if whole == origin {
        word.into()
    } else {
        format!("{origin}/{REDACTED}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::{kind::OptionKind, option::OPTIONS};

    #[test]
    fn only_origins_are_shown_of_urls() {
        for (kind, value, expected) in [
            (
                OptionKind::Sources,
                "https://user:secret@a.example/secret,b.example/secret|direct",
                "https://redacted@a.example/redacted,https://b.example/redacted|direct",
            ),
            (
                OptionKind::Sources,
                "https://user:se|cret@a.example",
                "redacted",
            ),
            (
                OptionKind::Sources,
                "file:///srv/modules",
                "file:///srv/modules",
            ),
            (
                OptionKind::Urls,
                "sum.a.example/2026+0+k= https://secret:secret@b.example:8443/secret?secret#secret",
                "sum.a.example/2026+0+k= https://b.example:8443/redacted",
            ),
            (
                OptionKind::Urls,
                "w+1+k https://a.example, v+2+k https://b.example/secret",
                "w+1+k https://a.example, v+2+k https://b.example/redacted",
            ),
            (OptionKind::Urls, "https://a.example/", "https://a.example/"),
            (OptionKind::Urls, "user:secret@a.example", "redacted"),
            (
                OptionKind::Urls,
                "w https://user:sec,ret@a.example",
                "w redacted,redacted",
            ),
            (OptionKind::Urls, "off", "off"),
        ] {
            assert_eq!(shown(&kind, value), expected, "{value}");
        }
    }

    /// Whoever adds an option that takes URLs has to say so.
    #[test]
    fn every_option_with_a_url_is_masked() {
        for option in OPTIONS
            .iter()
            .filter(|option| option.example.contains("://"))
        {
            assert!(
                matches!(
                    option.kind,
                    OptionKind::Sources
                        | OptionKind::Urls
                        | OptionKind::UrlList
                        | OptionKind::PublicUrl
                        // Refused if it has more than names of a bucket and of a prefix.
                        | OptionKind::Bucket
                ),
                "{}",
                option.key
            );
        }
    }
}
