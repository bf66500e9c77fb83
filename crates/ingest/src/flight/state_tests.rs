//! Every sequence of events up to a depth is walked; the laws must hold in every state reached.

use super::{Phase, Sight, State, Withhold};
use std::collections::HashSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Event {
    Opened(Option<u64>),
    Appended(u64),
    CaughtUp,
    Diverged,
    Arrived,
    Lost,
    Kept,
    Failed,
}

const EVENTS: [Event; 10] = [
    Event::Opened(None),
    Event::Opened(Some(12)),
    Event::Appended(3),
    Event::Appended(8),
    Event::CaughtUp,
    Event::Diverged,
    Event::Arrived,
    Event::Lost,
    Event::Kept,
    Event::Failed,
];
const TAIL: u64 = 4;

fn apply(state: &mut State, event: Event) {
    match event {
        Event::Opened(length) => state.opened(length),
        Event::Appended(total) => state.appended(total),
        Event::CaughtUp => state.caught_up(),
        Event::Diverged => state.diverged(),
        Event::Arrived => state.arrived(),
        Event::Lost => state.attempt_lost(),
        Event::Kept => state.kept(),
        Event::Failed => state.failed(),
    }
}

/// Walks all sequences of `depth` events and hands every step to `check`.
fn walk(withhold: Withhold, depth: usize, check: &mut dyn FnMut(&State, Event, &State)) -> usize {
    let mut frontier = vec![State::new(withhold)];
    let mut seen = HashSet::new();
    for _ in 0..depth {
        let mut next = Vec::new();
        for before in &frontier {
            for event in EVENTS {
                let mut after = before.clone();
                apply(&mut after, event);
                check(before, event, &after);
                if seen.insert(format!("{after:?}")) {
                    next.push(after);
                }
            }
        }
        frontier = next;
    }
    seen.len()
}

#[test]
fn nothing_complete_is_shown_before_it_is_kept() {
    for withhold in [Withhold::Tail(TAIL), Withhold::All] {
        let states = walk(withhold, 9, &mut |_, _, after| {
            if after.phase() != Phase::Kept && after.phase() != Phase::Failed {
                let hidden = after.written.saturating_sub(after.shown());
                let current = !after.is_catching_up() && after.phase() != Phase::Opening;
                assert!(
                    !current || after.written == 0 || hidden >= after.written.min(TAIL),
                    "{after:?}"
                );
                assert_ne!(
                    after.look(after.shown(), after.epoch(), None),
                    Sight::End,
                    "{after:?}"
                );
            }
            if withhold == Withhold::All && after.phase() != Phase::Kept {
                assert_eq!(after.shown(), 0, "{after:?}");
            }
        });
        assert!(states > 20, "the walk reached only {states} states");
    }
}

#[test]
fn what_was_shown_stays_shown_or_its_readers_are_cut() {
    walk(Withhold::Tail(TAIL), 9, &mut |before, event, after| {
        let shrunk = after.shown() < before.shown();
        if shrunk {
            assert_eq!(event, Event::Diverged);
            assert_eq!(
                after.look(before.shown(), before.epoch(), None),
                Sight::Cut,
                "{before:?} {after:?}"
            );
        }
        assert!(after.epoch() == before.epoch() || event == Event::Diverged);
    });
}

#[test]
fn a_reader_with_nothing_yet_survives_a_divergence() {
    let mut state = State::new(Withhold::Tail(TAIL));
    for event in [
        Event::Opened(None),
        Event::Appended(8),
        Event::Lost,
        Event::Opened(None),
        Event::Appended(3),
        Event::Diverged,
    ] {
        apply(&mut state, event);
    }
    assert_eq!(state.look(0, 0, None), Sight::Wait);
    assert_eq!(state.look(2, 0, None), Sight::Cut);
}

#[test]
fn a_new_attempt_shows_nothing_until_it_caught_up() {
    let mut state = State::new(Withhold::Tail(TAIL));
    for event in [
        Event::Opened(Some(12)),
        Event::Appended(8),
        Event::Lost,
        Event::Opened(Some(12)),
        Event::Appended(8),
    ] {
        apply(&mut state, event);
    }
    assert!(state.is_catching_up());
    assert_eq!(state.shown(), 4);
    apply(&mut state, Event::Arrived);
    assert_eq!(
        state.phase(),
        Phase::Arriving,
        "an unproven prefix must not arrive"
    );
    apply(&mut state, Event::CaughtUp);
    assert!(!state.is_catching_up());
}

#[test]
fn a_reader_that_announced_another_length_is_cut() {
    let mut state = State::new(Withhold::Tail(TAIL));
    apply(&mut state, Event::Opened(Some(12)));
    assert_eq!(state.look(0, 0, Some(12)), Sight::Wait);
    apply(&mut state, Event::Appended(8));
    apply(&mut state, Event::Lost);
    apply(&mut state, Event::Opened(Some(9)));
    assert_eq!(state.look(4, 0, Some(12)), Sight::Cut);
    assert_eq!(state.look(0, 0, None), Sight::Bytes { until: 4 });
}

#[test]
fn the_end_states_are_final() {
    walk(Withhold::Tail(TAIL), 9, &mut |before, _, after| {
        if matches!(before.phase(), Phase::Kept | Phase::Failed) {
            assert_eq!(before.phase(), after.phase());
            assert_eq!(before.shown(), after.shown());
        }
    });
}
