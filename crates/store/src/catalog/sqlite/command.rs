//! Commands: changes on their way to the writing thread, each with a reply of its own type.
//!
//! The writer makes one transaction of whatever waits, so commands of different kinds travel in one
//! queue. What each of them is answered with is fixed by its type ([`Command::Outcome`]): there is no
//! common set of outcomes from which a caller would have to pick the right one.

use super::change::TransactionBatch;
use crate::error::StoreError;
use tokio::sync::oneshot;

/// One change to the catalog.
pub(crate) trait Command: Send + 'static {
    /// What the change came to.
    type Outcome: Send + 'static;

    /// Whether somebody was or will be told something that must survive a power cut. Cached answers
    /// are only remembered, and tiles matter to whoever is told of a head or a record that comes
    /// behind them: a transaction of those alone is not synced.
    fn must_last(&self) -> bool {
        true
    }

    /// Pages that it writes ahead, roughly: a leaf of each table that a capture touches.
    fn pages(&self) -> u64 {
        5
    }

    /// Makes the change. An error spoils the transaction, and with it the changes of others.
    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<Self::Outcome>, StoreError>;
}

/// What one change of a transaction came to.
pub(crate) enum CommandOutcome<T> {
    /// It was made.
    Done(T),
    /// It was refused, for this reason; what the batch wrote about it stays, and so do the changes of
    /// others.
    Refused(StoreError),
}

/// A command in the queue, whatever its type.
pub(crate) trait QueuedCommand: Send {
    /// See [`Command::must_last`].
    fn must_last(&self) -> bool;

    /// See [`Command::pages`].
    fn pages(&self) -> u64;

    /// Makes the change and keeps what it came to.
    fn apply(&mut self, batch: &mut TransactionBatch<'_>) -> Result<(), StoreError>;

    /// Answers who asked: with what the change came to, or why the transaction failed.
    fn answer(self: Box<Self>, transaction: Result<(), StoreError>);
}

/// A command with the way back to who asked.
struct PendingCommand<C: Command> {
    command: Option<C>,
    must_last: bool,
    pages: u64,
    applied: Option<CommandOutcome<C::Outcome>>,
    reply: oneshot::Sender<Result<C::Outcome, StoreError>>,
}

/// Where the outcome of a queued command arrives.
pub(crate) type Reply<T> = oneshot::Receiver<Result<T, StoreError>>;

/// Makes a command ready for the queue.
pub(crate) fn queued<C: Command>(command: C) -> (Box<dyn QueuedCommand>, Reply<C::Outcome>) {
    let (reply, answer) = oneshot::channel();
    let queued = PendingCommand {
        must_last: command.must_last(),
        pages: command.pages(),
        command: Some(command),
        applied: None,
        reply,
    };
    (Box::new(queued), answer)
}

// === impl PendingCommand ===

impl<C: Command> QueuedCommand for PendingCommand<C> {
    fn must_last(&self) -> bool {
        self.must_last
    }

    fn pages(&self) -> u64 {
        self.pages
    }

    fn apply(&mut self, batch: &mut TransactionBatch<'_>) -> Result<(), StoreError> {
        if let Some(command) = self.command.take() {
            self.applied = Some(command.apply(batch)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, transaction: Result<(), StoreError>) {
        let outcome = match (transaction, self.applied) {
            (Err(error), _) | (Ok(()), Some(CommandOutcome::Refused(error))) => Err(error),
            (Ok(()), Some(CommandOutcome::Done(outcome))) => Ok(outcome),
            // A transaction applies every command before it is committed.
            (Ok(()), None) => Err(StoreError::Closed),
        };
        // Whoever asked may have left; what was changed stays changed.
        drop(self.reply.send(outcome));
    }
}

// === impl CommandOutcome ===

impl<T> From<Result<T, StoreError>> for CommandOutcome<T> {
    fn from(result: Result<T, StoreError>) -> Self {
        match result {
            Ok(done) => Self::Done(done),
            Err(refused) => Self::Refused(refused),
        }
    }
}
