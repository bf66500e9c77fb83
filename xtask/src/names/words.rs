//! Words of type names: how many there are, and whether the last one is a participle.
//!
//! The rule counts what a reader would count. The last word of a name decides: `SealedSpool` is a
//! spool, `SpoolSealed` is a participle. Regular forms are told by their ending, irregular ones and
//! nouns that only look like a participle stand in lists.

/// Past forms that do not end in `-ed`.
const IRREGULAR: &[&str] = &[
    "Beaten",
    "Begun",
    "Bent",
    "Born",
    "Bought",
    "Bound",
    "Broken",
    "Brought",
    "Built",
    "Burnt",
    "Caught",
    "Chosen",
    "Dealt",
    "Done",
    "Drawn",
    "Driven",
    "Fallen",
    "Fed",
    "Felt",
    "Forbidden",
    "Forgotten",
    "Fought",
    "Found",
    "Frozen",
    "Given",
    "Gone",
    "Grown",
    "Had",
    "Heard",
    "Held",
    "Hidden",
    "Hung",
    "Kept",
    "Known",
    "Laid",
    "Learnt",
    "Led",
    "Left",
    "Lent",
    "Lit",
    "Lost",
    "Made",
    "Meant",
    "Met",
    "Overridden",
    "Paid",
    "Proven",
    "Said",
    "Seen",
    "Sent",
    "Shown",
    "Sold",
    "Sought",
    "Spent",
    "Spoken",
    "Spun",
    "Stolen",
    "Stood",
    "Struck",
    "Stuck",
    "Swept",
    "Sworn",
    "Taken",
    "Taught",
    "Thought",
    "Thrown",
    "Told",
    "Torn",
    "Understood",
    "Withdrawn",
    "Withheld",
    "Won",
    "Worn",
    "Wound",
    "Written",
];

/// Nouns (and a few other words) that end in `-ed`.
const NOT_PAST: &[&str] = &[
    "Bed", "Bleed", "Breed", "Creed", "Deed", "Embed", "Feed", "Greed", "Heed", "Hundred", "Need",
    "Reed", "Seed", "Shed", "Sled", "Speed", "Weed",
];

/// Words in `-ing` that the field uses as nouns.
const NOUNS_IN_ING: &[&str] = &[
    "Binding", "Building", "Drawing", "Encoding", "Finding", "Framing", "Heading", "King",
    "Listing", "Logging", "Mapping", "Meaning", "Ordering", "Padding", "Pruning", "Ring",
    "Routing", "Setting", "Spelling", "String", "Thing", "Timing", "Warning", "Wording",
];

/// The words of a name in camel case.
pub(crate) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut all: Vec<String> = Vec::new();
    for (place, &letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| letters.get(place));
        let after = letters.get(place + 1);
        let follows_small = before.is_none_or(|before| !before.is_uppercase());
        let ends_capitals = after.is_some_and(|after| after.is_lowercase());
        match all.last_mut() {
            Some(word) if !letter.is_uppercase() || !(follows_small || ends_capitals) => {
                word.push(letter);
            }
            _ => all.push(letter.to_string()),
        }
    }
    all
}

/// Whether a name is one word.
pub(crate) fn is_one_word(name: &str) -> bool {
    words(name).len() == 1
}

/// Whether the last word of a name is a participle.
pub(crate) fn is_participle(name: &str) -> bool {
    words(name).last().is_some_and(|word| {
        let base = word.strip_prefix("Un").map(|rest| {
            let mut letters = rest.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        });
        is_form(word) || base.is_some_and(|base| is_form(&base))
    })
}

fn is_form(word: &str) -> bool {
    IRREGULAR.contains(&word)
        || (word.ends_with("ed") && !NOT_PAST.contains(&word))
        || (word.ends_with("ing") && !NOUNS_IN_ING.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{is_one_word, is_participle, words};

    #[test]
    fn a_capital_begins_a_word() {
        assert_eq!(words("FlightOutcome"), ["Flight", "Outcome"]);
        assert_eq!(words("H1Error"), ["H1", "Error"]);
        assert_eq!(words("HTTPServer"), ["HTTP", "Server"]);
        assert!(is_one_word("Sha256"));
        assert!(!is_one_word("NodeId"));
    }

    #[test]
    fn the_last_word_decides() {
        for name in ["Told", "Kept", "Unseen", "Checked", "Waiting", "BytesKept"] {
            assert!(is_participle(name), "{name}");
        }
        for name in [
            "SealedSpool",
            "KeptError",
            "Seed",
            "Finding",
            "Token",
            "Text",
        ] {
            assert!(!is_participle(name), "{name}");
        }
    }
}
