//! Many at once, and what they may take from each other.

use codes::Code;
use futures_util::future::join_all;
use upstream::{DatabaseOutcome, RequestClass, UpstreamOptions};

use crate::kit::{Fake, PATH, SHORT, Script, absent, found, options, text, unavailable, upstreams};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_walks_at_once_get_each_their_own_answer() {
    let first = Fake::start(|asked, _| match asked.target.as_bytes().last() {
        Some(b'0') => Script::ok(&asked.target),
        Some(b'1') => Script::status(500, "", ""),
        _ => Script::absent(&asked.target),
    })
    .await;
    let second = Fake::start(|asked, _| match asked.target.as_bytes().last() {
        Some(b'2') => Script::ok(&asked.target),
        _ => Script::absent(&asked.target),
    })
    .await;
    let upstreams = upstreams(&format!("{},{}", first.url(), second.url()), &options());
    let walks = (0..32).map(|number| {
        let upstreams = upstreams.clone();
        tokio::spawn(async move {
            let path = format!("example.com/m/{number}/{}", number % 4);
            let outcome = upstreams.walk(&path).next().await;
            match number % 4 {
                0 | 2 => assert_eq!(text(found(outcome)).await, format!("/{path}")),
                1 => assert_eq!(unavailable(outcome).code, Code::UpstreamUnwell),
                _ => assert_eq!(absent(outcome).text, format!("/{path}")),
            }
        })
    });
    join_all(walks).await.into_iter().for_each(Result::unwrap);
    assert_eq!((first.count(), second.count()), (32, 16));
}

#[tokio::test]
async fn requests_in_flight_are_bounded_per_source() {
    let hanging = Fake::always(Script::hang()).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    let options = UpstreamOptions {
        max_in_flight: 2,
        header: SHORT,
        ..options()
    };
    let upstreams = upstreams(&format!("{}|{}", hanging.url(), good.url()), &options);
    let walks = (0..8).map(|_| {
        let mut walk = upstreams.walk(PATH);
        async move { text(found(walk.next().await)).await }
    });
    // Two hang at the first source and time out, the others time out waiting for a slot there; the
    // second source answers all of them, two at a time.
    assert_eq!(join_all(walks).await, ["module m\n"; 8]);
    assert!(hanging.count() <= 4, "{}", hanging.count());
    assert_eq!(good.count(), 8);
}

#[tokio::test]
async fn waiting_for_a_slot_ends_at_the_header_deadline() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let options = UpstreamOptions {
        max_in_flight: 1,
        header: SHORT,
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    let held = found(upstreams.walk(PATH).next().await);
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamTimeout);
    assert!(
        outage.summary.contains("1 requests are in flight"),
        "{outage:?}"
    );
    assert_eq!(fake.count(), 1);
    drop(held);
    found(upstreams.walk(PATH).next().await);
}

#[tokio::test]
async fn a_slot_is_free_as_soon_as_the_body_is_whole() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let options = UpstreamOptions {
        max_in_flight: 1,
        header: SHORT,
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    let mut held = found(upstreams.walk(PATH).next().await);
    while held.chunk().await.unwrap().is_some() {}
    found(upstreams.walk(PATH).next().await);
    drop(held);
}

#[tokio::test]
async fn connections_are_used_again() {
    let fake = Fake::start(|_, number| {
        if number % 2 == 0 {
            Script::ok("module m\n")
        } else {
            Script::absent("none")
        }
    })
    .await;
    let upstreams = upstreams(&fake.url(), &options());
    for _ in 0..4 {
        text(found(upstreams.walk(PATH).next().await)).await;
        absent(upstreams.walk(PATH).next().await);
    }
    assert!(
        fake.asked().iter().all(|asked| asked.connection == 0),
        "{:?}",
        fake.asked()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn walks_and_databases_may_be_asked_from_any_thread() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let upstreams = upstreams(&fake.url(), &options());
    let (for_walk, for_database) = (upstreams.clone(), upstreams);
    let walk = tokio::spawn(async move { for_walk.walk(PATH).next().await });
    let database =
        tokio::spawn(async move { for_database.sumdb("sum.golang.org", "latest").await });
    found(walk.await.unwrap());
    assert!(matches!(database.await.unwrap(), DatabaseOutcome::Found(_)));
}

#[tokio::test]
async fn what_nobody_waits_for_leaves_half_of_the_slots_to_demand() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let options = UpstreamOptions {
        max_in_flight: 4,
        header: SHORT,
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    let ahead = || upstreams.walk(PATH).in_background();
    let held = [
        found(ahead().next().await),
        found(ahead().next().await),
        found(upstreams.walk(PATH).next().await),
    ];
    // The third in the background waits for one of its own two places, and not for the free slot.
    assert_eq!(
        unavailable(ahead().next().await).code,
        Code::UpstreamTimeout
    );
    let last = found(upstreams.walk(PATH).next().await);
    let [first, ..] = held;
    drop(first);
    assert!(upstreams.calm(RequestClass::Metadata));
    let more = found(upstreams.walk(PATH).next().await);
    // Now demand holds three and the background one: no slot is free, and none is waited for.
    assert!(!upstreams.calm(RequestClass::Metadata));
    let begun = tokio::time::Instant::now();
    assert_eq!(
        unavailable(ahead().next().await).code,
        Code::UpstreamTimeout
    );
    assert!(begun.elapsed() < SHORT / 2);
    drop((last, more));
    found(ahead().next().await);
}
