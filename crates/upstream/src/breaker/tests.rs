//! Every rule of the breaker, and all short histories of it.

use super::{
    Admission, Breaker, BreakerState, DOUBT, FORCED_AGAIN, Force, LONGEST_REST, MIN_REQUESTS,
    PUT_OFF, Signal, State, Ticket, UNANSWERED_IN_A_ROW, Verdict,
};
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn go(breaker: &mut Breaker, now: Instant) -> Ticket {
    match breaker.admit(now) {
        Admission::Go(ticket) => ticket,
        other => panic!("no leave: {other:?}"),
    }
}

fn refused(breaker: &mut Breaker, now: Instant) -> Duration {
    match breaker.admit(now) {
        Admission::Refused { again } => again,
        other => panic!("not refused: {other:?}"),
    }
}

fn send(breaker: &mut Breaker, now: Instant, verdicts: &[Verdict]) {
    for verdict in verdicts {
        let ticket = go(breaker, now);
        breaker.record(ticket, *verdict, now, 0.0);
    }
}

/// A breaker that has just opened, for the first time.
fn opened(now: Instant) -> Breaker {
    let mut breaker = Breaker::new(now);
    send(
        &mut breaker,
        now,
        &[Verdict::Silent; UNANSWERED_IN_A_ROW as usize],
    );
    assert_eq!(breaker.state(now), BreakerState::Open);
    breaker
}

/// Answers the question of a doubtful breaker.
fn answer(breaker: &mut Breaker, now: Instant, signal: Signal) {
    let question = breaker.question().unwrap();
    breaker.answered(question, signal, now, 0.0);
}

