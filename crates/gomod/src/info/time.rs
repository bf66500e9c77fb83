//! Times as Go reads them from JSON.
//!
//! `time.Time` takes what `time.Parse` takes for RFC 3339, which is more than RFC 3339 has: an hour
//! of one digit, a comma before the fraction, an offset of up to 24 hours and 60 minutes. The text is
//! not unescaped before. What is more or less than that fails on one side.

use crate::pseudo::PseudoTimestamp;

/// The time in a string, as it stands between its quotes, if Go reads one there.
pub(super) fn go_time(raw: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(raw).ok()?;
    check(text).map(|_| text)
}

/// The date and time of a text in one of these forms, as 14 digits, where the offset is none.
pub(super) fn utc_digits(text: &str) -> Option<String> {
    let parsed = check(text)?;
    parsed.is_utc.then_some(parsed.digits)
}

struct TimeParts {
    /// Year to second, as in a pseudo-version.
    digits: String,
    is_utc: bool,
}

fn check(text: &str) -> Option<TimeParts> {
    let (date, rest) = text.split_at_checked("2006-01-02T".len())?;
    let (hour, rest) = match rest.as_bytes() {
        [b'0'..=b'9', b':', ..] => (format!("0{}", rest.get(..1)?), rest.get(1..)?),
        _ => (rest.get(..2)?.to_owned(), rest.get(2..)?),
    };
    let (clock, rest) = rest.split_at_checked(":04:05".len())?;
    let text = format!("{date}{hour}{clock}");
    let marks = text
        .char_indices()
        .filter(|(at, _)| matches!(at, 4 | 7 | 10 | 13 | 16));
    if !marks.map(|(_, c)| c).eq("--T::".chars()) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    PseudoTimestamp::parse(&digits)?;
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(fraction) => {
            let behind = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (behind.len() < fraction.len()).then_some(behind)?
        }
        None => rest,
    };
    let is_utc = rest == "Z";
    (is_utc || is_offset(rest)).then_some(TimeParts { digits, is_utc })
}

/// `+07:00`, `-23:59`. The bounds are Go's: "some people do write offsets of 24 hours or 60 minutes".
fn is_offset(text: &str) -> bool {
    let numbers = text
        .strip_prefix(['+', '-'])
        .and_then(|rest| rest.split_once(':'));
    let at_most = |text: &str, limit: u8| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|number: u8| number <= limit)
    };
    numbers.is_some_and(|(hours, minutes)| at_most(hours, 24) && at_most(minutes, 60))
}

#[cfg(test)]
mod tests {
    use super::{go_time, utc_digits};

    #[test]
    fn what_go_takes_is_a_time() {
        for good in [
            "2024-02-29T23:59:59Z",
            "2024-02-29T23:59:59.1-23:59",
            "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59,5Z",
            "2024-02-29T23:59:59+24:60",
            "2024-02-29T3:59:59Z",
        ] {
            assert_eq!(go_time(good.as_bytes()), Some(good));
        }
        for bad in [
            "",
            "2024-02-29",
            "2023-02-29T00:00:00Z",
            "2024-02-29T23:59:59",
            "2024-02-29 23:59:59Z",
            "2024-02-29t23:59:59z",
            "2024-02-29T23:59:59.Z",
            "2024-02-29T23:59:59+25:00",
            "2024-02-29T23:59:59+00:61",
            "2024-02-29T23:59:59+0:00",
            "2024-02-29T24:59:59Z",
            "2024-02-29T23:59:60Z",
            "2024-02-29T23:59:59Z ",
            "2024-02-29T23:59:5\u{e9}",
        ] {
            assert_eq!(go_time(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn the_digits_are_those_of_a_pseudo_version() {
        let digits = utc_digits("2024-02-29T3:59:59.5Z");
        assert_eq!(digits.as_deref(), Some("20240229035959"));
        assert_eq!(utc_digits("2024-02-29T23:59:59+00:00"), None);
    }
}
