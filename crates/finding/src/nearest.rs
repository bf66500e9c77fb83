//! The nearest of known words: what somebody meant.

use strsim::levenshtein;

/// The known word that is meant most likely, if any is near: at most a third of its letters differ.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.replace('_', "-").to_lowercase();
    known
        .map(|candidate| (levenshtein(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_word_that_is_like_no_other_has_no_nearest() {
        let known = ["lock/sum-missing", "fresh/too-young"];
        let near = |word| nearest(word, known.into_iter());
        assert_eq!(near("lock/sum_mising"), Some("lock/sum-missing"));
        assert_eq!(near("colour"), None);
    }
}
