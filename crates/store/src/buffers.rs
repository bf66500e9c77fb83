//! Read buffers: memory for reads of blobs, used again and again.
//!
//! A warm zip goes out in pieces of a quarter of a megabyte, thousands a second. Made anew, each
//! would have to be cleared before the kernel may fill it, which costs a third of what the copy
//! costs, and given back to the system now and then, which costs page faults. So a piece that was
//! sent returns here with the last handle to its bytes, and is lent out as it is: it holds bytes of
//! a blob that was served, and who borrows it sees only what was read into it.

use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;

/// Bytes of a buffer. Reads up to this size are served from here, larger ones are made anew.
const SIZE: usize = 256 * 1024;

/// A read below this is cheaper to make anew than to lend a buffer to.
const WORTH_IT: usize = 32 * 1024;

/// Buffers that wait to be used again: 8 MiB, which is what the readers of one fast network card
/// have under way.
const WAITING: usize = 32;

/// Where buffers wait. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadBuffers {
    waiting: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A buffer that comes back when it is dropped.
struct LentBuffer {
    buffer: Vec<u8>,
    filled: usize,
    home: ReadBuffers,
}

// === impl ReadBuffers ===

impl ReadBuffers {
    /// Lets `fill` fill `length` bytes. `None` if it did not fill them all.
    pub(crate) fn filled(
        &self,
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Option<Bytes> {
        if !(WORTH_IT..=SIZE).contains(&length) {
            let mut buffer = vec![0; length];
            return (fill(&mut buffer)? == length).then(|| buffer.into());
        }
        let mut lent = LentBuffer {
            buffer: self.take(),
            filled: length,
            home: self.clone(),
        };
        let filled = fill(lent.buffer.get_mut(..length)?)?;
        (filled == length).then(|| Bytes::from_owner(lent))
    }

    fn take(&self) -> Vec<u8> {
        let waiting = self.waiting.lock().pop();
        waiting.unwrap_or_else(|| vec![0; SIZE])
    }
}

// === impl Lent ===

impl AsRef<[u8]> for LentBuffer {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for LentBuffer {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut waiting = self.home.waiting.lock();
        if waiting.len() < WAITING {
            waiting.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ReadBuffers, SIZE, WAITING, WORTH_IT};

    fn fill(byte: u8, count: usize) -> impl FnOnce(&mut [u8]) -> Option<usize> {
        move |buffer| {
            buffer.get_mut(..count)?.fill(byte);
            Some(count)
        }
    }

    #[test]
    fn a_buffer_used_again_shows_only_what_was_read_into_it() {
        let buffers = ReadBuffers::default();
        drop(buffers.filled(SIZE, fill(1, SIZE)).unwrap());
        let again = buffers.filled(WORTH_IT, fill(2, WORTH_IT)).unwrap();
        assert_eq!(again.len(), WORTH_IT);
        assert!(again.iter().all(|byte| *byte == 2));
    }

    #[test]
    fn a_short_read_gives_nothing() {
        let buffers = ReadBuffers::default();
        for length in [1, WORTH_IT, SIZE, SIZE + 1] {
            assert!(buffers.filled(length, fill(1, length - 1)).is_none());
            assert!(buffers.filled(length, |_| None).is_none());
        }
    }

    #[test]
    fn bytes_stay_as_they_are_while_somebody_holds_them() {
        let buffers = ReadBuffers::default();
        let held = buffers.filled(SIZE, fill(1, SIZE)).unwrap();
        let part = held.slice(10..20);
        drop(held);
        drop(buffers.filled(SIZE, fill(2, SIZE)).unwrap());
        assert_eq!(part, vec![1; 10]);
    }

    #[test]
    fn few_buffers_wait() {
        let buffers = ReadBuffers::default();
        let many: Vec<_> = (0..2 * WAITING)
            .map(|_| buffers.filled(SIZE, fill(1, SIZE)).unwrap())
            .collect();
        drop(many);
        assert_eq!(buffers.waiting.lock().len(), WAITING);
    }
}
