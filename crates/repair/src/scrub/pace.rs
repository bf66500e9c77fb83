//! Pace: how much is hashed now, and how long to rest after it. Pure.
//!
//! Two wishes, of which the slower wins:
//!
//! * **The share.** Whoever has worked for a while rests for so much longer that the work is at most
//!   the given share of one core's time. Work is measured by the clock, waiting for the disk included,
//!   so on a busy machine it rests longer.
//! * **The schedule.** What is still to go is spread over the time that is left. It is computed anew
//!   after each step, so whatever was slower or faster than foreseen, a stop of days included, is
//!   spread over the rest and not made up in a burst.
//!
//! If the share does not suffice for the schedule, the pass is late. The share is a promise to
//! everybody who shares the machine, the schedule one to nobody in particular.

use std::time::Duration;

/// How long a step should take: so short that whoever waits behind it on a single core does not
/// notice, and so long that a hop between threads does not count.
const STEP_TIME: Duration = Duration::from_millis(4);

/// The smallest step; below that, system calls are most of the work.
const LEAST: u64 = 64 << 10;

/// The longest rest for the schedule's sake. A small store is done in minutes instead of a week; and
/// what is captured meanwhile is taken into account at the next step.
const LONGEST: Duration = Duration::from_mins(1);

/// A share of one core, from 1 to 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u8);

/// How much is left of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ToGo {
    /// Bytes that are still to be hashed.
    pub(super) bytes: u64,
    /// Time until the pass should be done; zero if it is late.
    pub(super) left: Duration,
}

/// Decides for one pass.
#[derive(Debug)]
pub(super) struct Pacer {
    share: Share,
    step: u64,
    largest: u64,
}

// === impl Share ===

impl Share {
    /// This many percent; `None` if it is not from 1 to 100.
    pub const fn percent(percent: u8) -> Option<Self> {
        match percent {
            1..=100 => Some(Self(percent)),
            _ => None,
        }
    }

    /// In percent.
    pub const fn as_percent(self) -> u8 {
        self.0
    }
}

impl Default for Share {
    /// A twentieth: a core that hashes 1 GB/s gets through 30 TB a week with it, one that hashes
    /// 200 MB/s through 6 TB, and nobody feels it.
    fn default() -> Self {
        Self(5)
    }
}

// === impl Pacer ===

impl Pacer {
    /// Steps are never larger than `largest` bytes.
    pub(super) fn new(share: Share, largest: u64) -> Self {
        Self {
            share,
            step: LEAST.min(largest),
            largest,
        }
    }

    /// How many bytes may be hashed now.
    pub(super) fn step(&self) -> u64 {
        self.step
    }

    /// `bytes` were hashed in `spent`: how long to rest.
    pub(super) fn rest(&mut self, bytes: u64, spent: Duration, to_go: ToGo) -> Duration {
        self.learn(bytes, spent);
        let idle = u32::from(100 - self.share.0);
        let by_share = spent.saturating_mul(idle) / u32::from(self.share.0);
        let of_all = part(bytes, bytes.saturating_add(to_go.bytes));
        let by_schedule = to_go.left.mul_f64(of_all).saturating_sub(spent);
        by_share.max(by_schedule.min(LONGEST))
    }

    /// The next step is as large as the last one was fast. The end of a blob says little about it.
    fn learn(&mut self, bytes: u64, spent: Duration) {
        if bytes < self.step {
            return;
        }
        self.step = if spent < STEP_TIME / 2 {
            self.step.saturating_mul(2).min(self.largest)
        } else if spent > STEP_TIME {
            (self.step / 2).max(LEAST.min(self.largest))
        } else {
            self.step
        };
    }
}

