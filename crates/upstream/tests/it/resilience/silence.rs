//! Sources that say nothing: who waits for them, how long, and what that costs the others.

use super::{Event, Patient, SLOW, ZIP, heard, state, wear_out};
use crate::kit::{Asked, Fake, PATH, SHORT, Script, found, text, unavailable, upstreams};
use codes::Code;
use futures_util::future::join_all;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;
use upstream::{BreakerState, RequestClass, UpstreamOptions};

#[tokio::test]
async fn a_silent_source_costs_two_silences_and_soon_nothing() {
    let patient = Patient::start(Script::hang()).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&patient.fake.url(), &options);
    let begun = Instant::now();
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamUnreachable, "{outage:?}");
    assert!(outage.summary.contains("no answer within"), "{outage:?}");
    assert!(begun.elapsed() >= SHORT, "{:?}", begun.elapsed());
    assert!(begun.elapsed() < 2 * SHORT, "{:?}", begun.elapsed());

    // That is evidence enough, whatever is asked for.
    assert_eq!(wear_out(&upstreams, PATH).await, 0);
    assert_eq!(wear_out(&upstreams, ZIP).await, 0);
    let begun = Instant::now();
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamLeftAlone);
    assert!(
        outage.retry_after >= Some(Duration::from_secs(1)),
        "{outage:?}"
    );
    assert!(outage.summary.contains("no answer within"), "{outage:?}");
    assert!(begun.elapsed() < SHORT / 4, "{:?}", begun.elapsed());

    // It returns, and is used again before anybody had to try.
    patient.heal();
    hearer
        .until(Event::Changed(
            RequestClass::Metadata,
            BreakerState::HalfOpen,
        ))
        .await;
    assert_eq!(
        text(found(upstreams.walk(PATH).next().await)).await,
        "module m\n"
    );
    assert_eq!(
        state(&upstreams, RequestClass::Metadata),
        BreakerState::Closed
    );
}

#[tokio::test]
async fn nobody_is_spent_on_a_source_that_the_prober_finds_silent() {
    let patient = Patient::start(Script::hang()).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&patient.fake.url(), &options);
    wear_out(&upstreams, PATH).await;
    for _ in 0..3 {
        hearer.until(Event::Probed { well: false }).await;
        let begun = Instant::now();
        unavailable(upstreams.walk(PATH).next().await);
        assert!(begun.elapsed() < SHORT / 4, "{:?}", begun.elapsed());
    }
    let asked: BTreeSet<String> = patient
        .fake
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(asked, [format!("/{PATH}"), "/".to_owned()].into());
}

#[tokio::test]
async fn a_slow_source_that_lives_is_waited_for() {
    let fake = Fake::start(|asked: &Asked, _| {
        if asked.target == format!("/{SLOW}") {
            Script::hang()
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let (options, hearer) = heard();
    let options = UpstreamOptions {
        header: 3 * SHORT,
        ..options
    };
    let upstreams = upstreams(&fake.url(), &options);
    let begun = Instant::now();
    let outage = unavailable(upstreams.walk(SLOW).next().await);
    assert_eq!(outage.code, Code::UpstreamTimeout);
    assert!(begun.elapsed() >= 3 * SHORT, "{:?}", begun.elapsed());
    assert_eq!(hearer.rest().await, [Event::Questioned { lives: true }]);
    // Its base was asked, since nothing else was known; now something is.
    found(upstreams.walk(PATH).next().await);
    unavailable(upstreams.walk(SLOW).next().await);
    let targets: Vec<String> = fake.asked().into_iter().map(|asked| asked.target).collect();
    let info = format!("/{SLOW}");
    let path = format!("/{PATH}");
    // The last is asked for on a fresh connection as well: it may be the resting one that is dead.
    assert_eq!(targets, [info.as_str(), "/", &path, &info, &path, &info]);
}

#[tokio::test]
async fn another_answer_meanwhile_is_sign_of_life_enough() {
    let fake = Fake::start(|asked: &Asked, _| {
        if asked.target == format!("/{SLOW}") {
            Script::hang()
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let (options, hearer) = heard();
    let options = UpstreamOptions {
        header: 2 * SHORT,
        silence: SHORT,
        ..options
    };
    let upstreams = upstreams(&fake.url(), &options);
    let mut slow = upstreams.walk(SLOW);
    // Joined in this order: the slow one has begun when the other is sent.
    let answers = async { found(upstreams.walk(PATH).next().await) };
    let (outage, _answer) = tokio::join!(slow.next(), answers);
    assert_eq!(unavailable(outage).code, Code::UpstreamTimeout);
    assert_eq!(hearer.rest().await, []);
    assert_eq!(fake.count(), 2);
}

#[tokio::test]
async fn many_who_hang_at_once_share_one_question_and_one_fate() {
    let fake = Fake::always(Script::hang()).await;
    let (options, _hearer) = heard();
    let options = UpstreamOptions {
        max_in_flight: 8,
        ..options
    };
    let upstreams = upstreams(&fake.url(), &options);
    let begun = Instant::now();
    let walks = (0..24).map(|_| async { unavailable(upstreams.walk(PATH).next().await).code });
    let codes = join_all(walks).await;
    // Eight hung; those who waited for a slot found the breaker open, and hung no more.
    let silent = |code: &&Code| **code == Code::UpstreamUnreachable;
    let alone = |code: &&Code| **code == Code::UpstreamLeftAlone;
    assert_eq!(codes.iter().filter(silent).count(), 8);
    assert_eq!(codes.iter().filter(alone).count(), 16);
    assert!(begun.elapsed() < 2 * SHORT, "{:?}", begun.elapsed());
    assert_eq!((fake.count_of(PATH), fake.count_of("")), (8, 1));
}
