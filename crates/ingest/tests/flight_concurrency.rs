//! The flight's board under a concurrency checker: every schedule of a small flight, and many
//! random ones of a larger one. Run with `cargo test -p ingest --features shuttle`.
#![cfg(feature = "shuttle")]
#![expect(clippy::unwrap_used, reason = "tests")]

use ingest::flight::{
    board::{Board, Seat, View},
    state::Withhold,
};
use shuttle::{future, thread};
use std::{future::poll_fn, sync::Arc};

/// The whole body, of which the board shows a prefix.
type Content = Arc<Vec<u8>>;
type TestBoard = Board<Content, bool>;

const TAIL: u64 = 2;

/// Reads to the end; `Ok` with what was read, `Err` with what was read before the cut.
async fn read(seat: Seat<Content, bool>) -> Result<Vec<u8>, Vec<u8>> {
    let (mut read, mut epoch) = (Vec::new(), 0);
    loop {
        match poll_fn(|cx| seat.poll_view(cx, read.len() as u64, epoch, None)).await {
            View::Bytes {
                content,
                until,
                epoch: seen,
            } => {
                epoch = seen;
                let until = usize::try_from(until).unwrap();
                read.extend_from_slice(&content[read.len()..until]);
            }
            View::End => return Ok(read),
            View::Cut => return Err(read),
        }
    }
}

fn whole_flight(board: &TestBoard, body: &[u8]) {
    let content: Content = Arc::new(body.to_vec());
    board.replace(content, |state| state.opened(Some(body.len() as u64)));
    board.update(|state| state.appended(body.len() as u64));
    board.update(ingest::flight::state::State::arrived);
    board.finish(true, ingest::flight::state::State::kept);
}

/// A first attempt that is lost in the middle, then a second one.
fn second_attempt(board: &TestBoard, first: &[u8], second: &[u8]) {
    let content: Content = Arc::new(first.to_vec());
    board.replace(content, |state| state.opened(None));
    board.update(|state| state.appended(first.len() as u64));
    board.update(ingest::flight::state::State::attempt_lost);
    board.update(|state| state.opened(None));
    let shown = usize::try_from(board.shown().1).unwrap();
    let same = first[..shown] == second[..shown];
    board.replace(Arc::new(second.to_vec()), |state| {
        state.appended(second.len() as u64);
        if same {
            state.caught_up()
        } else {
            state.diverged()
        }
    });
    board.update(ingest::flight::state::State::arrived);
    board.finish(true, ingest::flight::state::State::kept);
}

#[test]
fn no_wake_up_is_lost_in_any_schedule() {
    shuttle::check_dfs(
        || {
            let board = TestBoard::new(Withhold::Tail(TAIL));
            let seat = board.join();
            let runner = thread::spawn(move || whole_flight(&board, b"abcdef"));
            assert_eq!(future::block_on(read(seat)), Ok(b"abcdef".to_vec()));
            runner.join().unwrap();
        },
        None,
    );
}

#[test]
fn a_failing_flight_releases_every_reader() {
    shuttle::check_dfs(
        || {
            let board = TestBoard::new(Withhold::Tail(TAIL));
            let seat = board.join();
            let runner = thread::spawn(move || {
                board.replace(Arc::new(b"abcdef".to_vec()), |state| state.opened(None));
                board.update(|state| state.appended(4));
                board.finish(false, ingest::flight::state::State::failed);
            });
            let read = future::block_on(read(seat)).unwrap_err();
            assert!(
                b"ab".starts_with(&read),
                "the tail must stay back: {read:?}"
            );
            runner.join().unwrap();
        },
        None,
    );
}

#[test]
fn readers_never_mix_two_bodies() {
    for second in [&b"abcdefgh"[..], &b"abXdefgh"[..]] {
        shuttle::check_random(
            move || {
                let board = TestBoard::new(Withhold::Tail(TAIL));
                let readers: Vec<_> = (0..3)
                    .map(|_| board.join())
                    .map(|seat| thread::spawn(|| future::block_on(read(seat))))
                    .collect();
                let late = board.clone();
                let runner = thread::spawn(move || second_attempt(&board, b"abcdef", second));
                let late = thread::spawn(move || future::block_on(read(late.join())));
                for reader in readers.into_iter().chain([late]) {
                    match reader.join().unwrap() {
                        Ok(read) => assert_eq!(read, second),
                        Err(read) => {
                            assert!(second != b"abcdefgh" && b"abcdef".starts_with(&read[..]))
                        }
                    }
                }
                runner.join().unwrap();
            },
            20_000,
        );
    }
}

#[test]
fn a_leaving_reader_disturbs_nobody() {
    shuttle::check_random(
        || {
            let board = TestBoard::new(Withhold::Tail(TAIL));
            let (leaver, stayer) = (board.join(), board.join());
            let leaver = thread::spawn(move || {
                future::block_on(poll_fn(|cx| {
                    let _ = leaver.poll_view(cx, 0, 0, None);
                    std::task::Poll::Ready(())
                }));
            });
            let stayer = thread::spawn(|| future::block_on(read(stayer)));
            whole_flight(&board, b"abcdef");
            assert_eq!(stayer.join().unwrap(), Ok(b"abcdef".to_vec()));
            leaver.join().unwrap();
            assert_eq!(board.waiting(), 0);
        },
        20_000,
    );
}