/// A part of a whole, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a share, not an account")]
pub(super) fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::{LEAST, LONGEST, Pacer, Share, ToGo, part};
    use std::time::Duration;

    const MIB: u64 = 1 << 20;
    const WEEK: Duration = Duration::from_hours(7 * 24);

    fn pacer(percent: u8) -> Pacer {
        Pacer::new(Share::percent(percent).unwrap(), MIB)
    }

    /// Hashes `total` bytes at `speed` bytes a second within `period`, on a clock of its own; gives
    /// the time it took and the time it worked.
    fn pass(percent: u8, total: u64, speed: f64, period: Duration) -> (Duration, Duration) {
        let mut pacer = pacer(percent);
        let (mut done, mut now, mut worked) = (0, Duration::ZERO, Duration::ZERO);
        while done < total {
            let bytes = pacer.step().min(total - done);
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let spent = Duration::from_secs_f64(bytes as f64 / speed);
            (done, now, worked) = (done + bytes, now + spent, worked + spent);
            let to_go = ToGo {
                bytes: total - done,
                left: period.saturating_sub(now),
            };
            now += pacer.rest(bytes, spent, to_go);
        }
        (now, worked)
    }

    #[test]
    fn a_pass_takes_the_time_it_has() {
        for total in [20_000 * MIB, 200_000 * MIB] {
            let (took, worked) = pass(5, total, 1e9, WEEK);
            assert!(took <= WEEK && took > WEEK * 9 / 10, "{took:?}");
            assert!(worked < took / 100);
        }
    }

    #[test]
    fn the_share_is_kept_even_if_the_pass_is_late() {
        for percent in [1, 5, 50] {
            let (took, worked) = pass(percent, 10_000 * MIB, 1e9, Duration::from_secs(1));
            let share = worked.as_secs_f64() / took.as_secs_f64() * 100.0;
            assert!(share <= f64::from(percent) * 1.001, "{share}");
            assert!(
                share >= f64::from(percent) * 0.99,
                "needlessly slow: {share}"
            );
        }
    }

    #[test]
    fn a_whole_core_does_not_rest() {
        let (took, worked) = pass(100, 100 * MIB, 1e9, Duration::ZERO);
        assert_eq!(took, worked);
    }

    #[test]
    fn a_small_store_is_done_soon() {
        let (took, _) = pass(5, 10 * MIB, 1e9, WEEK);
        assert!(took <= LONGEST * 200, "{took:?}");
    }

    #[test]
    fn a_stop_is_spread_over_what_is_left() {
        let mut pacer = pacer(5);
        let rest = |pacer: &mut Pacer, left: Duration| {
            let to_go = ToGo {
                bytes: 1000 * MIB,
                left,
            };
            pacer.rest(MIB, Duration::from_micros(1), to_go)
        };
        let before = rest(&mut pacer, Duration::from_secs(10_000));
        let after = rest(&mut pacer, Duration::from_secs(5000));
        assert!(after > before * 49 / 100 && after < before * 51 / 100);
    }

    #[test]
    fn steps_are_as_large_as_the_machine_is_fast() {
        let to_go = ToGo {
            bytes: MIB,
            left: Duration::ZERO,
        };
        let mut pacer = pacer(5);
        for _ in 0..10 {
            pacer.rest(pacer.step(), Duration::from_micros(500), to_go);
        }
        assert_eq!(pacer.step(), MIB);
        for _ in 0..10 {
            pacer.rest(pacer.step(), Duration::from_millis(50), to_go);
        }
        assert_eq!(pacer.step(), LEAST);
    }

    #[test]
    fn a_slow_step_is_rested_for_in_full() {
        let to_go = ToGo {
            bytes: 0,
            left: Duration::ZERO,
        };
        let rest = pacer(1).rest(MIB, Duration::from_secs(10), to_go);
        assert_eq!(rest, Duration::from_secs(990));
    }

    #[test]
    fn shares_are_percent() {
        assert_eq!(Share::percent(0), None);
        assert_eq!(Share::percent(101), None);
        assert_eq!(Share::default().as_percent(), 5);
    }

    #[test]
    fn a_part_of_nothing_is_nothing() {
        assert!(part(0, 0).abs() < f64::EPSILON);
        assert!((part(5, 1) - 1.0).abs() < f64::EPSILON);
    }
}
