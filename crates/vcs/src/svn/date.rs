//! Times as svn writes them: `2023-11-14T22:13:20.123456Z`.

use gomod::pseudo::PseudoTimestamp;

/// Days from the first of March of the year 0 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Seconds since 1970 and nanoseconds of a time in UTC; `None` where it is none.
pub(super) fn read(date: &str) -> Option<(i64, u32)> {
    let date = date.trim().strip_suffix('Z')?;
    let (whole, fraction) = date.split_once('.').unwrap_or((date, ""));
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let time = PseudoTimestamp::parse(&digits)?;
    // What was left out has to be where it belongs.
    if time.to_rfc3339().strip_suffix('Z') != Some(whole) {
        return None;
    }
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let days = days(part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let seconds = part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?;
    Some((days * 86_400 + seconds, nanoseconds))
}

/// Days since 1970. Years are counted from March, so that the leap day is the last of its year and months have a
/// regular pattern of five (153 days).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - EPOCH
}

#[cfg(test)]
mod tests {
    use super::read;
    use gomod::pseudo::PseudoTimestamp;

    #[test]
    fn times_are_read_and_what_is_none_is_not() {
        for (date, seconds, nanoseconds) in [
            ("1970-01-01T00:00:00.000000Z", 0, 0),
            ("2023-11-14T22:13:20.123456Z", 1_700_000_000, 123_456_000),
            ("2000-02-29T23:59:59Z", 951_868_799, 0),
            ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
        ] {
            assert_eq!(read(date), Some((seconds, nanoseconds)), "{date}");
        }
        for date in [
            "",
            "2023-11-14",
            "2023-13-14T22:13:20Z",
            "2023-11-14T22:13:20+01:00",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20.12345678901Z",
        ] {
            assert_eq!(read(date), None, "{date}");
        }
    }

    #[test]
    fn it_is_the_other_way_of_writing_a_time() {
        for day in (-200_000..200_000).step_by(37) {
            let seconds = day * 86_400 + 4_711;
            let text = PseudoTimestamp::from_unix_seconds(seconds)
                .unwrap()
                .to_rfc3339();
            assert_eq!(read(&text), Some((seconds, 0)), "{text}");
        }
    }
}
