//! What is asked a second time, when, and what never is.

use super::{Event, Patient, ZIP, heard, wear_out};
use crate::kit::{Fake, PATH, SHORT, Script, found, options, text, unavailable, upstreams};
use codes::Code;
use tokio::time::{Instant, timeout};
use upstream::{BreakerState, Force, RequestClass, UpstreamOptions};

#[tokio::test]
async fn one_stumble_is_not_seen_and_moving_on_beats_trying_again() {
    for symptom in [Script::status(503, "", ""), Script::raw("garbage\r\n")] {
        let stumble = symptom.clone();
        let fake = Fake::start(move |_, number| {
            if number == 0 {
                stumble.clone()
            } else {
                Script::ok("module m\n")
            }
        })
        .await;
        let (options, hearer) = heard();
        let one = upstreams(&fake.url(), &options);
        found(one.walk(PATH).next().await);
        assert_eq!(fake.count(), 2);
        assert_eq!(hearer.rest().await, [Event::Retried]);
    }
    let ill = Fake::always(Script::status(503, "", "")).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    let list = format!("{}|{}", ill.url(), good.url());
    found(upstreams(&list, &options()).walk(PATH).next().await);
    assert_eq!(ill.count(), 1);
}

#[tokio::test]
async fn retries_add_a_fifth_at_most() {
    let fake = Fake::always(Script::status(503, "", "")).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    assert_eq!(upstreams.force(&fake.url(), None, Force::Closed), 4);
    let begun = Instant::now();
    for _ in 0..200 {
        unavailable(upstreams.walk(PATH).next().await);
    }
    // A fifth, the reserve of ten, and one for each second that it took.
    let most = 200 + 40 + 10 + begun.elapsed().as_secs() + 1;
    let count = fake.count() as u64;
    assert!((240..=most).contains(&count), "{count} of {most}");
    assert!(hearer.rest().await.contains(&Event::BudgetSpent));
}

#[tokio::test]
async fn a_late_small_answer_is_asked_for_twice_once_late_is_known() {
    let fake = Fake::start(|_, number| {
        if number == 60 || number == 62 {
            Script::hang()
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    for _ in 0..60 {
        text(found(upstreams.walk(PATH).next().await)).await;
    }
    hearer.rest().await;
    let begun = Instant::now();
    text(found(upstreams.walk(PATH).next().await)).await;
    assert!(begun.elapsed() < SHORT / 2, "{:?}", begun.elapsed());
    assert_eq!(
        hearer.rest().await,
        [Event::Hedged { won: false }, Event::Hedged { won: true }]
    );
    assert_eq!(fake.count(), 62);
    // What nobody waits for is not asked for twice: the hanging request is given up in time.
    let mut ahead = upstreams.walk(PATH).in_background();
    assert!(timeout(SHORT / 4, ahead.next()).await.is_err());
    assert_eq!(fake.count(), 63);
}

#[tokio::test]
async fn a_late_zip_is_never_asked_for_twice() {
    let fake = Fake::start(|_, number| {
        if number >= 60 {
            Script::hang()
        } else {
            Script::ok("zip")
        }
    })
    .await;
    let (options, _hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    for _ in 0..60 {
        text(found(upstreams.walk(ZIP).next().await)).await;
    }
    let mut walk = upstreams.walk(ZIP);
    assert!(timeout(SHORT / 4, walk.next()).await.is_err());
    assert_eq!(fake.count(), 61);
}

#[tokio::test]
async fn hedging_can_be_turned_off() {
    let fake = Fake::start(|_, number| {
        if number >= 60 {
            Script::hang()
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let options = UpstreamOptions {
        hedge: false,
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    for _ in 0..60 {
        text(found(upstreams.walk(PATH).next().await)).await;
    }
    let mut walk = upstreams.walk(PATH);
    assert!(timeout(SHORT / 4, walk.next()).await.is_err());
    assert_eq!(fake.count(), 61);
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_retried_and_spares_a_source_that_is_not_well() {
    let patient = Patient::start(Script::status(503, "", "")).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&patient.fake.url(), &options);
    unavailable(upstreams.walk(PATH).in_background().next().await);
    assert_eq!(patient.fake.count(), 1);
    wear_out(&upstreams, PATH).await;
    patient.heal();
    hearer
        .until(Event::Changed(
            RequestClass::Metadata,
            BreakerState::HalfOpen,
        ))
        .await;
    // Half-open is for those who need it.
    let before = patient.fake.count_of(PATH);
    let outage = unavailable(upstreams.walk(PATH).in_background().next().await);
    assert_eq!(outage.code, Code::UpstreamLeftAlone);
    assert!(!upstreams.calm(RequestClass::Metadata));
    assert_eq!(patient.fake.count_of(PATH), before);
    found(upstreams.walk(PATH).next().await);
    assert!(upstreams.calm(RequestClass::Metadata));
    found(upstreams.walk(PATH).in_background().next().await);
}
