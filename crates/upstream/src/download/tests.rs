//! Deadlines on a paused clock, and sums, with bodies made by hand.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Body, BodyError, Download, HttpBody};
use crate::SourceName;

const STALL: Duration = Duration::from_secs(30);

/// A body of these pieces, each after its wait.
fn download(pieces: &[(Duration, &'static str)], length: Option<u64>, limit: u64) -> Download {
    let pieces = pieces.to_vec();
    let stream = futures_util::stream::unfold(pieces.into_iter(), |mut rest| async {
        let (wait, piece) = rest.next()?;
        tokio::time::sleep(wait).await;
        Some((Ok::<_, std::io::Error>(Bytes::from(piece)), rest))
    });
    let response = http::Response::new(reqwest::Body::wrap_stream(stream));
    Download::new(
        SourceName::word("test"),
        length,
        Body::Http(Box::new(HttpBody::new(response.into()))),
        limit,
        STALL,
    )
}

#[tokio::test(start_paused = true)]
async fn a_body_that_moves_may_take_longer_than_the_deadline() {
    let begun = Instant::now();
    let pieces = [(Duration::from_secs(29), "module"); 5];
    let bytes = download(&pieces, Some(30), 100).whole().await.unwrap();
    assert_eq!(bytes, "module".repeat(5));
    assert!(begun.elapsed() > 4 * STALL);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stands_still_ends_exactly_at_the_deadline() {
    let mut download = download(
        &[(Duration::ZERO, "module"), (10 * STALL, " m")],
        Some(8),
        100,
    );
    assert_eq!(download.chunk().await.unwrap().unwrap(), "module");
    let begun = Instant::now();
    assert_eq!(download.chunk().await, Err(BodyError::Stalled(STALL)));
    assert_eq!(begun.elapsed(), STALL);
}

#[tokio::test(start_paused = true)]
async fn what_arrives_must_add_up() {
    let at_once = |text| (Duration::ZERO, text);
    for (length, limit, expected) in [
        (Some(8), 8, Ok("module m")),
        (None, 8, Ok("module m")),
        (
            Some(9),
            9,
            Err(BodyError::Length {
                announced: 9,
                received: 8,
            }),
        ),
        (
            Some(7),
            9,
            Err(BodyError::Length {
                announced: 7,
                received: 8,
            }),
        ),
        (None, 7, Err(BodyError::TooLarge(7))),
        (Some(8), 7, Err(BodyError::TooLarge(7))),
    ] {
        let body = download(&[at_once("module"), at_once(" m")], length, limit)
            .whole()
            .await;
        assert_eq!(body, expected.map(Bytes::from), "{length:?} {limit}");
    }
}

#[tokio::test]
async fn bytes_in_memory_are_a_body() {
    let name = SourceName::word("test");
    assert_eq!(
        Download::from_bytes(name.clone(), Bytes::from("module m"))
            .whole()
            .await
            .unwrap(),
        "module m"
    );
    assert_eq!(
        Download::from_bytes(name, Bytes::new()).chunk().await,
        Ok(None)
    );
}
