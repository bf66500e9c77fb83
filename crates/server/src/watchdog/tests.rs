//! The rule, row by row.

use super::{ConnectionVerdict, ConnectionWatchdog, DAWDLES, EVICTED, LEAST};
use crate::Limits;
use http::Version;
use std::time::Duration;
use tokio::time::{Instant, advance};

fn limits() -> Limits {
    Limits {
        header_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(100),
        stall_timeout: Duration::from_secs(50),
        ..Limits::default()
    }
}

async fn after(watchdog: &ConnectionWatchdog) -> (ConnectionVerdict, u64) {
    let start = Instant::now();
    let verdict = watchdog.watch(&limits(), || limits().stall_timeout).await;
    (verdict, start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn silence_is_cut_after_the_header_timeout() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.read();
    assert_eq!(
        after(&watchdog).await,
        (ConnectionVerdict::Cut("no request came"), 10)
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_politely() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    advance(Duration::from_secs(5)).await;
    watchdog.request_ended();
    assert_eq!(after(&watchdog).await, (ConnectionVerdict::Close, 100));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_cut_on_any_request() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    watchdog.request_ended();
    advance(Duration::from_secs(30)).await;
    watchdog.read();
    advance(Duration::from_secs(3)).await;
    watchdog.read();
    assert_eq!(
        after(&watchdog).await,
        (ConnectionVerdict::Cut("the request head does not end"), 7)
    );
}

#[tokio::test(start_paused = true)]
async fn control_frames_between_requests_are_no_head() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_2);
    watchdog.request_ended();
    watchdog.read();
    assert_eq!(after(&watchdog).await, (ConnectionVerdict::Close, 100));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_cut() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    watchdog.wrote(100);
    advance(Duration::from_secs(20)).await;
    watchdog.write_blocked();
    assert_eq!(
        after(&watchdog).await,
        (ConnectionVerdict::Cut(DAWDLES), 50)
    );
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_is_no_progress() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    watchdog.write_blocked();
    let (verdict, seconds) = {
        let dawdling = async {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                watchdog.wrote(1);
                watchdog.write_blocked();
            }
        };
        tokio::select! {
            verdict = after(&watchdog) => verdict,
            () = dawdling => unreachable!(),
        }
    };
    assert_eq!((verdict, seconds), (ConnectionVerdict::Cut(DAWDLES), 50));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_that_goes_on_is_kept() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    watchdog.write_blocked();
    let reading = async {
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_secs(40)).await;
            watchdog.wrote(usize::try_from(LEAST).unwrap());
            watchdog.write_blocked();
        }
    };
    tokio::select! {
        verdict = after(&watchdog) => panic!("{verdict:?}"),
        () = reading => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_flushed_is_waited_for_no_longer() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_2);
    watchdog.write_blocked();
    watchdog.flushed();
    let limits = limits();
    let watching = watchdog.watch(&limits, || limits.stall_timeout);
    let waited = tokio::time::timeout(Duration::from_secs(10_000), watching).await;
    assert!(waited.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_resting_connection_ends_where_others_need_its_seat() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    assert_eq!(watchdog.resting(), None);
    watchdog.request_ended();
    advance(Duration::from_secs(3)).await;
    assert_eq!(watchdog.resting(), Some(Duration::from_secs(3)));
    watchdog.evict();
    assert_eq!(after(&watchdog).await, (ConnectionVerdict::Cut(EVICTED), 0));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_busy_again_keeps_its_seat() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    watchdog.request_ended();
    watchdog.evict();
    watchdog.request_began(Version::HTTP_11);
    let limits = limits();
    let watching = watchdog.watch(&limits, || limits.stall_timeout);
    let waited = tokio::time::timeout(Duration::from_secs(10_000), watching).await;
    assert!(waited.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_close_is_cut() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    watchdog.request_ended();
    advance(Duration::from_secs(99)).await;
    watchdog.closing();
    assert_eq!(
        after(&watchdog).await,
        (ConnectionVerdict::Cut("closing takes too long"), 10)
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_service_is_never_the_clients_fault() {
    let watchdog = ConnectionWatchdog::new();
    watchdog.request_began(Version::HTTP_11);
    let waited = tokio::time::timeout(
        Duration::from_secs(10_000),
        watchdog.watch(&limits(), || limits().stall_timeout),
    )
    .await;
    assert!(waited.is_err());
}
