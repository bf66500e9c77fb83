//! The names that a server has: tags, branches, and the commits that they name.

use std::collections::BTreeMap;

/// Refs by name, each with the commit that it names in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RefTable(BTreeMap<String, String>);

/// What a revision names among refs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedRef {
    pub(super) name: String,
    pub(super) hash: String,
}

/// Fewer digits of a hash are no name of a commit, as for `go`.
const LEAST_DIGITS: usize = 7;

// === impl RefTable ===

impl RefTable {
    /// Reads what `git ls-remote` prints: a hash, a tab and a name a line. A tag with a text of its own has a
    /// second line, for the commit.
    pub(super) fn parse(listing: &str) -> Self {
        let mut refs = BTreeMap::new();
        for line in listing.lines() {
            let Some((hash, name)) = line.split_once('\t') else {
                continue;
            };
            let is_hash =
                matches!(hash.len(), 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_ours =
                name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
            if !is_hash || !is_ours {
                continue;
            }
            match name.strip_suffix("^{}") {
                Some(tag) => drop(refs.insert(tag.to_owned(), hash.to_owned())),
                // The second line may come first.
                None => drop(
                    refs.entry(name.to_owned())
                        .or_insert_with(|| hash.to_owned()),
                ),
            }
        }
        Self(refs)
    }

    /// Names of tags that begin with `prefix`.
    pub(super) fn tags(&self, prefix: &str) -> Vec<String> {
        let tags = self
            .0
            .keys()
            .filter_map(|name| name.strip_prefix("refs/tags/"));
        let tags = tags.filter(|tag| tag.starts_with(prefix));
        tags.map(str::to_owned).collect()
    }

    /// Names of tags of this commit.
    pub(super) fn tags_of(&self, hash: &str) -> Vec<String> {
        let of_commit = self.0.iter().filter(|(_, named)| *named == hash);
        let tags = of_commit.filter_map(|(name, _)| name.strip_prefix("refs/tags/"));
        tags.map(str::to_owned).collect()
    }

    /// A tag, a branch, `HEAD`, or the beginning of the hash of one.
    pub(super) fn find(&self, revision: &str) -> Option<NamedRef> {
        let names = [
            format!("refs/tags/{revision}"),
            format!("refs/heads/{revision}"),
        ];
        let mut names = names
            .into_iter()
            .chain((revision == "HEAD").then(|| "HEAD".to_owned()));
        if let Some(found) = names.find_map(|name| self.named(name)) {
            return Some(found);
        }
        if !is_hash_prefix(revision) {
            return None;
        }
        let mut of_prefix = self.0.iter().filter(|(_, hash)| hash.starts_with(revision));
        let (name, hash) = of_prefix.next()?;
        // The beginning of two is the name of none.
        of_prefix.all(|(_, other)| other == hash).then(|| NamedRef {
            name: name.clone(),
            hash: hash.clone(),
        })
    }

    fn named(&self, name: String) -> Option<NamedRef> {
        let hash = self.0.get(&name)?.clone();
        Some(NamedRef { name, hash })
    }
}

/// Whether a revision may be the beginning of a hash.
pub(super) fn is_hash_prefix(revision: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (LEAST_DIGITS..=64).contains(&revision.len()) && revision.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::{NamedRef, RefTable};

    fn table() -> RefTable {
        let one = "1".repeat(40);
        let (tag, commit) = ("a".repeat(40), format!("1234567{}", "0".repeat(33)));
        let other = format!("1234568{}", "0".repeat(33));
        RefTable::parse(&format!(
            "{one}\tHEAD\n{one}\trefs/heads/main\n{tag}\trefs/tags/v1.0.0\n{commit}\trefs/tags/v1.0.0^{{}}\n\
             {other}\trefs/tags/sub/v1.0.0\n{one}\trefs/pull/1/head\nno line\nxyz\trefs/heads/bad\n"
        ))
    }

    #[test]
    fn a_tag_names_the_commit_and_not_its_text() {
        let found = table().find("v1.0.0").unwrap();
        assert_eq!(found.hash, format!("1234567{}", "0".repeat(33)));
        assert_eq!(table().tags_of(&found.hash), ["v1.0.0"]);
    }

    #[test]
    fn tags_go_before_branches_and_both_before_hashes() {
        let name = |revision| table().find(revision).map(|NamedRef { name, .. }| name);
        assert_eq!(name("main").as_deref(), Some("refs/heads/main"));
        assert_eq!(name("HEAD").as_deref(), Some("HEAD"));
        assert_eq!(name("1111111").as_deref(), Some("HEAD"));
        assert_eq!(name("12345680").as_deref(), Some("refs/tags/sub/v1.0.0"));
        assert_eq!(name("111111"), None);
        assert_eq!(name("refs/pull/1/head"), None);
        assert_eq!(name("bad"), None);
    }

    #[test]
    fn the_beginning_of_two_hashes_is_the_name_of_none() {
        let (one, other) = (
            "1234567".to_owned() + &"0".repeat(33),
            "1234567".to_owned() + &"1".repeat(33),
        );
        let table = RefTable::parse(&format!("{one}\trefs/heads/a\n{other}\trefs/heads/b\n"));
        assert_eq!(table.find("1234567"), None);
        assert!(table.find("12345670").is_some());
    }
}
