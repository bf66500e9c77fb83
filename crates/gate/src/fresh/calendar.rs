//! Calendar: about when a record of the public checksum database was written, by its number.
//!
//! Records are numbered in the order in which the log took them, and nobody can have one put before
//! others that are there: a number is a date that the author of a module cannot choose. The log
//! keeps no clock, so dates come from records whose date is known otherwise: releases that are
//! looked up within hours of their commit. Between two of them the log is taken to have grown
//! evenly; behind the last, up to its size now. That is right to some days, and said to be about.

use jiff::{Timestamp, civil::date, tz::TimeZone};

/// The database whose records these are.
pub const DATABASE: &str = "sum.golang.org";

/// A record and the day it was written on.
type RecordDate = (u64, jiff::civil::Date);

/// The highest record among releases of golang.org/x, google.golang.org/{api,grpc},
/// cloud.google.com/go/storage, k8s.io/apimachinery, the AWS SDK and vault up to that day, by the dates in their
/// `.info`; 804 were looked up, the first of each quarter is here.
const ANCHORS: &[RecordDate] = &[
    (0, date(2019, 1, 2)),
    (578, date(2019, 4, 9)),
    (41_794, date(2019, 7, 3)),
    (303_868, date(2019, 10, 8)),
    (573_743, date(2020, 1, 2)),
    (1_032_159, date(2020, 4, 3)),
    (1_375_263, date(2020, 7, 1)),
    (1_700_846, date(2020, 10, 8)),
    (2_499_742, date(2021, 1, 13)),
    (3_654_501, date(2021, 4, 7)),
    (5_870_606, date(2021, 7, 2)),
    (7_227_888, date(2021, 10, 11)),
    (8_637_744, date(2022, 1, 6)),
    (10_008_258, date(2022, 4, 6)),
    (11_419_959, date(2022, 7, 12)),
    (13_424_252, date(2022, 10, 6)),
    (14_637_057, date(2023, 1, 4)),
    (16_835_857, date(2023, 4, 4)),
    (18_304_291, date(2023, 7, 5)),
    (19_887_365, date(2023, 10, 4)),
    (21_512_360, date(2024, 1, 3)),
    (24_932_019, date(2024, 4, 3)),
    (27_844_627, date(2024, 7, 1)),
    (30_604_275, date(2024, 10, 3)),
    (33_263_431, date(2025, 1, 6)),
    (36_178_112, date(2025, 4, 3)),
    (39_520_827, date(2025, 7, 2)),
    (44_572_114, date(2025, 10, 3)),
    (48_747_957, date(2026, 1, 6)),
    (51_889_441, date(2026, 4, 1)),
    (57_051_606, date(2026, 7, 9)),
    (66_170_582, date(2026, 10, 1)),
];

/// About when a record was written, where the log has `size` records now. Nothing can be said of a
/// record that the log does not have.
pub fn about(record: u64, size: u64, now: Timestamp) -> Option<Timestamp> {
    if record >= size {
        return None;
    }
    let anchors = ANCHORS.iter().filter_map(|&(record, day)| {
        let at = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some((record, at))
    });
    let known = anchors.filter(|&(record, at)| record < size && at < now);
    let mut before = (0, Timestamp::UNIX_EPOCH);
    for after in known.chain([(size, now)]) {
        if record < after.0 {
            return Some(between(before, after, record));
        }
        before = after;
    }
    None
}

/// Where even growth puts a record between two others.
fn between(
    (first, begin): (u64, Timestamp),
    (last, end): (u64, Timestamp),
    record: u64,
) -> Timestamp {
    let span = i128::from(end.as_second() - begin.as_second());
    let part = i128::from(record - first);
    let whole = i128::from((last - first).max(1));
    let ahead = i64::try_from(span * part / whole).unwrap_or(0);
    Timestamp::from_second(begin.as_second() + ahead).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::about;
    use jiff::Timestamp;

    /// Releases of github.com/spf13/cobra, which the table was not made from: the number of the
    /// record, and the date of the commit.
    const RELEASES: &[(u64, &str)] = &[
        (1_079_680, "2020-04-10"),
        (1_718_259, "2020-10-14"),
        (5_853_658, "2021-07-01"),
        (8_388_960, "2021-12-14"),
        (9_538_500, "2022-03-10"),
        (11_060_669, "2022-06-21"),
        (13_464_924, "2022-10-10"),
        (16_834_495, "2023-03-22"),
        (20_487_779, "2023-11-02"),
        (34_630_970, "2025-02-15"),
        (42_915_120, "2025-08-31"),
    ];

    #[test]
    fn releases_that_are_not_in_the_table_are_dated_to_within_three_weeks() {
        let now: Timestamp = "2026-11-26T00:00:00Z".parse().unwrap();
        for &(record, day) in RELEASES {
            let date: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
            let about = about(record, 72_201_322, now).unwrap();
            let apart = about.duration_since(date).abs().as_hours() / 24;
            assert!(apart <= 21, "record {record}: {about}, {day}");
        }
    }

    #[test]
    fn a_record_that_the_log_does_not_have_has_no_date() {
        let now = "2026-11-26T00:00:00Z".parse().unwrap();
        assert_eq!(about(10, 10, now), None);
        assert!(about(9, 10, now).unwrap() <= now);
    }

    #[test]
    fn later_records_are_never_older() {
        let now: Timestamp = "2027-05-01T00:00:00Z".parse().unwrap();
        let dates: Vec<_> = (0..900)
            .map(|part| about(part * 100_000, 90_000_000, now).unwrap())
            .collect();
        assert!(dates.is_sorted());
        assert!(dates.iter().all(|date| *date <= now));
    }
}
