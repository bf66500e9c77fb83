use super::{super::Priority, Bulkhead, NoSlot, Slot};
use crate::{
    CallerKey,
    RequestClass::{self, Metadata, Sumdb, Versions, Zip},
    Waiters, Waiting,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::{Instant, advance};

const SOON: Duration = Duration::from_secs(1);

const A: CallerKey = CallerKey::new(1);
const B: CallerKey = CallerKey::new(2);

type Wait = Pin<Box<dyn Future<Output = Result<Slot, NoSlot>>>>;

async fn demand(bulkhead: &Bulkhead, class: RequestClass) -> Option<Slot> {
    bulkhead.slot(class, Priority::Demand, SOON).await.ok()
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
fn wait(bulkhead: &Arc<Bulkhead>, work: &Waiters) -> Wait {
    let bulkhead = Arc::clone(bulkhead);
    Box::pin(
        work.clone()
            .scope(async move { bulkhead.slot(Zip, Priority::Demand, SOON).await }),
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
async fn artifacts_and_databases_do_not_take_each_others_slots() {
    let bulkhead = Bulkhead::new(2);
    let mut held = Vec::new();
    for class in [Zip, Versions] {
        held.push(demand(&bulkhead, class).await);
    }
    assert!(!bulkhead.has_room(Metadata) && bulkhead.has_room(Sumdb));
    let refused = demand(&bulkhead, Metadata).await;
    assert!(refused.is_none());
    for _ in 0..4 {
        held.push(demand(&bulkhead, Sumdb).await);
    }
    assert!(held.iter().all(Option::is_some));
    assert!(bulkhead.spare(Sumdb).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_holds_half_and_never_the_last_that_demand_needs() {
    let bulkhead = Bulkhead::new(4);
    let ahead = async |class| {
        let slot = bulkhead.slot(class, Priority::Background, SOON);
        slot.await.ok()
    };
    let (first, second) = (ahead(Zip).await, ahead(Zip).await);
    assert!(first.is_some() && second.is_some());
    assert!(ahead(Zip).await.is_none());
    drop(first);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(demand(&bulkhead, Zip).await);
    }
    assert!(held.iter().all(Option::is_some));
    assert!(ahead(Zip).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_with_ten_thousand_waits_and_one_with_one_take_turns() {
    let bulkhead = Arc::new(Bulkhead::new(64));
    let (crowd, _waiting) = work(&[A]).await;
    let mut slots = Vec::new();
    let mut waits: Vec<Wait> = (0..10_000).map(|_| wait(&bulkhead, &crowd)).collect();
    for wait in &mut waits {
        slots.extend(ended(wait).transpose().unwrap());
    }
    assert_eq!(slots.len(), 48, "three quarters of 64");
    let (single, _waiting) = work(&[B]).await;
    let mut others: Vec<Wait> = (0..100).map(|_| wait(&bulkhead, &single)).collect();
    let at_once = others.iter_mut().filter_map(ended).count();
    assert!(at_once >= 9, "{at_once} of 16 free slots");
}

#[tokio::test(start_paused = true)]
async fn slots_that_come_free_go_round_the_callers() {
    let bulkhead = Arc::new(Bulkhead::new(1));
    let held = demand(&bulkhead, Zip).await;
    let (of_a, _a) = work(&[A]).await;
    let (of_b, _b) = work(&[B]).await;
    let mut waits: Vec<Wait> = [&of_a, &of_a, &of_a, &of_b]
        .map(|work| wait(&bulkhead, work))
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
    let bulkhead = Arc::new(Bulkhead::new(1));
    let held = demand(&bulkhead, Zip).await;
    let (left, waiting) = work(&[A]).await;
    let (kept, mut joined) = work(&[A]).await;
    let (mut given_up, mut goes_on) = (wait(&bulkhead, &left), wait(&bulkhead, &kept));
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
    let nobody = wait(&bulkhead, &left).await;
    assert_eq!(nobody.unwrap_err(), NoSlot::GivenUp, "also with slots free");
}

#[tokio::test(start_paused = true)]
async fn who_joins_brings_a_turn_and_patience_of_its_own() {
    let bulkhead = Arc::new(Bulkhead::new(1));
    let held = demand(&bulkhead, Zip).await;
    let ahead = Waiters::new();
    let _unasked = ahead.join_unasked();
    let (of_a, _a) = work(&[A]).await;
    let mut first = wait(&bulkhead, &ahead);
    let mut second = wait(&bulkhead, &of_a);
    assert!(ended(&mut first).is_none() && ended(&mut second).is_none());
    let begun = Instant::now();
    advance(SOON - Duration::from_millis(1)).await;
    let _b = join(&ahead, B).await;
    assert!(ended(&mut first).is_none());
    // A's patience is over, that of B has just begun.
    assert_eq!(second.await.unwrap_err(), NoSlot::Saturated);
    assert_eq!(begun.elapsed(), SOON);
    drop(held);
    assert!(ended(&mut first).unwrap().is_ok());
}
