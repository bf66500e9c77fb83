//! Patterns that match no module path, and what was meant by them.

/// An entry of a list of patterns as it was meant: without scheme, user, port, spaces and `.git`.
/// `None` if nothing is left.
fn mended(entry: &str) -> Option<String> {
    let bare = entry.trim().trim_matches(['"', '\'']);
    let without_scheme = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    let (authority, path) = match without_scheme.find(['/', '?', '#']) {
        Some(at) => without_scheme.split_at(at),
        None => (without_scheme, ""),
    };
    let place = authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place);
    let (host, behind) = place.split_once(':').unwrap_or((place, ""));
    // `git@host:group` names a path behind the colon, `host:8443` a port.
    let is_port = behind.bytes().all(|byte| byte.is_ascii_digit());
    let group = if is_port { "" } else { behind };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.replace('\\', "/");
    let whole = match group {
        "" => format!("{host}{path}"),
        group => format!("{host}/{group}{path}"),
    };
    let whole = whole.trim_end_matches('/');
    let whole = whole.strip_suffix(".git").unwrap_or(whole);
    (!whole.is_empty()).then(|| whole.to_owned())
}

/// Whether no module path can match, whatever the glob means: these stand in no path.
fn is_dead(entry: &str) -> bool {
    let is_foreign =
        |letter: char| letter.is_whitespace() || "@:;|\"'\u{ff0c}\u{3001}".contains(letter);
    entry.contains("://") || entry.contains(is_foreign)
}

/// The list as it was meant, if an entry of it can match nothing.
pub(crate) fn intended_pattern(list: &str) -> Option<String> {
    if !list.split(',').any(is_dead) {
        return None;
    }
    let is_separator =
        |letter: char| letter.is_whitespace() || ",;|\u{ff0c}\u{3001}".contains(letter);
    let mut entries: Vec<String> = Vec::new();
    for entry in list.split(is_separator).filter_map(mended) {
        if !is_dead(&entry) && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    Some(entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::intended_pattern;
    use gomod::pattern::ModulePatterns;
    use proptest::prelude::*;

    #[test]
    fn what_matches_nothing_is_written_as_it_was_meant() {
        for (list, expected) in [
            ("https://git.example.com", "git.example.com"),
            ("https://git.example.com/", "git.example.com"),
            ("http://git.example.com:8443/team", "git.example.com/team"),
            (
                "https://me:secret@git.example.com/team/app.git",
                "git.example.com/team/app",
            ),
            (
                "git@git.example.com:team/app.git",
                "git.example.com/team/app",
            ),
            (
                "ssh://git@git.example.com:2222/team",
                "git.example.com/team",
            ),
            ("git.example.com:8443", "git.example.com"),
            (
                "a.example.com, b.example.com",
                "a.example.com,b.example.com",
            ),
            ("a.example.com;b.example.com", "a.example.com,b.example.com"),
            ("a.example.com|b.example.com", "a.example.com,b.example.com"),
            (
                "a.example.com\u{ff0c}b.example.com",
                "a.example.com,b.example.com",
            ),
            ("\"a.example.com\"", "a.example.com"),
            (
                "https://*.example.com,c.example.com",
                "*.example.com,c.example.com",
            ),
        ] {
            assert_eq!(intended_pattern(list).as_deref(), Some(expected), "{list}");
            assert!(
                !ModulePatterns::parse(list).matches("git.example.com/team/app/x"),
                "{list}"
            );
        }
    }

    #[test]
    fn what_go_reads_is_left_alone() {
        for list in [
            "",
            "git.example.com",
            "*.example.com,example.org/team-?/",
            "*",
            "github.com/me/[ab]*",
        ] {
            assert_eq!(intended_pattern(list), None, "{list}");
        }
    }

    proptest! {
        #[test]
        fn what_is_meant_has_nothing_dead_in_it(list in "(https?://|git@|[a-z.*/:,; |@#?]){0,12}") {
            if let Some(meant) = intended_pattern(&list) {
                prop_assert_eq!(super::intended_pattern(&meant), None, "{} -> {}", list, meant);
            }
        }
    }
}