#[tokio::test(start_paused = true)]
async fn half_of_ten_requests_make_it_doubt_and_nothing_less() {
    let now = Instant::now();
    for good in 0..=20_usize {
        for bad in 0..=20_usize {
            let mut breaker = Breaker::new(now);
            // Good ones first, so that the ratio is lowest at the end.
            send(&mut breaker, now, &vec![Verdict::Good; good]);
            let mut doubt = None;
            for number in 1..=bad {
                send(&mut breaker, now, &[Verdict::Bad]);
                if breaker.question().is_some() {
                    doubt = Some(number);
                    break;
                }
            }
            let due = (1..=bad).find(|bad| good + bad >= MIN_REQUESTS as usize && *bad >= good);
            assert_eq!(doubt, due, "{good} good, {bad} bad");
            assert_eq!(breaker.state(now), BreakerState::Closed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_source_says_decides_a_doubt() {
    let now = Instant::now();
    for (signal, after) in [
        (Signal::Good, BreakerState::Closed),
        (Signal::Limited, BreakerState::Closed),
        (Signal::Unwell, BreakerState::Open),
        (Signal::Silent, BreakerState::Open),
    ] {
        for verdicts in [
            &[Verdict::Bad; 10][..],
            &[Verdict::Unanswered; 5],
            &[
                Verdict::Silent,
                Verdict::Unanswered,
                Verdict::Silent,
                Verdict::Silent,
                Verdict::Silent,
            ],
        ] {
            let mut breaker = Breaker::new(now);
            send(&mut breaker, now, verdicts);
            answer(&mut breaker, now, signal);
            assert_eq!(breaker.state(now), after, "{signal:?} {verdicts:?}");
            if after == BreakerState::Closed {
                // What failed is forgotten: it was about what was asked for.
                send(&mut breaker, now, &verdicts[1..]);
                assert_eq!(breaker.question(), None);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubt_is_asked_once_and_an_old_answer_is_not_heard() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    send(&mut breaker, now, &[Verdict::Bad; 10]);
    let question = breaker.question().unwrap();
    send(&mut breaker, now, &[Verdict::Bad; 10]);
    assert_eq!(breaker.question(), None);
    // It opened meanwhile, for another reason.
    breaker.trip(now, 0.0);
    breaker.answered(question, Signal::Good, now, 0.0);
    assert_eq!(breaker.state(now), BreakerState::Open);
    // Where nobody could ask, the doubt ends, and the next failure is a new one.
    let mut breaker = Breaker::new(now);
    send(&mut breaker, now, &[Verdict::Bad; 10]);
    assert!(breaker.question().is_some());
    send(&mut breaker, now + DOUBT, &[Verdict::Bad]);
    assert!(breaker.question().is_some());
}

#[tokio::test(start_paused = true)]
async fn no_connection_in_a_row_trips_it_and_any_answer_breaks_the_row() {
    let now = Instant::now();
    opened(now);
    for answer in [
        Verdict::Good,
        Verdict::Bad,
        Verdict::Neutral,
        Verdict::Unanswered,
        Verdict::Rest(Some(Duration::ZERO)),
    ] {
        let mut breaker = Breaker::new(now);
        send(&mut breaker, now, &[Verdict::Silent; 4]);
        send(&mut breaker, now, &[answer]);
        send(&mut breaker, now, &[Verdict::Silent; 4]);
        assert_eq!(breaker.state(now), BreakerState::Closed, "{answer:?}");
    }
    let mut breaker = Breaker::new(now);
    send(&mut breaker, now, &[Verdict::Silent; 4]);
    send(&mut breaker, now, &[Verdict::Void; 4]);
    send(&mut breaker, now, &[Verdict::Silent]);
    assert_eq!(breaker.state(now), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn proven_silence_opens_a_closed_one_at_once() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    breaker.trip(now, 0.0);
    assert_eq!(refused(&mut breaker, now), SECOND);
    // An open one is not held open longer by it, nor a forced one moved.
    breaker.trip(now + SECOND, 0.0);
    assert!(go(&mut breaker, now + SECOND).is_probe());
    breaker.force(Force::Closed);
    breaker.trip(now, 0.0);
    assert_eq!(breaker.state(now), BreakerState::ForcedClosed);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_answers_and_prove_nothing() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    send(&mut breaker, now, &[Verdict::Neutral; 1000]);
    assert_eq!(breaker.state(now), BreakerState::Closed);
    let later = now + 2 * SECOND;
    let mut breaker = opened(now);
    for _ in 0..3 {
        send(&mut breaker, later, &[Verdict::Neutral]);
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_eleven_seconds_ago_are_forgotten() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    send(&mut breaker, now, &[Verdict::Bad; 9]);
    send(&mut breaker, now + 11 * SECOND, &[Verdict::Bad]);
    assert_eq!(breaker.state(now + 11 * SECOND), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_time_doubles_from_one_second_to_sixty_and_a_success_forgets_it() {
    let mut now = Instant::now();
    let mut breaker = opened(now);
    for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(refused(&mut breaker, now), Duration::from_secs(expected));
        now += Duration::from_millis(expected * 1000 - 1);
        assert_eq!(breaker.state(now), BreakerState::Open);
        now += Duration::from_millis(1);
        send(&mut breaker, now, &[Verdict::Bad]);
        answer(&mut breaker, now, Signal::Unwell);
    }
    now += 60 * SECOND;
    send(&mut breaker, now, &[Verdict::Good]);
    assert_eq!(breaker.state(now), BreakerState::Closed);
    send(&mut breaker, now, &[Verdict::Silent; 5]);
    assert_eq!(refused(&mut breaker, now), SECOND);
}

#[tokio::test(start_paused = true)]
async fn jitter_adds_at_most_half() {
    let now = Instant::now();
    for (jitter, expected) in [(0.0, 1.0), (0.5, 1.25), (1.0, 1.5), (9.0, 1.5)] {
        let mut breaker = Breaker::new(now);
        for _ in 0..UNANSWERED_IN_A_ROW {
            let ticket = go(&mut breaker, now);
            breaker.record(ticket, Verdict::Silent, now, jitter);
        }
        let again = refused(&mut breaker, now);
        assert_eq!(again, Duration::from_secs_f64(expected), "{jitter}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_probe_passes_and_the_others_are_undecided() {
    let now = Instant::now();
    let later = now + SECOND;
    for (verdict, after) in [
        (Verdict::Good, BreakerState::Closed),
        (Verdict::Bad, BreakerState::HalfOpen),
        (Verdict::Unanswered, BreakerState::HalfOpen),
        (Verdict::Silent, BreakerState::Open),
        (Verdict::Neutral, BreakerState::HalfOpen),
        (Verdict::Void, BreakerState::HalfOpen),
    ] {
        let mut breaker = opened(now);
        let probe = go(&mut breaker, later);
        assert!(probe.is_probe());
        for _ in 0..5 {
            assert!(matches!(breaker.admit(later), Admission::Undecided { .. }));
        }
        breaker.record(probe, verdict, later, 0.0);
        assert_eq!(breaker.state(later), after, "{verdict:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_is_a_doubt_and_nobody_is_let_through_before_its_answer() {
    let now = Instant::now();
    let later = now + SECOND;
    for (signal, after) in [
        (Signal::Good, BreakerState::Closed),
        (Signal::Unwell, BreakerState::Open),
    ] {
        let mut breaker = opened(now);
        send(&mut breaker, later, &[Verdict::Bad]);
        assert!(matches!(breaker.admit(later), Admission::Undecided { .. }));
        answer(&mut breaker, later, signal);
        assert_eq!(breaker.state(later), after);
    }
    let mut breaker = opened(now);
    send(&mut breaker, later, &[Verdict::Bad]);
    assert!(go(&mut breaker, later + DOUBT).is_probe());
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_it_opened_neither_closes_nor_extends_it() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    let early: Vec<Ticket> = (0..3).map(|_| go(&mut breaker, now)).collect();
    send(&mut breaker, now, &[Verdict::Silent; 5]);
    for (ticket, verdict) in early
        .iter()
        .zip([Verdict::Good, Verdict::Bad, Verdict::Silent])
    {
        breaker.record(*ticket, verdict, now, 0.0);
        assert_eq!(refused(&mut breaker, now), SECOND);
    }
    let probe = go(&mut breaker, now + SECOND);
    for ticket in early {
        breaker.record(ticket, Verdict::Good, now + SECOND, 0.0);
    }
    assert_eq!(breaker.state(now + SECOND), BreakerState::HalfOpen);
    breaker.record(probe, Verdict::Good, now + SECOND, 0.0);
    assert_eq!(breaker.state(now + SECOND), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn deadlines_of_an_earlier_outage_do_not_open_it_again() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    let early: Vec<Ticket> = (0..20).map(|_| go(&mut breaker, now)).collect();
    send(&mut breaker, now, &[Verdict::Silent; 5]);
    let later = now + SECOND;
    send(&mut breaker, later, &[Verdict::Good]);
    for ticket in early {
        breaker.record(ticket, Verdict::Silent, later, 0.0);
    }
    assert_eq!(breaker.state(later), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_break_after_good_headers_make_it_doubt() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    for number in 1..=10 {
        send(&mut breaker, now, &[Verdict::Good]);
        breaker.recant(now, 0.0);
        let doubts = breaker.question().is_some();
        assert_eq!(doubts, number == 10, "after {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_obeyed_within_bounds_and_is_no_illness() {
    let now = Instant::now();
    for (said, rest) in [
        (None, SECOND),
        (Some(17 * SECOND), 17 * SECOND),
        (Some(3600 * SECOND), LONGEST_REST),
    ] {
        let mut breaker = Breaker::new(now);
        let other = go(&mut breaker, now);
        send(&mut breaker, now, &[Verdict::Rest(said)]);
        assert_eq!(breaker.state(now), BreakerState::Open);
        assert!(!breaker.wants_probe());
        assert_eq!(refused(&mut breaker, now), rest);
        // Another answer does not end the rest.
        breaker.record(other, Verdict::Good, now, 0.0);
        assert_eq!(refused(&mut breaker, now), rest);
        assert!(!go(&mut breaker, now + rest).is_probe());
        assert_eq!(breaker.state(now + rest), BreakerState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_prober_ends_the_time_early_or_puts_its_end_off() {
    let now = Instant::now();
    let mut breaker = opened(now);
    breaker.probed(Signal::Unwell, now);
    assert_eq!(refused(&mut breaker, now), SECOND);
    breaker.probed(Signal::Silent, now);
    assert_eq!(refused(&mut breaker, now), PUT_OFF);
    // No client is spent on a silent source for as long as the prober finds it so.
    let mut at = now;
    for _ in 0..1000 {
        at += 2 * SECOND;
        breaker.probed(Signal::Silent, at);
        assert!(breaker.refusal(at + 2 * SECOND).is_some());
    }
    breaker.probed(Signal::Good, at);
    assert_eq!(breaker.state(at), BreakerState::HalfOpen);
    send(&mut breaker, at, &[Verdict::Silent]);
    assert_eq!(refused(&mut breaker, at), SECOND, "the doubling began anew");
    // Closed and half-open breakers do not listen to it.
    let mut breaker = Breaker::new(now);
    breaker.probed(Signal::Good, now);
    assert_eq!(breaker.state(now), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn forced_states_learn_nothing_and_end_closed() {
    let now = Instant::now();
    let mut breaker = Breaker::new(now);
    breaker.force(Force::Open);
    assert_eq!(refused(&mut breaker, now + 1000 * SECOND), FORCED_AGAIN);
    assert!(!breaker.wants_probe());
    breaker.probed(Signal::Good, now);
    assert_eq!(breaker.state(now), BreakerState::ForcedOpen);
    breaker.force(Force::Closed);
    send(&mut breaker, now, &[Verdict::Silent; 100]);
    assert_eq!(breaker.state(now), BreakerState::ForcedClosed);
    breaker.force(Force::Off);
    assert_eq!(breaker.state(now), BreakerState::Closed);
    send(&mut breaker, now, &[Verdict::Silent; 4]);
    assert_eq!(breaker.state(now), BreakerState::Closed);
}

/// What can happen to a breaker.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask,
    End(Verdict),
    Broken,
    Asked(Signal),
    Probed(Signal),
    Wait(Duration),
    Force(Force),
}

/// All histories of six steps, with half-open breakers, near trips and near doubts among their beginnings: at
/// no moment are two probes out, an open breaker lets nothing through, and no state is a trap.
#[tokio::test(start_paused = true)]
async fn in_all_short_histories_one_probe_at_most_is_out() {
    const STEPS: [Step; 13] = [
        Step::Ask,
        Step::End(Verdict::Good),
        Step::End(Verdict::Silent),
        Step::End(Verdict::Unanswered),
        Step::End(Verdict::Void),
        Step::End(Verdict::Rest(None)),
        Step::Broken,
        Step::Asked(Signal::Unwell),
        Step::Probed(Signal::Good),
        Step::Probed(Signal::Silent),
        Step::Wait(SECOND),
        Step::Force(Force::Open),
        Step::Force(Force::Off),
    ];
    let now = Instant::now();
    let mut nearly = Breaker::new(now);
    send(&mut nearly, now, &[Verdict::Silent; 4]);
    let mut nearly_doubtful = Breaker::new(now);
    send(&mut nearly_doubtful, now, &[Verdict::Bad; 9]);
    let mut seen = 0;
    for start in [nearly, nearly_doubtful, opened(now)] {
        seen += explore(&start, now, &[], &STEPS, 6);
    }
    assert_eq!(
        seen,
        3 * (1..=6).map(|depth| 13_usize.pow(depth)).sum::<usize>()
    );
}

fn explore(before: &Breaker, now: Instant, out: &[Ticket], steps: &[Step], depth: usize) -> usize {
    if depth == 0 {
        return 0;
    }
    let mut seen = 0;
    for step in steps {
        let (mut breaker, mut out, mut now) = (before.clone(), out.to_vec(), now);
        take(&mut breaker, &mut out, &mut now, *step);
        check(&breaker, &out, now);
        seen += 1 + explore(&breaker, now, &out, steps, depth - 1);
    }
    seen
}

fn take(breaker: &mut Breaker, out: &mut Vec<Ticket>, now: &mut Instant, step: Step) {
    match step {
        Step::Ask => {
            let state = breaker.state(*now);
            match breaker.admit(*now) {
                Admission::Go(ticket) => {
                    assert!(!state.is_open());
                    out.push(ticket);
                }
                Admission::Undecided { .. } => assert_eq!(state, BreakerState::HalfOpen),
                Admission::Refused { again } => {
                    assert!(state.is_open() && again > Duration::ZERO);
                }
            }
        }
        Step::End(verdict) => {
            if let Some(ticket) = out.pop() {
                breaker.record(ticket, verdict, *now, 0.0);
            }
        }
        Step::Broken => breaker.recant(*now, 0.0),
        Step::Asked(signal) => {
            if let Some(question) = breaker.question() {
                breaker.answered(question, signal, *now, 0.0);
            }
        }
        Step::Probed(signal) => breaker.probed(signal, *now),
        Step::Wait(time) => *now += time,
        Step::Force(force) => breaker.force(force),
    }
}

fn check(breaker: &Breaker, out: &[Ticket], now: Instant) {
    let heard = |ticket: &&Ticket| ticket.probe && ticket.epoch == breaker.epoch;
    let probes = out.iter().filter(heard).count();
    let probing = breaker.state == State::HalfOpen { probing: true };
    assert_eq!(probes, usize::from(probing), "{breaker:?} {out:?}");
    // Left alone, every state but a forced one lets a request through in the end.
    if breaker.forced.is_none() && !probing {
        let mut later = breaker.clone();
        let admission = later.admit(now + Duration::from_mins(2));
        assert!(matches!(admission, Admission::Go(_)), "{breaker:?}");
    }
}
