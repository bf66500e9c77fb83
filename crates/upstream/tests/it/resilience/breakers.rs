//! When a source is left alone, and how it is found well again.

use super::{Event, LIST, PATIENCE, Patient, ZIP, heard, state, wear_out};
use crate::kit::{
    After, Asked, Fake, Gone, PATH, SHORT, Script, found, options, text, unavailable, upstreams,
};
use codes::Code;
use futures_util::future::join_all;
use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};
use tokio::time::{Instant, timeout};
use upstream::{BodyFailure, BreakerState, Force, RequestClass, UpstreamOptions};

/// What a reader says of a body that is not what was asked for.
fn wrong_content() -> BodyFailure {
    BodyFailure::Wrong {
        code: Code::BadGoMod,
        summary: "it names another module".to_owned(),
    }
}

#[tokio::test]
async fn half_of_ten_failures_open_it_and_a_good_answer_closes_it() {
    for symptom in [
        Script::status(500, "", ""),
        Script::status(503, "", ""),
        Script::raw("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>"),
        Script::ok("module m\n").short_of(3, After::Close),
    ] {
        let patient = Patient::start(symptom.clone()).await;
        let (options, hearer) = heard();
        let upstreams = upstreams(&patient.fake.url(), &options);
        patient.heal();
        text(found(upstreams.walk(PATH).next().await)).await;
        patient.fall_ill();
        for _ in 0..20 {
            let mut walk = upstreams.walk(PATH);
            while let upstream::Outcome::Found(download) = walk.next().await {
                // Whoever reads a whole body finds out that it is a page.
                let failure = match download.whole().await {
                    Ok(_page) => wrong_content(),
                    Err(error) => error.into(),
                };
                walk.reject(failure);
            }
        }
        hearer
            .until(Event::Changed(RequestClass::Metadata, BreakerState::Open))
            .await;
        let before = patient.fake.count_of(PATH);
        assert!((11..=22).contains(&before), "{before} for {symptom:?}");
        patient.heal();
        hearer
            .until(Event::Changed(
                RequestClass::Metadata,
                BreakerState::HalfOpen,
            ))
            .await;
        let walks = (0..8).map(|_| async { text(found(upstreams.walk(PATH).next().await)).await });
        assert_eq!(join_all(walks).await, ["module m\n"; 8]);
    }
}

#[tokio::test]
async fn a_source_that_refuses_connections_is_soon_left_alone_and_found_again() {
    let gone = Gone::new();
    let (options, hearer) = heard();
    let upstreams = upstreams(&gone.url(), &options);
    // Each is tried twice, and five in a row are enough.
    assert_eq!(wear_out(&upstreams, PATH).await, 3);
    hearer.until(Event::Probed { well: false }).await;
    let _returned = gone.listen(Script::ok("module m\n"));
    hearer
        .until(Event::Changed(
            RequestClass::Metadata,
            BreakerState::HalfOpen,
        ))
        .await;
    found(upstreams.walk(PATH).next().await);
}

#[tokio::test]
async fn classes_of_requests_are_judged_apart() {
    let fake = Fake::start(|asked: &Asked, number| {
        if number > 0 && asked.target == format!("/{ZIP}") {
            Script::status(500, "", "")
        } else {
            Script::ok("v1.0.0\n")
        }
    })
    .await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    text(found(upstreams.walk(ZIP).next().await)).await;
    let worn_out = wear_out(&upstreams, ZIP).await;
    assert!((10..=12).contains(&worn_out), "{worn_out}");
    hearer
        .until(Event::Changed(RequestClass::Zip, BreakerState::Open))
        .await;
    for path in [PATH, LIST, "example.com/m/@latest"] {
        found(upstreams.walk(path).next().await);
    }
    assert!(!upstreams.calm(RequestClass::Zip));
    assert!(upstreams.calm(RequestClass::Metadata));
}

