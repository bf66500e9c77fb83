//! Sources that die, hang, stumble and return: what callers see, and what the sources are asked.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use codes::Code;
use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, timeout},
};
use upstream::{
    BodyFailure, BreakerState, Force, Observer, RequestClass, RequestKind, SourceName,
    UpstreamOptions, Upstreams,
};

use crate::kit::{
    After, Asked, Fake, Gone, PATH, SHORT, Script, found, options, text, unavailable, upstreams,
};

const LIST: &str = "example.com/m/@v/list";
const SLOW: &str = "example.com/m/@v/v1.0.0.info";
const ZIP: &str = "example.com/m/@v/v1.0.0.zip";

/// How long a test waits for what must happen within two seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was told about resilience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Changed(RequestClass, BreakerState),
    Spared(RequestClass),
    Hedged { won: bool },
    Retried,
    BudgetSpent,
    Probed { well: bool },
    Questioned { lives: bool },
}

struct Teller(mpsc::UnboundedSender<Event>);

/// Hears what is told, in order.
struct Hearer(Mutex<mpsc::UnboundedReceiver<Event>>);

// === impl Teller ===

impl Teller {
    fn tell(&self, event: Event) {
        let _test_is_over = self.0.send(event);
    }
}

impl Observer for Teller {
    fn breaker_changed(&self, _: &SourceName, class: RequestClass, state: BreakerState) {
        self.tell(Event::Changed(class, state));
    }
    fn spared(&self, _: &SourceName, class: RequestClass) {
        self.tell(Event::Spared(class));
    }
    fn hedged(&self, _: &SourceName, _: RequestKind, won: bool) {
        self.tell(Event::Hedged { won });
    }
    fn retried(&self, _: &SourceName, _: RequestKind) {
        self.tell(Event::Retried);
    }
    fn budget_spent(&self, _: &SourceName, _: RequestKind) {
        self.tell(Event::BudgetSpent);
    }
    fn probed(&self, _: &SourceName, _: RequestClass, well: bool) {
        self.tell(Event::Probed { well });
    }
    fn questioned(&self, _: &SourceName, _: RequestClass, lives: bool) {
        self.tell(Event::Questioned { lives });
    }
}

// === impl Hearer ===

impl Hearer {
    /// Waits for this, whatever else is told before.
    async fn until(&self, wanted: Event) {
        let mut events = self.0.lock().await;
        let heard = async {
            while let Some(event) = events.recv().await {
                if event == wanted {
                    return;
                }
            }
        };
        assert!(timeout(PATIENCE, heard).await.is_ok(), "never {wanted:?}");
    }

    /// What was told and not heard yet.
    async fn rest(&self) -> Vec<Event> {
        let mut events = self.0.lock().await;
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }
}

/// Options under which silence is noticed soon, and somebody who hears.
fn heard() -> (UpstreamOptions, Hearer) {
    let (teller, events) = mpsc::unbounded_channel();
    let options = UpstreamOptions {
        silence: SHORT / 2,
        observer: Arc::new(Teller(teller)),
        ..options()
    };
    (options, Hearer(Mutex::new(events)))
}

/// A source that can be made ill.
struct Patient {
    fake: Fake,
    ill: Arc<AtomicBool>,
}

// === impl Patient ===

impl Patient {
    /// While ill, does this; else has everything.
    async fn start(symptom: Script) -> Self {
        let ill = Arc::new(AtomicBool::new(true));
        let fake = {
            let ill = Arc::clone(&ill);
            Fake::start(move |_, _| {
                if ill.load(Ordering::SeqCst) {
                    symptom.clone()
                } else {
                    Script::ok("module m\n")
                }
            })
            .await
        };
        Self { fake, ill }
    }

    fn heal(&self) {
        self.ill.store(false, Ordering::SeqCst);
    }

    fn fall_ill(&self) {
        self.ill.store(true, Ordering::SeqCst);
    }
}

fn state(upstreams: &Upstreams, class: RequestClass) -> BreakerState {
    let breakers = upstreams.breakers();
    let breaker = breakers.iter().find(|breaker| breaker.class == class);
    breaker.unwrap().state
}

/// Asks until the breaker is open; gives how often.
async fn wear_out(upstreams: &Upstreams, path: &str) -> usize {
    for number in 1..=20 {
        let outage = unavailable(upstreams.walk(path).next().await);
        if outage.code == Code::UpstreamLeftAlone {
            return number - 1;
        }
    }
    panic!("the breaker never opened");
}

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
    assert_eq!(targets, [info.as_str(), "/", &path, &info, &path]);
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
        for _ in 0..20 {
            let mut walk = upstreams.walk(PATH);
            while let upstream::Outcome::Found(download) = walk.next().await {
                walk.reject(download.whole().await.unwrap_err().into());
            }
        }
        hearer
            .until(Event::Changed(RequestClass::Metadata, BreakerState::Open))
            .await;
        let before = patient.fake.count_of(PATH);
        assert!((10..=20).contains(&before), "{before} for {symptom:?}");
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
    let fake = Fake::start(|asked: &Asked, _| {
        if asked.target == format!("/{ZIP}") {
            Script::status(500, "", "")
        } else {
            Script::ok("v1.0.0\n")
        }
    })
    .await;
    let upstreams = upstreams(&fake.url(), &options());
    assert_eq!(wear_out(&upstreams, ZIP).await, 10);
    assert_eq!(state(&upstreams, RequestClass::Zip), BreakerState::Open);
    for path in [PATH, LIST, "example.com/m/@latest"] {
        found(upstreams.walk(path).next().await);
    }
    assert!(!upstreams.calm(RequestClass::Zip));
    assert!(upstreams.calm(RequestClass::Metadata));
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
    let upstreams = upstreams(&fake.url(), &options());
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
async fn wrong_content_that_only_the_reader_knows_is_held_against_the_source() {
    let fake = Fake::always(Script::ok("module other\n")).await;
    let upstreams = upstreams(&fake.url(), &options());
    for _ in 0..10 {
        let mut walk = upstreams.walk(PATH);
        let download = found(walk.next().await);
        text(download).await;
        walk.reject(BodyFailure::Wrong {
            code: Code::BadGoMod,
            summary: "it names another module".to_owned(),
        });
        unavailable(walk.next().await);
    }
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamLeftAlone);
    // The reason is shown to others, who need not know what was asked for.
    assert!(outage.summary.contains("MK4002"), "{outage:?}");
    assert!(!outage.summary.contains("another module"), "{outage:?}");
    assert_eq!(fake.count_of(PATH), 10);
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
