//! Connections that rested and died meanwhile: what they cost clients, and what is concluded from them.

use super::{Event, heard};
use crate::{
    kit::{Fake, PATH, SHORT, Script, found, text, upstreams},
    relay::{DeadConnection, Relay},
};
use futures_util::future::join_all;
use tokio::time::Instant;
use upstream::{BreakerState, RequestClass, Upstreams};

/// Clients at once, each with a connection of its own at an HTTP/1.1 source.
async fn all_ask(upstreams: &Upstreams, clients: usize) {
    let walks =
        (0..clients).map(|_| async { text(found(upstreams.walk(PATH).next().await)).await });
    assert_eq!(join_all(walks).await, vec!["module m\n"; clients]);
}

#[tokio::test]
async fn dead_connections_after_a_fail_over_cost_nobody_a_request() {
    for manner in [DeadConnection::Resets, DeadConnection::IsSilent] {
        let fake = Fake::always(Script::ok("module m\n")).await;
        let relay = Relay::start(fake.address).await;
        let (options, hearer) = heard();
        let upstreams = upstreams(&relay.url(), &options);
        for round in 0..3 {
            all_ask(&upstreams, 16).await;
            relay.fail_over(manner);
            let begun = Instant::now();
            all_ask(&upstreams, 6).await;
            // A silence is waited for once, and a question asked.
            let took = begun.elapsed();
            assert!(took < 3 * SHORT, "{manner:?} {round}: {took:?}");
            // All that rested are dropped, and nobody meets them later.
            let begun = Instant::now();
            for _ in 0..16 {
                all_ask(&upstreams, 1).await;
            }
            assert!(begun.elapsed() < SHORT / 2, "{manner:?} {round}");
        }
        let told = hearer.rest().await;
        let opened = Event::Changed(RequestClass::Metadata, BreakerState::Open);
        assert!(!told.contains(&opened), "{told:?}");
    }
}

#[tokio::test]
async fn questions_never_use_a_connection_that_rested() {
    let fake = Fake::start(|_, number| match number {
        0..16 => Script::ok("module m\n"),
        _ => Script::status(500, "", ""),
    })
    .await;
    let relay = Relay::start(fake.address).await;
    let (options, hearer) = heard();
    let upstreams = upstreams(&relay.url(), &options);
    all_ask(&upstreams, 16).await;
    let before = relay.opened();
    for _ in 0..16 {
        drop(upstreams.walk(PATH).next().await);
    }
    hearer.until(Event::Questioned { lives: true }).await;
    assert!(relay.opened() > before, "{before}");
}
