//! Which of a page's tags is about a path.

use crate::page::GoImportTag;

/// The tag that is about a path.
pub type ImportMatch<'a> = &'a GoImportTag;

/// Why none is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportMatchError {
    /// The page has no tags at all.
    #[error("no go-import meta tags")]
    NoTags,
    /// It has some, of other paths.
    #[error("meta tag {first} did not match import path {path}")]
    NoMatch {
        /// The prefix of the first.
        first: String,
        /// The path.
        path: String,
    },
    /// Two tags are about it, and nobody says which one counts.
    #[error("multiple meta tags match import path {0:?}")]
    Several(String),
}

/// Finds the tag whose prefix is the path or one of its parents. A proxy (`mod`) goes before the other tags of the
/// same prefix.
///
/// # Errors
/// None is, or several are.
pub fn match_import<'a>(
    tags: &'a [GoImportTag],
    path: &str,
) -> Result<ImportMatch<'a>, ImportMatchError> {
    let has_proxy = |prefix: &str| {
        let mut proxies = tags.iter().filter(|tag| tag.vcs == "mod");
        proxies.any(|tag| tag.prefix == prefix)
    };
    let counts = |tag: &&GoImportTag| tag.vcs == "mod" || !has_proxy(&tag.prefix);
    let mut matching = tags
        .iter()
        .filter(counts)
        .filter(|tag| is_below(path, &tag.prefix));
    let Some(found) = matching.next() else {
        return Err(match tags.first() {
            None => ImportMatchError::NoTags,
            Some(first) => ImportMatchError::NoMatch {
                first: first.prefix.clone(),
                path: path.to_owned(),
            },
        });
    };
    if matching.next().is_some() {
        return Err(ImportMatchError::Several(path.to_owned()));
    }
    Ok(found)
}

/// Whether a path is this one or below it.
fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{ImportMatchError, match_import};
    use crate::page::GoImportTag;

    fn tag(prefix: &str, vcs: &str) -> GoImportTag {
        GoImportTag {
            prefix: prefix.to_owned(),
            vcs: vcs.to_owned(),
            root: format!("https://{vcs}.example.com"),
            subdirectory: String::new(),
        }
    }

    #[test]
    fn the_tag_of_a_parent_counts_and_a_proxy_before_others() {
        let tags = [
            tag("example.com/a", "git"),
            tag("example.com/a", "mod"),
            tag("example.com/ab", "git"),
        ];
        let found = match_import(&tags, "example.com/a/b").unwrap();
        assert_eq!(found.vcs, "mod");
        assert_eq!(match_import(&tags, "example.com/ab").unwrap().vcs, "git");
    }

    #[test]
    fn none_and_several_are_told_apart() {
        let tags = [tag("example.com/a", "git"), tag("example.com/a/b", "git")];
        assert_eq!(
            match_import(&[], "example.com/a"),
            Err(ImportMatchError::NoTags)
        );
        assert!(matches!(
            match_import(&tags, "example.com/c"),
            Err(ImportMatchError::NoMatch { .. })
        ));
        assert!(matches!(
            match_import(&tags, "example.com/a/b/c"),
            Err(ImportMatchError::Several(_))
        ));
    }
}
