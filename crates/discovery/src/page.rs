//! Page: what `go` would read in a page that was asked for with `?go-get=1`.
//!
//! Only what stands in the head counts, and only `meta` elements with a name that is known. A tag
//! that says less or more than it should is passed over, as if it were not there. The tokenizer is
//! that of the HTML standard, so a tag in a comment or in a script is none; a page is bounded before
//! it gets here.

use gomod::path::{check_file_path, check_import_path};
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, StartTag, Token, Tokenizer};
use serde::Serialize;
use url::Url;

/// What stood in a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DiscoveryPage {
    /// Its `go-import` tags.
    pub imports: Vec<GoImportTag>,
    /// The homes in its `go-source` tags, each with the prefix that it is of.
    pub homes: Vec<(String, String)>,
}

/// A `go-import` tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoImportTag {
    /// The beginning of module paths that it is about.
    pub prefix: String,
    /// The version control system, or `mod` for a proxy.
    pub vcs: String,
    /// Where the repository is.
    pub root: String,
    /// The directory in it that the prefix stands for; empty for its root.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subdirectory: String,
}

/// Tags that are kept; a page has one or two, and one of a large host some dozens.
const MOST_TAGS: usize = 64;

/// Longest content of a tag.
const LONGEST_TAG: usize = 2048;

/// What `go` can fetch from.
const SYSTEMS: [&str; 6] = ["git", "hg", "svn", "bzr", "fossil", "mod"];

// === impl DiscoveryPage ===

impl DiscoveryPage {
    /// Reads a page; of what is no page, nothing.
    pub fn read(bytes: &[u8]) -> Self {
        let mut page = Self::default();
        let mut emitter = DefaultEmitter::default();
        // So that what looks like a tag in a script or a title is none.
        emitter.naively_switch_states(true);
        for Ok(token) in Tokenizer::new_with_emitter(bytes, emitter) {
            match token {
                Token::StartTag(tag) if *tag.name == b"body" => break,
                Token::EndTag(tag) if *tag.name == b"head" => break,
                Token::StartTag(tag) if *tag.name == b"meta" => page.add(&tag),
                _ => {}
            }
            if page.imports.len() + page.homes.len() >= MOST_TAGS {
                break;
            }
        }
        page
    }

    fn add(&mut self, tag: &StartTag<()>) {
        match (attribute(tag, b"name"), attribute(tag, b"content")) {
            (Some("go-import"), Some(content)) => self.imports.extend(GoImportTag::read(content)),
            (Some("go-source"), Some(content)) => self.homes.extend(home(content)),
            _ => {}
        }
    }
}

// === impl GoImportTag ===

impl GoImportTag {
    /// Three words; a fourth, the directory in the repository, may follow.
    fn read(content: &str) -> Option<Self> {
        let words: Vec<&str> = content.split_whitespace().take(5).collect();
        let ([prefix, vcs, root, ..], 3 | 4) = (words.as_slice(), words.len()) else {
            return None;
        };
        let subdirectory = words.get(3).copied().unwrap_or_default();
        let is_sound = check_import_path(prefix).is_ok()
            && SYSTEMS.contains(vcs)
            && Url::parse(root).is_ok_and(|root| root.has_host())
            && (subdirectory.is_empty() || check_file_path(subdirectory).is_ok());
        is_sound.then(|| Self {
            prefix: (*prefix).to_owned(),
            vcs: (*vcs).to_owned(),
            root: (*root).to_owned(),
            subdirectory: subdirectory.to_owned(),
        })
    }
}

/// Prefix and home of a `go-source` tag; a home of `_` is none.
fn home(content: &str) -> Option<(String, String)> {
    let words: Vec<&str> = content.split_whitespace().take(5).collect();
    let [prefix, home, _, _] = *words else {
        return None;
    };
    let is_sound = check_import_path(prefix).is_ok() && home.starts_with("https://");
    is_sound.then(|| (prefix.to_owned(), home.to_owned()))
}

fn attribute<'t>(tag: &'t StartTag<()>, name: &[u8]) -> Option<&'t str> {
    let value = tag.attributes.get(&HtmlString(name.to_vec()))?;
    let value = std::str::from_utf8(value).ok()?;
    (value.len() <= LONGEST_TAG).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{DiscoveryPage, MOST_TAGS};
    use proptest::prelude::*;

    const TAG: &str =
        r#"<meta name="go-import" content="example.com/a git https://code.example.com/a">"#;

    fn prefixes(page: &str) -> Vec<String> {
        let imports = DiscoveryPage::read(page.as_bytes()).imports;
        imports.into_iter().map(|import| import.prefix).collect()
    }

    #[test]
    fn tags_in_the_head_are_read_however_they_are_written() {
        for page in [
            TAG.to_owned(),
            format!("<!DOCTYPE html><html><head>{TAG}</head><body>"),
            TAG.replace('"', "'"),
            TAG.replace("meta name", "META\n\tNAME"),
            TAG.replace('>', "/>"),
            TAG.replace("code.example.com/a", "code.example.com/a sub/directory"),
            format!("<p><<<b>{TAG}"),
        ] {
            assert_eq!(prefixes(&page), ["example.com/a"], "{page}");
        }
    }

    #[test]
    fn what_is_no_tag_of_the_head_does_not_count() {
        for page in [
            format!("<!-- {TAG} -->"),
            format!("<script>{TAG}</script>"),
            format!("<title>{TAG}</title>"),
            format!("<head></head>{TAG}"),
            format!("<body>{TAG}"),
            TAG.replace("go-import", "go-imports"),
            TAG.replace(" git", ""),
            TAG.replace("git", "cvs"),
            TAG.replace("https://code.example.com/a", "nowhere"),
            TAG.replace("example.com/a git", "../a git"),
            TAG.replace(
                "example.com/a git",
                &format!("example.com/{} git", "a".repeat(5000)),
            ),
            TAG.replace("code.example.com/a", "code.example.com/a b c d"),
            TAG[..TAG.len() - 2].to_owned(),
        ] {
            assert!(prefixes(&page).is_empty(), "{page}");
        }
    }

    #[test]
    fn a_home_is_read_from_go_source() {
        let page =
            r#"<meta name="go-source" content="example.com/a https://code.example.com/a d f">"#;
        let homes = DiscoveryPage::read(page.as_bytes()).homes;
        let expected = (
            "example.com/a".to_owned(),
            "https://code.example.com/a".to_owned(),
        );
        assert_eq!(homes, [expected]);
        assert!(
            DiscoveryPage::read(page.replace("https://code.example.com/a", "_").as_bytes())
                .homes
                .is_empty()
        );
    }

    #[test]
    fn of_endless_pages_little_is_kept() {
        assert_eq!(prefixes(&TAG.repeat(10_000)).len(), MOST_TAGS);
        assert!(prefixes(&"<div>".repeat(200_000)).is_empty());
        assert!(prefixes(&format!("<meta {}", "a=b ".repeat(100_000))).is_empty());
    }

    proptest! {
        #[test]
        fn no_page_is_too_broken(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = DiscoveryPage::read(&bytes);
        }

        #[test]
        fn broken_tags_yield_only_sound_ones(at in 0..TAG.len(), with in any::<char>()) {
            let mut page = TAG.to_owned();
            page.insert(at, with);
            for import in DiscoveryPage::read(page.as_bytes()).imports {
                prop_assert!(gomod::path::check_import_path(&import.prefix).is_ok());
            }
        }
    }
}
