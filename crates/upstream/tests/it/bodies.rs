//! Bodies that break.

use codes::Code;
use upstream::{BodyError, BodyFailure, UpstreamOptions};

use crate::kit::{
    After, Fake, PATH, SHORT, Script, found, options, outcome, text, unavailable, upstreams,
};

#[tokio::test]
async fn a_body_cut_anywhere_is_never_whole() {
    let body = "module example.com/m\n";
    for missing in 1..=body.len() {
        let fake = Fake::always(Script::ok(body).short_of(missing, After::Close)).await;
        let error = found(outcome(&fake.url()).await).whole().await.unwrap_err();
        assert!(
            matches!(error, BodyError::Cut { .. }),
            "{missing}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_chunked_body_cut_before_its_end_is_never_whole() {
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nmodule m\n\r\n0\r\n\r\n";
    let whole = Fake::always(Script::raw(chunked)).await;
    let download = found(outcome(&whole.url()).await);
    assert_eq!(download.length, None);
    assert_eq!(text(download).await, "module m\n");
    for missing in 3..17 {
        let fake = Fake::always(Script::raw(chunked).short_of(missing, After::Close)).await;
        let error = found(outcome(&fake.url()).await).whole().await.unwrap_err();
        assert!(
            matches!(error, BodyError::Cut { .. }),
            "{missing}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_stalls_ends_at_its_deadline() {
    let fake = Fake::always(Script::ok("module m\n").short_of(3, After::Hang)).await;
    let options = UpstreamOptions {
        stall: SHORT,
        ..options()
    };
    let mut download = found(upstreams(&fake.url(), &options).walk(PATH).next().await);
    assert_eq!(download.chunk().await.unwrap().unwrap(), "module");
    let error = download.chunk().await.unwrap_err();
    assert_eq!(error, BodyError::Stalled(SHORT));
    assert_eq!(BodyFailure::from(&error).code(), Code::UpstreamTimeout);
    assert_eq!(download.chunk().await, Err(error), "the end is said again");
}

#[tokio::test]
async fn what_comes_after_the_announced_length_is_not_the_body() {
    let raw = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nmodule m\nrequire evil v1.0.0\n";
    let fake = Fake::always(Script::raw(raw)).await;
    assert_eq!(text(found(outcome(&fake.url()).await)).await, "module m");
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    let raw = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\ncontent-length: 9\r\n\r\nmodule m\n";
    let fake = Fake::always(Script::raw(raw)).await;
    unavailable(outcome(&fake.url()).await);
}

#[tokio::test]
async fn a_body_announced_too_large_is_not_begun() {
    let fake = Fake::always(Script::ok("0123456789")).await;
    let upstreams = upstreams(&fake.url(), &options());
    let outage = unavailable(upstreams.walk(PATH).with_limit(9).next().await);
    assert_eq!(outage.code, Code::UpstreamBadContent, "{outage:?}");
    found(upstreams.walk(PATH).with_limit(10).next().await);
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_stopped() {
    let raw = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
    let fake = Fake::always(Script::raw(raw)).await;
    let upstreams = upstreams(&fake.url(), &options());
    let error = found(upstreams.walk(PATH).with_limit(9).next().await)
        .whole()
        .await
        .unwrap_err();
    assert_eq!(error, BodyError::TooLarge(9));
    assert!(matches!(
        BodyFailure::from(error),
        BodyFailure::Wrong {
            code: Code::UpstreamBadContent,
            ..
        }
    ));
}

#[tokio::test]
async fn an_empty_body_is_whole() {
    let fake = Fake::always(Script::ok("")).await;
    let mut download = found(outcome(&fake.url()).await);
    assert_eq!(download.chunk().await, Ok(None));
    assert_eq!(download.chunk().await, Ok(None));
}

#[tokio::test]
async fn a_large_body_comes_in_pieces() {
    let body = "0123456789abcdef".repeat(1 << 18);
    let fake = Fake::always(Script::ok(&body)).await;
    let mut download = found(outcome(&fake.url()).await);
    let (mut received, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = download.chunk().await.unwrap() {
        received.extend_from_slice(&piece);
        pieces += 1;
    }
    assert!(
        received == body.as_bytes() && pieces > 8,
        "{pieces} pieces of {} bytes",
        received.len()
    );
}
