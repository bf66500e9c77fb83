//! Fold: findings that state one fact are reported once.
//!
//! A registry that moved, or a second one that half of a lock comes from, is one fact about some
//! hundred entries. A reader who gets it some hundred times overlooks the one line that is another
//! fact. A few cases of a fact stay as they are, because each of them can be looked at.

use finding::Finding;
use std::collections::HashMap;

/// Cases of one fact that stay findings of their own.
pub(crate) const FEW: usize = 5;

/// Subjects that the finding for many names.
const NAMED: usize = 3;

/// Makes one finding of many that are the same fact, in the place of the first. `found` are findings
/// with what makes them the same.
pub(crate) fn fold<K: Eq + std::hash::Hash>(
    found: impl IntoIterator<Item = (K, Finding)>,
) -> Vec<Finding> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    for (key, finding) in found {
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.into_iter().flat_map(one_of_many).collect()
}

fn one_of_many(group: Vec<Finding>) -> Vec<Finding> {
    if group.len() <= FEW {
        return group;
    }
    let count = group.len();
    let subjects: Vec<&str> = group.iter().map(|one| &*one.subject).collect();
    let named = subjects.get(..NAMED).unwrap_or_default().join(", ");
    let message = |first: &str| {
        let others = count - NAMED;
        format!("{first}: {count} entries, {named} and {others} more")
    };
    let first = group.iter().take(1);
    first
        .map(|first| Finding {
            subject: String::new(),
            message: message(&first.message),
            ..first.clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{FEW, fold};
    use crate::rules::HOST_MIXED;
    use finding::{Finding, FindingPlace};

    fn found(count: usize) -> Vec<(&'static str, Finding)> {
        let one = |at: usize| {
            let finding = Finding::new(
                &HOST_MIXED,
                FindingPlace::file("x"),
                format!("p@{at}"),
                "moved",
            );
            ("same", finding)
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn many_cases_of_one_fact_are_one_finding_and_a_few_are_not() {
        assert_eq!(fold(found(FEW)).len(), FEW);
        let folded = fold(found(300));
        assert_eq!(folded.len(), 1);
        let message = "moved: 300 entries, p@0, p@1, p@2 and 297 more";
        assert_eq!(folded[0].message, message);
    }
}
