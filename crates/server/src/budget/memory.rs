//! Memory: bytes that are lent out for as long as somebody needs them.
//!
//! A piece of an answer is read into memory only after its size was lent, and the loan ends when
//! its last byte was written to the socket or its connection is gone. When nothing is left, the
//! next piece waits in line. That is safe because every loan ends: a client that takes too few
//! bytes is cut, and it is given less time for them while others wait ([`ReaderPatience`]).

use crate::Limits;
use bytes::Bytes;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A piece while memory is short, and the first piece of an answer: one HTTP/2 frame. So the half
/// that is left when pieces become small is enough for thousands of slow readers, and thousands who
/// read nothing hold little.
const SHORT_PIECE: usize = 16 * 1024;

/// The most that a budget can hold; a semaphore counts no further in one step.
const MOST: usize = u32::MAX as usize;

/// Memory that can be lent.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    free: Arc<Semaphore>,
    total: usize,
    waiting: AtomicUsize,
}

/// Memory that is lent; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct MemoryLoan {
    of_all: OwnedSemaphorePermit,
    of_share: OwnedSemaphorePermit,
}

/// Lends memory to one answer, out of everybody's budget and its caller's share.
pub(crate) struct MemoryLender {
    all: Arc<MemoryBudget>,
    share: Arc<MemoryBudget>,
    /// What was lent to this answer so far.
    lent: usize,
    wait: Option<Pin<Box<dyn Future<Output = Option<MemoryLoan>> + Send>>>,
}

/// How long a client may take for the next [`LEAST`](crate::watchdog::LEAST) bytes of an answer.
#[derive(Debug, Clone)]
pub(crate) struct ReaderPatience {
    all: Arc<MemoryBudget>,
    share: Arc<MemoryBudget>,
    usual: Duration,
    when_short: Duration,
}

/// Bytes and the loan they lie in.
struct LentBytes {
    bytes: Bytes,
    _loan: MemoryLoan,
}

/// Counts somebody as waiting.
struct WaitingGuard(Arc<MemoryBudget>);

// === impl MemoryBudget ===

impl MemoryBudget {
    pub(crate) fn new(total: usize) -> Self {
        let total = total.clamp(SHORT_PIECE, MOST);
        Self {
            free: Arc::new(Semaphore::new(total)),
            total,
            waiting: AtomicUsize::new(0),
        }
    }

    /// Takes `bytes` at once, or not at all.
    pub(crate) fn try_take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.free).try_acquire_many_owned(bytes).ok()
    }

    /// Whether less than half is left.
    fn is_short(&self) -> bool {
        self.free.available_permits() < self.total / 2
    }

    /// Whether somebody waits for it.
    fn is_wanted(&self) -> bool {
        self.waiting.load(Relaxed) > 0
    }

    async fn take(self: Arc<Self>, bytes: usize) -> Option<OwnedSemaphorePermit> {
        if let Some(taken) = self.try_take(bytes) {
            return Some(taken);
        }
        let _waiting = WaitingGuard::new(&self);
        let bytes = u32::try_from(bytes.min(self.total)).ok()?;
        Arc::clone(&self.free).acquire_many_owned(bytes).await.ok()
    }
}

// === impl WaitingGuard ===

impl WaitingGuard {
    fn new(memory: &Arc<MemoryBudget>) -> Self {
        memory.waiting.fetch_add(1, Relaxed);
        Self(Arc::clone(memory))
    }
}

impl Drop for WaitingGuard {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

// === impl MemoryLender ===

impl MemoryLender {
    pub(crate) fn new(all: &Arc<MemoryBudget>, share: &Arc<MemoryBudget>) -> Self {
        Self {
            all: Arc::clone(all),
            share: Arc::clone(share),
            lent: 0,
            wait: None,
        }
    }

    /// How much to read at a time where `usual` is the best size: pieces grow as they are taken.
    pub(crate) fn piece(&self, usual: usize) -> usize {
        if self.all.is_short() || self.share.is_short() {
            usual.min(SHORT_PIECE)
        } else {
            usual.min(self.lent.max(SHORT_PIECE))
        }
    }

    /// Lends `bytes` at once, or not at all.
    pub(crate) fn try_lend(&self, bytes: usize) -> Option<MemoryLoan> {
        Some(MemoryLoan {
            of_share: self.share.try_take(bytes)?,
            of_all: self.all.try_take(bytes)?,
        })
    }

    /// Lends `bytes`, as soon as there are that many. Asked again while it waits, it must be asked
    /// for no more than at first. `None` is never given while the server lives.
    pub(crate) fn poll_lend(
        &mut self,
        cx: &mut Context<'_>,
        bytes: usize,
    ) -> Poll<Option<MemoryLoan>> {
        if self.wait.is_none() {
            if let Some(loan) = self.try_lend(bytes) {
                self.lent = self.lent.saturating_add(bytes);
                return Poll::Ready(Some(loan));
            }
            let (share, all) = (Arc::clone(&self.share), Arc::clone(&self.all));
            self.wait = Some(Box::pin(async move {
                Some(MemoryLoan {
                    of_share: share.take(bytes).await?,
                    of_all: all.take(bytes).await?,
                })
            }));
        }
        let Some(wait) = &mut self.wait else {
            return Poll::Ready(None);
        };
        let loan = ready!(wait.as_mut().poll(cx));
        self.wait = None;
        self.lent = self
            .lent
            .saturating_add(loan.as_ref().map_or(0, MemoryLoan::bytes));
        Poll::Ready(loan)
    }
}

impl fmt::Debug for MemoryLender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLender").finish_non_exhaustive()
    }
}

