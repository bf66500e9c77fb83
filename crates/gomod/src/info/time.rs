//! Times in RFC 3339, section 5.6, in the form that Go accepts and writes: upper-case `T` and `Z`,
//! no leap seconds.

use crate::pseudo::Timestamp;

/// Whether the text is a date and time with an offset.
pub(super) fn is_rfc3339(text: &str) -> bool {
    check(text).is_some()
}

fn check(text: &str) -> Option<()> {
    let (clock, rest) = text.split_at_checked("2006-01-02T15:04:05".len())?;
    let marks = clock
        .char_indices()
        .filter(|(at, _)| matches!(at, 4 | 7 | 10 | 13 | 16));
    if !marks.map(|(_, c)| c).eq("--T::".chars()) {
        return None;
    }
    let digits: String = clock.chars().filter(char::is_ascii_digit).collect();
    Timestamp::parse(&digits)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let behind = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (behind.len() < fraction.len()).then_some(behind)?
        }
        None => rest,
    };
    (rest == "Z" || is_offset(rest)).then_some(())
}

/// `+07:00`, `-23:59`.
fn is_offset(text: &str) -> bool {
    let numbers = text
        .strip_prefix(['+', '-'])
        .and_then(|rest| rest.split_once(':'));
    let below = |text: &str, limit: u8| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|number: u8| number < limit)
    };
    numbers.is_some_and(|(hours, minutes)| below(hours, 24) && below(minutes, 60))
}

#[cfg(test)]
mod tests {
    use super::is_rfc3339;

    #[test]
    fn only_the_strict_form_is_a_time() {
        for good in [
            "2024-02-29T23:59:59Z",
            "2024-02-29T23:59:59.1-23:59",
            "0001-01-01T00:00:00Z",
        ] {
            assert!(is_rfc3339(good), "{good}");
        }
        // Go takes some of these; no proxy writes them.
        for bad in [
            "",
            "2024-02-29",
            "2024-02-29T23:59:59",
            "2024-02-29 23:59:59Z",
            "2024-02-29t23:59:59z",
            "2024-02-29T23:59:59.Z",
            "2024-02-29T23:59:59,5Z",
            "2024-02-29T23:59:59+24:00",
            "2024-02-29T23:59:59+00:60",
            "2024-02-29T23:59:59+0:00",
            "2024-02-29T3:59:59Z",
            "2024-02-29T23:59:60Z",
            "2024-02-29T23:59:59Z ",
            "2024-02-29T23:59:5\u{e9}",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }
}
