//! Measured values: several samples of one thing, what is said of them, and how.
//!
//! The median is what is said, the smallest and the largest sample stand beside it: with three to
//! five samples a standard deviation would look like more knowledge than there is. Ratios are
//! taken sample by sample, so that both sides of a ratio come from the same round on a machine
//! that was as warm and as busy.

use serde::{Deserialize, Serialize};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Seconds; printed as ms or µs where that reads better.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Events a second.
    PerSecond,
    /// Things.
    Count,
    /// One value as a multiple of another.
    Ratio,
    /// A share of a whole, from 0 to 1.
    Share,
}

/// Samples of one thing, in order of the rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) unit: Unit,
    pub(crate) samples: Vec<f64>,
}

// === impl Figure ===

impl Figure {
    pub(crate) fn new(unit: Unit) -> Self {
        Self {
            unit,
            samples: Vec::new(),
        }
    }

    pub(crate) fn of(unit: Unit, samples: impl IntoIterator<Item = f64>) -> Self {
        Self {
            unit,
            samples: samples.into_iter().collect(),
        }
    }

    pub(crate) fn push(&mut self, sample: f64) {
        self.samples.push(sample);
    }

    /// The value that `share` of the samples do not exceed (nearest rank), from 0 to 1.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        sorted.get(rank(last, share)).copied()
    }

    pub(crate) fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    pub(crate) fn largest(&self) -> Option<f64> {
        self.quantile(1.0)
    }

    /// This one as a multiple of `base`, round by round. Rounds that either side lacks are left
    /// out.
    pub(crate) fn over(&self, base: &Self) -> Self {
        let pairs = self.samples.iter().zip(&base.samples);
        Self::of(Unit::Ratio, pairs.map(|(mine, other)| mine / other))
    }

    /// The median, and the range where there is more than one sample.
    pub(crate) fn text(&self) -> String {
        let (Some(median), Some(low), Some(high)) =
            (self.median(), self.quantile(0.0), self.largest())
        else {
            return "-".to_owned();
        };
        let [median, low, high] = [median, low, high].map(|value| self.unit.text(value));
        if low == high {
            return median;
        }
        format!("{median} ({low} to {high})")
    }
}

/// The index of a share among `last + 1` sorted samples.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few thousand samples, and a share between 0 and 1"
)]
fn rank(last: usize, share: f64) -> usize {
    (last as f64 * share.clamp(0.0, 1.0)).floor() as usize
}

// === impl Unit ===

impl Unit {
    /// A value as a person reads it: three digits that count.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            Self::Seconds if value < 0.001 => format!("{} µs", digits(value * 1e6)),
            Self::Seconds if value < 1.0 => format!("{} ms", digits(value * 1e3)),
            Self::Seconds => format!("{} s", digits(value)),
            Self::Bytes => bytes(value),
            Self::BytesPerSecond => format!("{}/s", bytes(value)),
            Self::PerSecond => format!("{}/s", thousands(value)),
            Self::Count => thousands(value),
            Self::Ratio => format!("{value:.2}x"),
            Self::Share => format!("{} %", digits(value * 100.0)),
        }
    }
}

fn bytes(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{} GB", digits(value / 1e9)),
        value if value >= 1e6 => format!("{} MB", digits(value / 1e6)),
        value if value >= 1e3 => format!("{} kB", digits(value / 1e3)),
        value => format!("{value:.0} B"),
    }
}

fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A whole number in groups of three digits.
fn thousands(value: f64) -> String {
    let plain = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(samples: &[f64]) -> Figure {
        Figure::of(Unit::Seconds, samples.iter().copied())
    }

    #[test]
    fn the_median_is_a_sample_and_the_range_stands_beside_it() {
        let figure = seconds(&[3.0, 1.0, 2.0]);
        assert_eq!(figure.median(), Some(2.0));
        assert_eq!(figure.text(), "2.00 s (1.00 s to 3.00 s)");
        assert_eq!(seconds(&[0.0125]).text(), "12.5 ms");
        assert_eq!(seconds(&[]).text(), "-");
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let figure = seconds(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(figure.quantile(0.0), Some(1.0));
        assert_eq!(figure.quantile(0.99), Some(4.0));
        assert_eq!(figure.quantile(1.0), Some(5.0));
    }

    #[test]
    fn a_ratio_compares_rounds_and_not_medians() {
        let ratio = seconds(&[1.0, 4.0, 9.0]).over(&seconds(&[2.0, 4.0, 3.0]));
        assert_eq!(ratio.samples, [0.5, 1.0, 3.0]);
        assert_eq!(ratio.text(), "1.00x (0.50x to 3.00x)");
    }

    #[test]
    fn units_read_as_a_person_writes_them() {
        assert_eq!(Unit::Seconds.text(0.000_004_2), "4.20 µs");
        assert_eq!(Unit::PerSecond.text(81_234.0), "81 234/s");
        assert_eq!(Unit::Bytes.text(39_187_545.0), "39.2 MB");
        assert_eq!(Unit::BytesPerSecond.text(2.5e9), "2.50 GB/s");
        assert_eq!(Unit::Share.text(0.0134), "1.34 %");
        assert_eq!(Unit::Count.text(424.0), "424");
    }
}