/// `go mod tidy` asks for every prefix of an import path; most are no modules, and some sources fail at
/// those.
#[tokio::test]
async fn failures_at_what_is_no_module_leave_the_source_to_those_that_are() {
    for symptom in [
        Script::status(500, "", ""),
        Script::status(503, "retry-after: 9\r\n", ""),
        Script::ok("v1.0.0\n").short_of(3, After::Close),
        Script::raw("HTTP/1.1 2"),
    ] {
        let bad = symptom.clone();
        let fake = Fake::start(move |asked: &Asked, _| {
            if asked.target.contains("prefix") {
                bad.clone()
            } else {
                Script::ok("v1.0.0\n")
            }
        })
        .await;
        for is_known in [true, false] {
            let (options, hearer) = heard();
            let upstreams = upstreams(&fake.url(), &options);
            if is_known {
                text(found(upstreams.walk(LIST).next().await)).await;
            }
            for number in 0..40 {
                let path = format!("example.com/prefix{number}/@v/list");
                let mut walk = upstreams.walk(&path);
                if let upstream::Outcome::Found(download) = walk.next().await {
                    walk.reject(download.whole().await.unwrap_err().into());
                }
                found(upstreams.walk(LIST).next().await);
            }
            let told = hearer.rest().await;
            let opened = Event::Changed(RequestClass::Versions, BreakerState::Open);
            assert!(!told.contains(&opened), "{symptom:?} {told:?}");
        }
    }
}

