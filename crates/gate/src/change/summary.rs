//! A change as a reviewer reads it: Markdown for a comment on the change.

use super::VersionChange;
use finding::printable;
use std::{collections::BTreeMap, fmt::Write as _};

/// What is known of a version that a change brings, each in words; empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeFacts {
    /// How old it is.
    pub age: String,
    /// Its licence.
    pub licence: String,
    /// What its code can do that the version before could not.
    pub capabilities: String,
    /// Vulnerabilities that it mends or brings.
    pub vulnerabilities: String,
}

/// The change as a table. `known` is by `MODULE@VERSION`.
pub fn markdown(
    base: &str,
    moves: &[VersionChange],
    known: &BTreeMap<String, ChangeFacts>,
) -> String {
    let count = |is: fn(&VersionChange) -> bool| moves.iter().filter(|one| is(one)).count();
    let new = count(|one| one.from.is_none());
    let gone = count(|one| one.to.is_none());
    let other = moves.len() - new - gone;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "### Dependencies changed since {}\n", cell(base));
    if moves.is_empty() {
        let _ = writeln!(text, "No module in the build changes.");
        return text;
    }
    let _ = writeln!(
        text,
        "{new} new, {other} with another version, {gone} gone.\n"
    );
    let _ = writeln!(
        text,
        "| Module | From | To | Known for | Licence | New capabilities | Vulnerabilities |"
    );
    let _ = writeln!(text, "|---|---|---|---|---|---|---|");
    for one in moves {
        let dash = || "-".to_owned();
        let from = one.from.clone().unwrap_or_else(dash);
        let to = one.to.clone().unwrap_or_else(dash);
        let known = known.get(&format!("{}@{to}", one.path));
        let known = known.cloned().unwrap_or_default();
        let ChangeFacts {
            age,
            licence,
            capabilities,
            vulnerabilities,
        } = known;
        let cells = [
            &one.path,
            &from,
            &to,
            &age,
            &licence,
            &capabilities,
            &vulnerabilities,
        ];
        let cells = cells.map(|text| cell(text)).join(" | ");
        let _ = writeln!(text, "| {cells} |");
    }
    text
}

/// Text from outside that can end no cell, begin no link or tag, and mention nobody.
fn cell(text: &str) -> String {
    let text = printable(text);
    let mut cell = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '[' | ']' | '<' | '>' | '`' | '*' | '_' | '\\' | '!' => {
                cell.push('\\');
                cell.push(c);
            }
            '@' => cell.push_str("@\u{200b}"),
            c => cell.push(c),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::{ChangeFacts, markdown};
    use crate::change::VersionChange;
    use std::collections::BTreeMap;

    #[test]
    fn a_change_is_a_table_that_nothing_in_it_can_break() {
        let moves = [
            VersionChange {
                path: "a.b/x".to_owned(),
                from: None,
                to: Some("v1.0.0".to_owned()),
            },
            VersionChange {
                path: "a.b/y".to_owned(),
                from: Some("v1.0.0".to_owned()),
                to: None,
            },
        ];
        let evil = ChangeFacts {
            licence: "MIT | [x](http://evil.example) @everyone\n# big".to_owned(),
            ..ChangeFacts::default()
        };
        let known = BTreeMap::from([("a.b/x@v1.0.0".to_owned(), evil)]);
        let text = markdown("origin/main", &moves, &known);
        assert!(
            text.contains("1 new, 0 with another version, 1 gone."),
            "{text}"
        );
        let row = text
            .lines()
            .find(|line| line.starts_with("| a.b/x"))
            .unwrap();
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 8, "{row}");
        assert!(!row.contains("@everyone") && !row.contains(" [x]"), "{row}");
        assert!(!text.contains("\n# big"));
    }
}
