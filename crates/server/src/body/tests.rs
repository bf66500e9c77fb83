//! Sources held to what they announced.

use super::{BodySource, PIECE as PIECE_BYTES, stored::READ_AHEAD};
use crate::{
    budget::memory::{MemoryBudget, MemoryLender},
    byte_source::{ArrivingBytes, BoxedFuture, ReadFailure, StoredBytes},
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};

const PIECE: u64 = PIECE_BYTES as u64;

/// A lender with as much as anybody may want, to an answer of which much was taken.
fn lender() -> MemoryLender {
    let mut lender = lender_of(1 << 30);
    let lent = lender.poll_lend(&mut Context::from_waker(Waker::noop()), PIECE_BYTES);
    assert!(lent.is_ready());
    lender
}

fn lender_of(bytes: usize) -> MemoryLender {
    let memory = Arc::new(MemoryBudget::new(bytes));
    MemoryLender::new(&memory, &memory)
}

struct ScriptedFlight(
    Option<u64>,
    VecDeque<Result<Option<&'static str>, &'static str>>,
);

impl ArrivingBytes for ScriptedFlight {
    fn length(&self) -> Option<u64> {
        self.0
    }

    fn next(&mut self, _at_most: usize) -> BoxedFuture<'_, Result<Option<Bytes>, ReadFailure>> {
        let step = self.1.pop_front().unwrap_or(Ok(None));
        Box::pin(async move {
            step.map(|bytes| bytes.map(|text| Bytes::from_static(text.as_bytes())))
                .map_err(|why| ReadFailure(why.to_owned()))
        })
    }
}

struct PatternBlob {
    size: u64,
    reads: AtomicUsize,
    /// Whether the piece at this offset is in memory.
    cached: fn(u64) -> bool,
}

impl StoredBytes for PatternBlob {
    fn read_now(&self, offset: u64, length: usize) -> Option<Bytes> {
        (self.cached)(offset).then(|| (offset..offset + length as u64).map(byte_at).collect())
    }

    fn read_at(&self, offset: u64, length: usize) -> BoxedFuture<'_, Result<Bytes, ReadFailure>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            // As a read from disk: not ready at once.
            tokio::task::yield_now().await;
            Ok((offset..offset + length as u64).map(byte_at).collect())
        })
    }
}

fn byte_at(offset: u64) -> u8 {
    u8::try_from(offset % 251).unwrap()
}

async fn drained(mut source: BodySource) -> Result<Vec<u8>, ReadFailure> {
    let (mut all, mut lender) = (Vec::new(), lender());
    while let Some(chunk) =
        std::future::poll_fn(|cx| source.poll_next(cx, &mut lender, usize::MAX)).await
    {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

fn script(length: Option<u64>, steps: &[Result<Option<&'static str>, &'static str>]) -> BodySource {
    BodySource::arriving(Box::new(ScriptedFlight(
        length,
        steps.iter().copied().collect(),
    )))
}

#[tokio::test]
async fn a_flight_is_followed_to_its_end() {
    let steps = [Ok(Some("ab")), Ok(Some("c")), Ok(None)];
    assert_eq!(drained(script(Some(3), &steps)).await, Ok(b"abc".to_vec()));
    assert_eq!(drained(script(None, &steps)).await, Ok(b"abc".to_vec()));
}

#[tokio::test]
async fn a_flight_that_fails_ends_early_or_runs_over_is_never_complete() {
    for (length, steps) in [
        (None, [Ok(Some("ab")), Err("tampered")]),
        (Some(3), [Ok(Some("ab")), Err("tampered")]),
        (Some(3), [Ok(Some("ab")), Ok(None)]),
        (Some(3), [Ok(Some("ab")), Ok(Some("cd"))]),
    ] {
        assert!(
            drained(script(length, &steps)).await.is_err(),
            "{length:?} {steps:?}"
        );
    }
}

#[tokio::test]
async fn a_blob_is_read_whole_and_in_part() {
    const SIZE: u64 = PIECE * 3 + 17;
    for (first, length) in [
        (0, SIZE),
        (5, SIZE - 5),
        (PIECE, PIECE),
        (SIZE - 1, 1),
        (0, 0),
    ] {
        let kept = Arc::new(PatternBlob {
            size: SIZE,
            reads: AtomicUsize::new(0),
            cached: |_| false,
        });
        let bytes = drained(BodySource::kept(kept, first, length))
            .await
            .unwrap();
        assert_eq!(
            bytes,
            (first..first + length).map(byte_at).collect::<Vec<u8>>(),
            "{first} {length}"
        );
    }
}

#[tokio::test]
async fn what_is_in_memory_is_read_on_the_spot_and_the_rest_elsewhere() {
    let kept = Arc::new(PatternBlob {
        size: PIECE * 6,
        reads: AtomicUsize::new(0),
        cached: |offset| !(PIECE..3 * PIECE).contains(&offset),
    });
    let source = BodySource::kept(Arc::clone(&kept) as Arc<dyn StoredBytes>, 0, kept.size);
    let wanted: Vec<u8> = (0..kept.size).map(byte_at).collect();
    assert!(
        drained(source).await.unwrap() == wanted,
        "in order and whole"
    );
    assert_eq!(kept.reads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn pieces_grow_as_they_are_taken() {
    let kept = Arc::new(PatternBlob {
        size: PIECE * 4,
        reads: AtomicUsize::new(0),
        cached: |_| true,
    });
    let mut source = BodySource::kept(kept, 0, PIECE * 4);
    let mut lender = lender_of(1 << 30);
    let mut sizes = Vec::new();
    while let Some(chunk) =
        std::future::poll_fn(|cx| source.poll_next(cx, &mut lender, usize::MAX)).await
    {
        sizes.push(chunk.unwrap().len() >> 10);
    }
    assert_eq!(sizes[..6], [16, 16, 32, 64, 128, 256]);
}

#[tokio::test]
async fn reading_runs_one_chunk_ahead_and_no_further() {
    let kept = Arc::new(PatternBlob {
        size: PIECE * 10,
        reads: AtomicUsize::new(0),
        cached: |_| false,
    });
    let mut source = BodySource::kept(Arc::clone(&kept) as Arc<dyn StoredBytes>, 0, kept.size);
    let mut lender = lender();
    let first = std::future::poll_fn(|cx| source.poll_next(cx, &mut lender, usize::MAX)).await;
    assert!(matches!(first, Some(Ok(chunk)) if chunk.len() as u64 == PIECE));
    assert_eq!(kept.reads.load(Ordering::Relaxed), READ_AHEAD);
}