// === impl ReaderPatience ===

impl ReaderPatience {
    pub(crate) fn new(all: &Arc<MemoryBudget>, share: &Arc<MemoryBudget>, limits: &Limits) -> Self {
        Self {
            all: Arc::clone(all),
            share: Arc::clone(share),
            usual: limits.stall_timeout,
            when_short: limits.stall_timeout_when_short,
        }
    }

    /// How long it is at the moment: less while others wait for memory.
    pub(crate) fn now(&self) -> Duration {
        if self.all.is_wanted() || self.share.is_wanted() {
            self.when_short
        } else {
            self.usual
        }
    }
}

// === impl MemoryLoan ===

impl MemoryLoan {
    /// How many bytes are lent.
    pub(crate) fn bytes(&self) -> usize {
        self.of_all.num_permits().min(self.of_share.num_permits())
    }

    /// `bytes`, which keep this loan until the last handle to them is dropped.
    pub(crate) fn of(mut self, bytes: Bytes) -> Bytes {
        // What is not needed is given back at once.
        let unused = self.bytes().saturating_sub(bytes.len());
        drop((self.of_all.split(unused), self.of_share.split(unused)));
        Bytes::from_owner(LentBytes { bytes, _loan: self })
    }
}

// === impl LentBytes ===

impl AsRef<[u8]> for LentBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryBudget, MemoryLender, ReaderPatience, SHORT_PIECE};
    use crate::Limits;
    use bytes::Bytes;
    use std::{future::poll_fn, sync::Arc};

    const TOTAL: usize = 4 * SHORT_PIECE;

    fn budgets() -> (Arc<MemoryBudget>, Arc<MemoryBudget>) {
        (
            Arc::new(MemoryBudget::new(TOTAL)),
            Arc::new(MemoryBudget::new(TOTAL / 2)),
        )
    }

    fn lender((all, share): &(Arc<MemoryBudget>, Arc<MemoryBudget>)) -> MemoryLender {
        MemoryLender::new(all, share)
    }

    #[test]
    fn one_caller_gets_no_more_than_its_share() {
        let budgets = budgets();
        let lender = lender(&budgets);
        let loan = lender.try_lend(TOTAL / 2).unwrap();
        assert!(lender.try_lend(1).is_none());
        drop(loan);
        assert!(lender.try_lend(1).is_some());
    }

    #[test]
    fn a_loan_ends_with_the_last_handle_to_its_bytes() {
        let budgets = budgets();
        let lender = lender(&budgets);
        let loan = lender.try_lend(TOTAL / 2).unwrap();
        let bytes = loan.of(vec![0; TOTAL / 2].into());
        let part = bytes.slice(1..);
        drop(bytes);
        assert!(lender.try_lend(1).is_none());
        drop(part);
        assert!(lender.try_lend(TOTAL / 2).is_some());
    }

    #[test]
    fn what_was_lent_and_is_not_needed_is_given_back() {
        let budgets = budgets();
        let lender = lender(&budgets);
        let loan = lender.try_lend(TOTAL / 2).unwrap();
        let _bytes = loan.of(Bytes::from_static(b"ab"));
        assert!(lender.try_lend(TOTAL / 2 - 2).is_some());
    }

    #[tokio::test]
    async fn who_asks_for_more_than_is_left_waits_and_others_are_told_to_hurry() {
        let budgets = budgets();
        let (first, mut second) = (lender(&budgets), lender(&budgets));
        let patience = ReaderPatience::new(&budgets.0, &budgets.1, &Limits::default());
        let loan = first.try_lend(TOTAL / 2).unwrap();
        let waiting = tokio::spawn(async move { poll_fn(|cx| second.poll_lend(cx, 1)).await });
        tokio::task::yield_now().await;
        assert_eq!(patience.now(), Limits::default().stall_timeout_when_short);
        drop(loan);
        assert!(waiting.await.unwrap().is_some());
        assert_eq!(patience.now(), Limits::default().stall_timeout);
    }

    #[tokio::test]
    async fn pieces_become_small_while_memory_is_short() {
        let budgets = budgets();
        let mut lender = lender(&budgets);
        assert_eq!(lender.piece(2 * SHORT_PIECE), SHORT_PIECE, "the first");
        drop(poll_fn(|cx| lender.poll_lend(cx, 2 * SHORT_PIECE)).await);
        assert_eq!(lender.piece(2 * SHORT_PIECE), 2 * SHORT_PIECE);
        let _loan = lender.try_lend(TOTAL / 4 + 1).unwrap();
        assert_eq!(lender.piece(2 * SHORT_PIECE), SHORT_PIECE);
        assert_eq!(lender.piece(10), 10);
    }

    #[tokio::test]
    async fn more_than_there_is_at_all_is_lent_when_all_of_it_is_free() {
        let budgets = budgets();
        let mut lender = lender(&budgets);
        assert!(
            poll_fn(|cx| lender.poll_lend(cx, 2 * TOTAL))
                .await
                .is_some()
        );
    }
}
