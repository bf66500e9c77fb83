//! A set of configurations: one bit each.

/// Builds in which something holds. Sets of one universe have one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationSet {
    words: Vec<u64>,
    size: usize,
}

// === impl ConfigurationSet ===

impl ConfigurationSet {
    pub(super) fn empty(size: usize) -> Self {
        Self {
            words: vec![0; size.div_ceil(64)],
            size,
        }
    }

    pub(super) fn full(size: usize) -> Self {
        Self::empty(size).complement()
    }

    pub(super) fn insert(&mut self, configuration: usize) {
        if let Some(word) = self.words.get_mut(configuration / 64) {
            *word |= 1 << (configuration % 64);
        }
    }

    /// Every configuration that is not in it.
    #[must_use]
    pub fn complement(mut self) -> Self {
        for word in &mut self.words {
            *word = !*word;
        }
        let unused = self.words.len() * 64 - self.size;
        if let Some(last) = self.words.last_mut() {
            *last &= u64::MAX >> unused;
        }
        self
    }

    /// Leaves what is in both.
    pub fn intersect(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= theirs;
        }
    }

    /// Adds what is in the other; says whether that was anything new.
    pub fn unite(&mut self, other: &Self) -> bool {
        let mut grew = false;
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            grew |= *theirs & !*word != 0;
            *word |= theirs;
        }
        grew
    }

    /// Whether it holds no configuration.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Whether a configuration is in it.
    pub(super) fn contains(&self, configuration: usize) -> bool {
        let bits = self
            .words
            .get(configuration / 64)
            .copied()
            .unwrap_or_default();
        bits >> (configuration % 64) & 1 == 1
    }

    /// Its configurations in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.size).filter(|&configuration| self.contains(configuration))
    }
}
