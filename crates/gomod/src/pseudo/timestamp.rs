//! The time in a pseudo-version: UTC, to the second.

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// A date and time of years 0 to 9999 in the Gregorian calendar, as the fourteen digits
/// `yyyymmddhhmmss`. Ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PseudoTimestamp(String);

// === impl PseudoTimestamp ===

impl PseudoTimestamp {
    /// How many digits it has.
    pub const DIGITS: usize = 14;

    /// Reads fourteen digits; `None` when they are no date and time. There are no leap seconds.
    pub fn parse(digits: &str) -> Option<Self> {
        if digits.len() != Self::DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let field = |from, to| digits.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (field(0, 4)?, field(4, 6)?, field(6, 8)?);
        let in_calendar = (1..=days_of_month(year, month)?).contains(&day);
        let in_day = field(8, 10)? < 24 && field(10, 12)? < 60 && field(12, 14)? < 60;
        (in_calendar && in_day).then(|| Self(digits.to_owned()))
    }

    /// From seconds since the first of January 1970; `None` outside the years 0 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days)?;
        if !(0..=9999).contains(&year) {
            return None;
        }
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Some(Self(format!(
            "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"
        )))
    }

    /// The fourteen digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The time as RFC 3339 has it: `2006-01-02T15:04:05Z`.
    pub fn to_rfc3339(&self) -> String {
        let part = |from, to| self.0.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        )
    }
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Year, month and day of a day counted from 1970-01-01. Years are counted from March, so that the
/// leap day is the last of its year and months have a regular pattern of five (153 days).
fn civil_from_days(days: i64) -> Option<(i64, i64, i64)> {
    /// Days of 400 years, after which the calendar repeats.
    const ERA: i64 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    let shifted = days.checked_add(EPOCH)?;
    let (era, day) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    Some((era * 400 + year + later, month, day))
}

#[cfg(test)]
mod tests {
    use super::PseudoTimestamp;

    #[test]
    fn only_real_dates_and_times_are_accepted() {
        for good in [
            "20240229000000",
            "20000229000000",
            "00010101000000",
            "99991231235959",
        ] {
            assert!(PseudoTimestamp::parse(good).is_some(), "{good}");
        }
        let bad = [
            "20230229000000",
            "19000229000000",
            "20230100000000",
            "20231301000000",
            "20230431000000",
            "20230101240000",
            "20230101006000",
            "20230101000060",
            "2023010100000",
            "2023010100000x",
        ];
        for bad in bad {
            assert!(PseudoTimestamp::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn seconds_become_dates() {
        let digits =
            |seconds| PseudoTimestamp::from_unix_seconds(seconds).map(|t| t.digits().to_owned());
        assert_eq!(digits(0).as_deref(), Some("19700101000000"));
        assert_eq!(digits(951_782_400).as_deref(), Some("20000229000000"));
        assert_eq!(digits(-1).as_deref(), Some("19691231235959"));
        assert_eq!(digits(i64::MAX), None);
        assert_eq!(digits(i64::MIN), None);
    }
}