/// The source is asked for what it gave before, and one of that may be the very module that it fails at.
#[tokio::test]
async fn a_module_that_went_bad_leaves_the_source_to_the_others() {
    let is_bad = Arc::new(AtomicBool::new(false));
    let fake = {
        let is_bad = Arc::clone(&is_bad);
        Fake::start(move |asked: &Asked, _| {
            if is_bad.load(Ordering::SeqCst) && asked.target.contains("bad") {
                Script::status(500, "", "")
            } else {
                Script::ok("v1.0.0\n")
            }
        })
        .await
    };
    let (options, hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    for path in [LIST, "example.com/bad/@v/list"] {
        text(found(upstreams.walk(path).next().await)).await;
    }
    is_bad.store(true, Ordering::SeqCst);
    for _ in 0..40 {
        unavailable(upstreams.walk("example.com/bad/@v/list").next().await);
    }
    found(upstreams.walk(LIST).next().await);
    let opened = Event::Changed(RequestClass::Versions, BreakerState::Open);
    assert!(!hearer.rest().await.contains(&opened));
}

#[tokio::test]
async fn absence_and_refusal_never_open_it() {
    let fake = Fake::start(|_, number| match number % 3 {
        0 => Script::absent("none"),
        1 => Script::status(403, "", ""),
        _ => Script::status(410, "", "gone"),
    })
    .await;
    let upstreams = upstreams(&fake.url(), &options());
    for _ in 0..60 {
        let _answer = upstreams.walk(PATH).next().await;
    }
    assert_eq!(fake.count(), 60);
    assert_eq!(
        state(&upstreams, RequestClass::Metadata),
        BreakerState::Closed
    );
}

#[tokio::test]
async fn a_rate_limit_is_obeyed_for_its_class_only() {
    let fake = Fake::start(|asked: &Asked, _| {
        if asked.target.ends_with("list") {
            Script::status(429, "retry-after: 7\r\n", "")
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let options = UpstreamOptions {
        header: 5 * SHORT,
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    let first = unavailable(upstreams.walk(LIST).next().await);
    assert_eq!((first.code, first.status), (Code::UpstreamError, Some(429)));
    let second = unavailable(upstreams.walk(LIST).next().await);
    assert_eq!(second.code, Code::UpstreamLeftAlone);
    let again = second.retry_after.unwrap().as_secs();
    assert!((6..=7).contains(&again), "{again}");
    found(upstreams.walk(PATH).next().await);
    assert_eq!(fake.count_of(LIST), 1);
}

#[tokio::test]
async fn what_a_guess_meets_is_held_against_guesses_only() {
    for symptom in [
        Script::status(429, "retry-after: 60\r\n", ""),
        Script::status(503, "", ""),
        Script::ok("module m\n").short_of(3, After::Close),
    ] {
        let bad = symptom.clone();
        let fake = Fake::start(move |asked: &Asked, _| {
            if asked.target.contains("guess") {
                bad.clone()
            } else {
                Script::ok("module m\n")
            }
        })
        .await;
        let upstreams = upstreams(&fake.url(), &options());
        for number in 0..20 {
            let path = format!("example.com/guess{number}/@v/v1.0.0.mod");
            let mut walk = upstreams.walk(&path).in_background();
            if let upstream::Outcome::Found(download) = walk.next().await {
                download.whole().await.unwrap_err();
            }
        }
        assert!(!upstreams.calm(RequestClass::Metadata), "{symptom:?}");
        for _ in 0..20 {
            found(upstreams.walk(PATH).next().await);
        }
        let guesses = fake.count() - fake.count_of(PATH);
        assert!(guesses < 10, "{guesses} guesses for {symptom:?}");
    }
}

#[tokio::test]
async fn a_rest_that_ends_in_time_is_waited_for() {
    for said in ["retry-after: 1\r\n", "retry-after: 0\r\n", ""] {
        let limited = Script::status(429, said, "");
        let fake = Fake::start(move |_, number| match number {
            0 => limited.clone(),
            _ => Script::ok("module m\n"),
        })
        .await;
        let upstreams = upstreams(&fake.url(), &options());
        let begun = Instant::now();
        let walks = (0..8).map(|_| async { text(found(upstreams.walk(PATH).next().await)).await });
        assert_eq!(join_all(walks).await, ["module m\n"; 8]);
        assert!(begun.elapsed() < 10 * SHORT, "{:?}", begun.elapsed());
        assert!(fake.count() <= 16, "{} for {said:?}", fake.count());
    }
}

#[tokio::test]
async fn where_another_source_or_an_older_answer_is_there_nobody_waits_for_a_rest() {
    let limited = Fake::always(Script::status(429, "retry-after: 5\r\n", "")).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    let both = upstreams(&format!("{}|{}", limited.url(), good.url()), &options());
    let begun = Instant::now();
    found(both.walk(PATH).next().await);
    let alone = upstreams(&limited.url(), &options());
    unavailable(alone.walk(PATH).with_reserve(true).next().await);
    assert!(begun.elapsed() < 3 * SHORT, "{:?}", begun.elapsed());
    assert_eq!(limited.count(), 2);
}

#[tokio::test]
async fn wrong_content_that_only_the_reader_knows_is_held_against_the_source() {
    let fake = Fake::start(|_, number| {
        Script::ok(match number {
            0 => "module m\n",
            _ => "module other\n",
        })
    })
    .await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    text(found(upstreams.walk(PATH).next().await)).await;
    for _ in 0..10 {
        let mut walk = upstreams.walk(PATH);
        let download = found(walk.next().await);
        text(download).await;
        walk.reject(wrong_content());
        unavailable(walk.next().await);
    }
    hearer
        .until(Event::Changed(RequestClass::Metadata, BreakerState::Open))
        .await;
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamLeftAlone);
    // The reason is shown to others, who need not know what was asked for.
    assert!(outage.summary.contains("MK4002"), "{outage:?}");
    assert!(!outage.summary.contains("another module"), "{outage:?}");
}

#[tokio::test]
async fn content_that_is_not_wanted_is_not_held_against_the_source() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let upstreams = upstreams(&fake.url(), &options());
    for _ in 0..30 {
        let mut walk = upstreams.walk(PATH);
        drop(found(walk.next().await));
        unavailable(walk.next().await);
    }
    assert_eq!(
        state(&upstreams, RequestClass::Metadata),
        BreakerState::Closed
    );
}

#[tokio::test]
async fn past_a_pipe_a_dead_source_costs_time_once_and_then_nothing() {
    let dead = Fake::always(Script::hang()).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    let (options, _hearer) = heard();
    let upstreams = upstreams(&format!("{}|{}", dead.url(), good.url()), &options);
    for number in 0..40 {
        let begun = Instant::now();
        let download = found(upstreams.walk(PATH).next().await);
        assert_eq!(download.source.as_str(), good.url());
        if number >= 1 {
            assert!(begun.elapsed() < SHORT / 2, "{:?}", begun.elapsed());
        }
    }
    assert_eq!((dead.count_of(PATH), good.count()), (1, 40));
    // And before a comma it is what it was: nobody knows whether it has the module.
    let comma = crate::kit::upstreams(&format!("{},{}", dead.url(), good.url()), &options);
    comma.force(&dead.url(), None, Force::Open);
    assert_eq!(
        unavailable(comma.walk(PATH).next().await).code,
        Code::UpstreamLeftAlone
    );
    assert_eq!(good.count(), 40);
}

#[tokio::test]
async fn a_probe_whose_client_left_is_given_back() {
    let patient = Patient::start(Script::status(500, "", "")).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&patient.fake.url(), &options);
    wear_out(&upstreams, PATH).await;
    patient.heal();
    hearer
        .until(Event::Changed(
            RequestClass::Metadata,
            BreakerState::HalfOpen,
        ))
        .await;
    let mut walk = upstreams.walk(PATH);
    let mut probe = Box::pin(walk.next());
    poll_fn(|context| {
        assert!(probe.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    drop(probe);
    found(upstreams.walk(PATH).next().await);
}

#[tokio::test]
async fn a_flapping_source_is_used_whenever_it_is_well() {
    let patient = Patient::start(Script::status(500, "", "")).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&patient.fake.url(), &options);
    for _ in 0..3 {
        patient.fall_ill();
        wear_out(&upstreams, PATH).await;
        patient.heal();
        let begun = Instant::now();
        hearer
            .until(Event::Changed(
                RequestClass::Metadata,
                BreakerState::HalfOpen,
            ))
            .await;
        found(upstreams.walk(PATH).next().await);
        assert!(begun.elapsed() < 3 * SHORT, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn forced_states_are_obeyed_and_named() {
    let fake = Fake::always(Script::ok("module m\n")).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&fake.url(), &options);
    assert_eq!(
        upstreams.force("https://other.example", None, Force::Open),
        0
    );
    assert_eq!(
        upstreams.force(&fake.url(), Some(RequestClass::Zip), Force::Open),
        1
    );
    let outage = unavailable(upstreams.walk(ZIP).next().await);
    assert_eq!(outage.code, Code::UpstreamLeftAlone);
    assert!(outage.summary.contains("operator"), "{outage:?}");
    found(upstreams.walk(PATH).next().await);
    assert_eq!(fake.count(), 1);
    upstreams.force(&fake.url(), Some(RequestClass::Zip), Force::Off);
    found(upstreams.walk(ZIP).next().await);
    let told = hearer.rest().await;
    assert_eq!(
        told,
        [
            Event::Changed(RequestClass::Zip, BreakerState::ForcedOpen),
            Event::Spared(RequestClass::Zip),
            Event::Changed(RequestClass::Zip, BreakerState::Closed)
        ]
    );
}

#[tokio::test]
async fn nothing_is_asked_after_the_sources_are_dropped() {
    let patient = Patient::start(Script::status(500, "", "")).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&patient.fake.url(), &options);
    wear_out(&upstreams, PATH).await;
    hearer.until(Event::Probed { well: false }).await;
    drop((upstreams, options));
    // The observer lives as long as anything that could ask; it goes with the prober.
    let mut events = hearer.0.lock().await;
    let gone = async { while events.recv().await.is_some() {} };
    assert!(timeout(PATIENCE, gone).await.is_ok());
}
