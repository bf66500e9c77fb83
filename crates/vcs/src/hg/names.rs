//! The names of a mirror: bookmarks, tags and branches, and the changesets that they name.

use std::collections::BTreeMap;

/// Names with the hash of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NameTable {
    bookmarks: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    branches: BTreeMap<String, String>,
    tip: Option<String>,
}

/// Digits of a whole hash.
const DIGITS: usize = 40;

/// From so many on, digits alone are the beginning of a hash. Fewer would be a number of this copy.
const LEAST_PLAIN_DIGITS: usize = 7;

// === impl NameTable ===

impl NameTable {
    /// Reads lists of names: a name, a tab and a hash a line.
    pub(super) fn parse(bookmarks: &str, tags: &str, branches: &str) -> Self {
        let mut tags = read(tags);
        // An empty repository has a tip that is nothing.
        let tip = tags
            .remove("tip")
            .filter(|hash| hash.contains(|digit| digit != '0'));
        Self {
            bookmarks: read(bookmarks),
            tags,
            branches: read(branches),
            tip,
        }
    }

    pub(super) fn tip(&self) -> Option<&str> {
        self.tip.as_deref()
    }

    /// Tags that begin with `prefix`.
    pub(super) fn tags(&self, prefix: &str) -> Vec<String> {
        let tags = self.tags.keys().filter(|tag| tag.starts_with(prefix));
        tags.cloned().collect()
    }

    pub(super) fn has_tag(&self, name: &str) -> bool {
        self.tags.contains_key(name)
    }

    /// The hash of a tag.
    pub(super) fn tagged(&self, tag: &str) -> Option<&str> {
        self.tags.get(tag).map(String::as_str)
    }

    /// Tags of this changeset.
    pub(super) fn tags_of(&self, hash: &str) -> Vec<String> {
        let of_changeset = self.tags.iter().filter(|(_, named)| *named == hash);
        of_changeset.map(|(tag, _)| tag.clone()).collect()
    }

    /// What a name means, in hg's own order.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        if name == "tip" {
            return self.tip();
        }
        let tables = [&self.bookmarks, &self.tags, &self.branches];
        let found = tables.iter().find_map(|table| table.get(name));
        found.map(String::as_str)
    }
}

fn read(listing: &str) -> BTreeMap<String, String> {
    let lines = listing.lines().filter_map(|line| line.rsplit_once('\t'));
    let named = lines.filter(|(_, hash)| hash.len() == DIGITS && is_hexadecimal(hash));
    named
        .map(|(name, hash)| (name.to_owned(), hash.to_owned()))
        .collect()
}

/// Whether a revision may be the beginning of a hash, and nothing else.
pub(super) fn is_hash_prefix(revision: &str) -> bool {
    let is_number = revision.bytes().all(|byte| byte.is_ascii_digit());
    let least = if is_number { LEAST_PLAIN_DIGITS } else { 1 };
    (least..=DIGITS).contains(&revision.len()) && is_hexadecimal(revision)
}

fn is_hexadecimal(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::{NameTable, is_hash_prefix};

    #[test]
    fn a_name_is_a_bookmark_before_a_tag_before_a_branch() {
        let (one, two, three) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
        let table = NameTable::parse(
            &format!("a\t{one}\nno bookmarks set\n"),
            &format!("tip\t{three}\na\t{two}\nb\t{two}\nv1.0.0\t{two}\n"),
            &format!("b\t{three}\ndefault\t{three}\nbad\txyz\n"),
        );
        let find = |name: &str| table.find(name).map(str::to_owned);
        assert_eq!(find("a"), Some(one));
        assert_eq!(find("b"), Some(two.clone()));
        assert_eq!(find("default"), Some(three.clone()));
        assert_eq!(find("tip"), Some(three));
        assert_eq!(find("bad"), None);
        assert_eq!(table.tags_of(&two), ["a", "b", "v1.0.0"]);
        assert!(!table.has_tag("tip"));
    }

    #[test]
    fn an_empty_repository_has_no_tip() {
        let table = NameTable::parse("", &format!("tip\t{}\n", "0".repeat(40)), "");
        assert_eq!(table.tip(), None);
    }

    #[test]
    fn expressions_and_numbers_of_a_copy_are_no_hashes() {
        for revision in ["abc", "123456789012", "0000000a"] {
            assert!(is_hash_prefix(revision), "{revision}");
        }
        for revision in [
            "",
            "12",
            "123456",
            "all()",
            "abc:def",
            "ABC",
            &"a".repeat(41),
        ] {
            assert!(!is_hash_prefix(revision), "{revision}");
        }
    }
}
