//! Random numbers that the audited log cannot foresee: it could keep right what is looked at.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The system's source of random numbers.
pub(super) struct RandomNumbers(SystemRandom);

// === impl RandomNumbers ===

impl RandomNumbers {
    pub(super) fn new() -> Self {
        Self(SystemRandom::new())
    }

    /// A number below `end`, which must not be 0; `None` where the system has no random numbers. The bias
    /// of a remainder is far below one in a million for the logs that there are.
    pub(super) fn below(&self, end: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes).ok()?;
        Some(u64::from_ne_bytes(bytes) % end.max(1))
    }
}
