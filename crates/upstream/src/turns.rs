//! Turns: entries that wait, one of each caller at a time. Pure.
//!
//! A caller with ten thousand entries has one turn, as a caller with a single one has. Within a
//! caller the order is that of coming. An entry may stand in the lines of several callers; whoever
//! takes it out takes it out of all ([`Turns::remove`]).

use std::collections::{BTreeSet, HashMap, VecDeque};

use protocol::CallerKey;

/// The number of an entry; later ones are larger.
pub(crate) type Entry = u64;

/// The lines of all callers.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    lines: HashMap<CallerKey, BTreeSet<Entry>>,
    /// Callers with a line, the next one first.
    order: VecDeque<CallerKey>,
}

// === impl Turns ===

impl Turns {
    /// Puts an entry into a caller's line.
    pub(crate) fn insert(&mut self, caller: CallerKey, entry: Entry) {
        let line = self.lines.entry(caller).or_insert_with(|| {
            self.order.push_back(caller);
            BTreeSet::new()
        });
        line.insert(entry);
    }

    /// Takes an entry out of a caller's line.
    pub(crate) fn remove(&mut self, caller: CallerKey, entry: Entry) {
        let Some(line) = self.lines.get_mut(&caller) else {
            return;
        };
        line.remove(&entry);
        if line.is_empty() {
            self.lines.remove(&caller);
            self.order.retain(|other| *other != caller);
        }
    }

    /// The entry whose turn it is, among callers who may have one more; its caller goes to the end of
    /// the round. The entry stays in line until it is removed.
    pub(crate) fn next(&mut self, may: impl Fn(CallerKey) -> bool) -> Option<(CallerKey, Entry)> {
        let at = self.order.iter().position(|caller| may(*caller))?;
        let caller = self.order.remove(at)?;
        self.order.push_back(caller);
        let first = self.lines.get(&caller)?.first()?;
        Some((caller, *first))
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;
    use protocol::CallerKey;

    const A: CallerKey = CallerKey::new(1);
    const B: CallerKey = CallerKey::new(2);

    fn taken(turns: &mut Turns, of: &[CallerKey]) -> Vec<u64> {
        let mut taken = Vec::new();
        while let Some((_, entry)) = turns.next(|caller| of.contains(&caller)) {
            for caller in [A, B] {
                turns.remove(caller, entry);
            }
            taken.push(entry);
        }
        taken
    }

    #[test]
    fn callers_take_turns_and_each_keeps_its_order() {
        let mut turns = Turns::default();
        for entry in [1, 2, 3, 4] {
            turns.insert(A, entry);
        }
        turns.insert(B, 5);
        turns.insert(B, 6);
        assert_eq!(taken(&mut turns, &[A, B]), [1, 5, 2, 6, 3, 4]);
        assert!(turns.is_empty());
    }

    #[test]
    fn who_may_not_is_passed_over_and_keeps_its_place() {
        let mut turns = Turns::default();
        turns.insert(A, 1);
        turns.insert(B, 2);
        turns.insert(B, 3);
        assert_eq!(taken(&mut turns, &[B]), [2, 3]);
        assert_eq!(taken(&mut turns, &[A]), [1]);
    }

    #[test]
    fn what_two_wait_for_is_taken_once() {
        let mut turns = Turns::default();
        turns.insert(A, 1);
        turns.insert(A, 2);
        turns.insert(B, 2);
        assert_eq!(taken(&mut turns, &[A, B]), [1, 2]);
        assert!(turns.is_empty());
    }
}
