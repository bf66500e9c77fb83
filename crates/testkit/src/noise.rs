//! Seeded noise: the same bytes on every machine and in every run, and incompressible.

use crate::oracle::Seed;

/// `length` bytes that depend on `seed` only.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut source = Seed::fixed(seed);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&source.next_u64().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        assert_eq!(bytes(7, 100), bytes(7, 100));
        assert_ne!(bytes(7, 100), bytes(8, 100));
    }

    #[test]
    fn the_first_value_for_seed_zero_is_the_published_one() {
        assert_eq!(bytes(0, 8), 0xe220_a839_7b1d_cdaf_u64.to_le_bytes());
    }
}
