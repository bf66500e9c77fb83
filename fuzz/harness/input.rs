//! Input: the fuzzer's bytes as choices, so that a small change of them is a small change of what they
//! stand for.

/// What is left of the fuzzer's bytes.
pub struct Input<'b>(&'b [u8]);

// === impl Input ===

impl<'b> Input<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte; 0 behind the end.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// At most this many of the next bytes.
    pub fn take(&mut self, most: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A stretch whose length is the next byte, or sixteen times that.
    pub fn stretch(&mut self) -> &'b [u8] {
        let length = usize::from(self.byte());
        let length = if length > 200 { length * 16 } else { length };
        self.take(length)
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }
}
