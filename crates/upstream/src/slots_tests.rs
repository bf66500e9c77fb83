use super::{NoSlot, Slot, Slots, Worth};
use crate::{Waiters, Waiting};
use protocol::CallerKey;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::{Instant, advance, sleep};

const SOON: Duration = Duration::from_secs(1);

const A: CallerKey = CallerKey::new(1);
const B: CallerKey = CallerKey::new(2);

type Wait = Pin<Box<dyn Future<Output = Result<Slot, NoSlot>>>>;

async fn demand(slots: &Arc<Slots>) -> Option<Slot> {
    slots.slot(Worth::Waiting, SOON).await.ok()
}

/// Work of its own that these callers wait for.
async fn work(callers: &[CallerKey]) -> (Waiters, Vec<Waiting>) {
    let work = Waiters::new();
    let mut waiting = Vec::new();
    for caller in callers {
        waiting.push(join(&work, *caller).await);
    }
    (work, waiting)
}

async fn join(work: &Waiters, caller: CallerKey) -> Waiting {
    let request = Waiters::of_request(caller);
    request.scope(async { work.join().unwrap() }).await
}

/// The work's waiting for a slot.
fn wait(slots: &Arc<Slots>, work: &Waiters) -> Wait {
    let slots = Arc::clone(slots);
    Box::pin(
        work.clone()
            .scope(async move { slots.slot(Worth::Waiting, SOON).await }),
    )
}

/// How the waiting ended, if it did by now.
fn ended(wait: &mut Wait) -> Option<Result<Slot, NoSlot>> {
    let mut cx = Context::from_waker(Waker::noop());
    match wait.as_mut().poll(&mut cx) {
        Poll::Ready(slot) => Some(slot),
        Poll::Pending => None,
    }
}

#[tokio::test(start_paused = true)]
async fn one_with_ten_thousand_waits_and_one_with_one_take_turns() {
    let slots = Slots::new(64);
    let (crowd, _waiting) = work(&[A]).await;
    let mut held = Vec::new();
    let mut waits: Vec<Wait> = (0..10_000).map(|_| wait(&slots, &crowd)).collect();
    for wait in &mut waits {
        held.extend(ended(wait).transpose().unwrap());
    }
    assert_eq!(held.len(), 48, "three quarters of 64");
    let (single, _waiting) = work(&[B]).await;
    let mut others: Vec<Wait> = (0..100).map(|_| wait(&slots, &single)).collect();
    let at_once = others.iter_mut().filter_map(ended).count();
    assert!(at_once >= 9, "{at_once} of 16 free slots");
}

#[tokio::test(start_paused = true)]
async fn slots_that_come_free_go_round_the_callers() {
    let slots = Slots::new(1);
    let held = demand(&slots).await;
    let (of_a, _a) = work(&[A]).await;
    let (of_b, _b) = work(&[B]).await;
    let mut waits: Vec<Wait> = [&of_a, &of_a, &of_a, &of_b]
        .map(|work| wait(&slots, work))
        .into();
    assert!(waits.iter_mut().all(|wait| ended(wait).is_none()));
    drop(held);
    let mut order = Vec::new();
    while !waits.iter().all(|_| order.len() == 4) {
        for (number, wait) in waits.iter_mut().enumerate() {
            if !order.contains(&number)
                && let Some(slot) = ended(wait)
            {
                order.push(number);
                drop(slot.unwrap());
            }
        }
    }
    assert_eq!(order, [0, 3, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_leaves_its_place() {
    let slots = Slots::new(1);
    let held = demand(&slots).await;
    let (left, waiting) = work(&[A]).await;
    let (kept, mut joined) = work(&[A]).await;
    let (mut given_up, mut goes_on) = (wait(&slots, &left), wait(&slots, &kept));
    assert!(ended(&mut given_up).is_none() && ended(&mut goes_on).is_none());
    joined.push(join(&kept, B).await);
    drop(waiting);
    // A leaves both; B stays with one.
    drop(joined.remove(0));
    assert_eq!(ended(&mut given_up).unwrap().unwrap_err(), NoSlot::GivenUp);
    assert!(left.is_closed() && left.join().is_none());
    drop(held);
    let slot = ended(&mut goes_on).unwrap().unwrap();
    drop(joined);
    assert!(!kept.close_if_alone(), "what was sent is finished");
    drop(slot);
    let nobody = wait(&slots, &left).await;
    assert_eq!(nobody.unwrap_err(), NoSlot::GivenUp, "also with slots free");
}

#[tokio::test(start_paused = true)]
async fn who_joins_brings_a_turn_and_patience_of_its_own() {
    let slots = Slots::new(1);
    let held = demand(&slots).await;
    let ahead = Waiters::new();
    let _unasked = ahead.join_unasked();
    let (of_a, _a) = work(&[A]).await;
    let mut first = wait(&slots, &ahead);
    let mut second = wait(&slots, &of_a);
    assert!(ended(&mut first).is_none() && ended(&mut second).is_none());
    let begun = Instant::now();
    advance(Duration::from_millis(999)).await;
    let _b = join(&ahead, B).await;
    assert!(ended(&mut first).is_none());
    // A's patience is over, that of B has just begun.
    assert_eq!(second.await.unwrap_err(), NoSlot::Saturated);
    assert_eq!(begun.elapsed(), SOON);
    drop(held);
    assert!(ended(&mut first).unwrap().is_ok());
}

/// What a source 200 ms away makes of a crowd, in its time: each slot is held for one answer.
#[tokio::test(start_paused = true)]
async fn beside_ten_thousand_of_one_caller_another_is_served_in_its_own_time() {
    const ANSWER: Duration = Duration::from_millis(200);
    let slots = Slots::new(64);
    let (crowd, _waiting) = work(&[A]).await;
    for _ in 0..10_000 {
        let slots = Arc::clone(&slots);
        tokio::spawn(crowd.clone().scope(async move {
            let slot = slots.slot(Worth::Waiting, Duration::from_mins(5)).await;
            sleep(ANSWER).await;
            drop(slot);
        }));
    }
    sleep(Duration::from_secs(1)).await;
    for _ in 0..20 {
        let (single, _waiting) = work(&[B]).await;
        let begun = Instant::now();
        let served = single.scope(async {
            let slot = slots.slot(Worth::Waiting, SOON).await;
            sleep(ANSWER).await;
            slot
        });
        assert!(served.await.is_ok());
        assert!(begun.elapsed() <= ANSWER * 2, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_has_begun_waits_for_its_turn_and_is_not_given_up() {
    let slots = Slots::new(1);
    let held = slots.turn().await;
    let (begun, waiting) = work(&[A]).await;
    let turn = {
        let slots = Arc::clone(&slots);
        tokio::spawn(begun.clone().scope(async move { slots.turn().await }))
    };
    tokio::task::yield_now().await;
    drop(waiting);
    drop(held);
    assert!(turn.await.unwrap().is_some());
}
