//! Seeded random inputs.
//!
//! The generator is splitmix64 (Steele, Lea, Flood 2014): tiny, and the same on every platform, so
//! a printed seed repeats a run exactly. Not for secrets.

use std::env;

/// The environment variable that replaces a test's own seed.
const SEED_VARIABLE: &str = "MODKEEP_SEED";

/// A seeded source of random choices.
#[derive(Debug, Clone)]
pub struct Seed {
    state: u64,
}

// === impl Seed ===

impl Seed {
    /// Starts from `MODKEEP_SEED` if that is set to a number, else from `default`, and prints which,
    /// so that a failure can be repeated.
    #[expect(
        clippy::print_stdout,
        reason = "the seed is needed to repeat a failure"
    )]
    pub fn new(default: u64) -> Self {
        let given = env::var(SEED_VARIABLE)
            .ok()
            .and_then(|text| text.parse().ok());
        let state = given.unwrap_or(default);
        println!("seed {SEED_VARIABLE}={state}");
        Self { state }
    }

    /// Starts from exactly this number.
    pub const fn fixed(state: u64) -> Self {
        Self { state }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = limit as u64;
        // The bias of the remainder is far below what any test could notice.
        self.next_u64()
            .checked_rem(limit)
            .map_or(0, |rest| usize::try_from(rest).unwrap_or(0))
    }

    /// One of the items.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.below(items.len());
        items.get(index).expect("pick from at least one item")
    }

    /// True with the given probability, from 0.0 to 1.0.
    pub fn chance(&mut self, probability: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let unit = (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    /// A near relative of `bytes`: one to three small edits (replace, insert, delete, flip a bit,
    /// double a run, cut), so that most results are almost valid.
    pub fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut result = bytes.to_vec();
        for _ in 0..=self.below(3) {
            self.edit(&mut result);
        }
        result
    }

    fn edit(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let byte = self.byte();
        match self.below(7) {
            0 => bytes.insert(at, byte),
            1 => bytes.truncate(at),
            2 => {
                let end = (at + 1 + self.below(4)).min(bytes.len());
                let run = bytes.get(at..end).unwrap_or_default().to_vec();
                bytes.splice(at..at, run);
            }
            3 if at < bytes.len() => drop(bytes.remove(at)),
            4 => {
                let bit = self.below(8);
                bytes
                    .get_mut(at)
                    .into_iter()
                    .for_each(|old| *old ^= 1 << bit);
            }
            5 => {
                let other = self.below(bytes.len().max(1));
                if at < bytes.len() && other < bytes.len() {
                    bytes.swap(at, other);
                }
            }
            _ => bytes.get_mut(at).into_iter().for_each(|old| *old = byte),
        }
    }

    /// Mostly the punctuation that grammars care about, sometimes anything.
    fn byte(&mut self) -> u8 {
        const TELLING: &[u8] = b"./-_~+!@0129vVaAzZ ,|:*?[]\\\"`'(){}<>=#%&;^$\t\r\n\0";
        if self.chance(0.8) {
            *self.pick(TELLING)
        } else {
            self.next_u64()
                .to_le_bytes()
                .first()
                .copied()
                .unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn the_generator_is_splitmix64() {
        // Published first outputs of splitmix64 for the seed 1234567.
        let mut seed = Seed::fixed(1_234_567);
        assert_eq!(seed.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(seed.next_u64(), 3_203_168_211_198_807_973);
        assert_eq!(seed.next_u64(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn choices_stay_in_their_range() {
        let mut seed = Seed::fixed(7);
        assert_eq!(seed.below(0), 0);
        assert!((0..10_000).all(|_| seed.below(3) < 3));
        assert!(!seed.chance(0.0));
        assert!(seed.chance(1.0));
        let hits = (0..10_000).filter(|_| seed.chance(0.25)).count();
        assert!((2_000..3_000).contains(&hits), "{hits}");
    }

    #[test]
    fn a_mutation_is_near_and_repeatable() {
        let (mut one, mut two) = (Seed::fixed(9), Seed::fixed(9));
        for _ in 0..10_000 {
            let mutated = one.mutate(b"example.com/a@v1.2.3");
            assert_eq!(mutated, two.mutate(b"example.com/a@v1.2.3"));
            assert!(mutated.len() < 64);
        }
        assert!(one.mutate(b"").len() < 8);
    }
}
