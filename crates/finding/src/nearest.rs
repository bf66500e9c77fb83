//! Nearest: which known word somebody meant.

/// The known word that is meant most likely, if any is near: at most a third of its letters differ.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.replace('_', "-").to_lowercase();
    known
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, row by row.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.bytes().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        let mut next = vec![before];
        for (b, above) in right.bytes().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(a != b))
                .min(before + 1)
                .min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distance_counts_edits() {
        for (left, right, wanted) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(left, right), wanted, "{left} {right}");
        }
    }

    #[test]
    fn a_word_that_is_like_no_other_has_no_nearest() {
        let known = ["lock/sum-missing", "fresh/too-young"];
        let near = |word| nearest(word, known.into_iter());
        assert_eq!(near("lock/sum_mising"), Some("lock/sum-missing"));
        assert_eq!(near("colour"), None);
    }
}
