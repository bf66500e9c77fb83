//! Telling a slow source from a silent one.
//!
//! A source that fetches a new version from version control may need half a minute, so the header
//! deadline is long. A source that hangs must not cost a client that long. The difference can be
//! asked for: after a silence, something cheap is asked, with as long a deadline. Any HTTP answer to
//! that, or to any other request of this class meanwhile, means that the source lives: the wait goes
//! on to the long deadline, with another look now and then. Where the request is on a connection that
//! had rested, it may be that connection that is dead: then the request is sent on a fresh one as well,
//! within the budget of extra requests, and the first answer counts. Once one was found dead so, all
//! who wait on those that rested with it do the same at once. If that is met with silence too, the
//! request fails, after two silences in all, and the breakers of all classes that nothing was heard of
//! meanwhile open: whoever comes next need not find out again.
//!
//! What is asked: small files that this source gave fast before, or its base URL. Never a path that
//! it was not asked for already: names may be private. One question at a time per source, shared by
//! all who wonder; it takes no slot, since all slots may be taken by what hangs.

use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, Either, select};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Ask, Core, Reply};
use crate::{Failure, RequestClass, breaker::Signal, connections::Moment};

/// When to look again after a silent source turned out to live. A source may die at any moment of a
/// long wait; a small question in ten seconds costs it nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// When the last answered and the last unanswered question were asked.
#[derive(Debug, Default)]
pub(super) struct SilenceAnswer {
    answered: Option<Instant>,
    unanswered: Option<Instant>,
}

// === impl Core ===

impl Core {
    /// Asks, and gives up on silence.
    pub(super) async fn watched(self: &Arc<Self>, ask: Ask<'_>) -> Reply {
        let moment = self.transport.moment();
        let mut get: BoxFuture<'_, Reply> = Box::pin(self.transport.get(ask));
        let (mut since, mut patience) = (Instant::now(), self.silence);
        let mut is_alone = true;
        loop {
            let told = tokio::select! {
                biased;
                reply = timeout(patience, get.as_mut()) => match reply {
                    Ok(reply) => return reply,
                    Err(_late) => false,
                },
                () = self.transport.silent_since(moment), if is_alone => true,
            };
            if told && self.transport.rested_since(moment) {
                get = Box::pin(self.with_a_fresh_one(get, ask, moment));
            }
            if told {
                is_alone = false;
                continue;
            }
            let lives = tokio::select! {
                biased;
                reply = get.as_mut() => return reply,
                lives = self.lives(ask.path.class(), since) => lives,
            };
            if !lives {
                return Reply::Failed(Failure::Silent(self.silence * 2));
            }
            if is_alone && self.transport.rested_since(moment) && self.health.withdraw() {
                get = Box::pin(self.with_a_fresh_one(get, ask, moment));
                is_alone = false;
            }
            (since, patience) = (Instant::now(), LOOK_AGAIN.max(self.silence));
        }
    }

    /// Asks on a fresh connection as well; the first that answers counts. If that is the fresh one, no
    /// resting one is trusted any more.
    async fn with_a_fresh_one<'a>(
        &'a self,
        first: BoxFuture<'a, Reply>,
        ask: Ask<'a>,
        moment: Option<Moment>,
    ) -> Reply {
        let kind = ask.path.kind();
        self.observer.hedged(&self.name, kind, false);
        let fresh = Box::pin(self.transport.get(Ask { fresh: true, ..ask }));
        match select(first, fresh).await {
            Either::Left((Reply::Failed(failure), fresh)) if !failure.is_an_answer() => fresh.await,
            Either::Right((Reply::Failed(failure), first)) if !failure.is_an_answer() => {
                first.await
            }
            Either::Left((reply, _)) => reply,
            Either::Right((reply, _)) => {
                self.observer.hedged(&self.name, kind, true);
                self.transport.are_silent(moment);
                reply
            }
        }
    }

    /// Whether the source said anything since then, or says something when it is asked.
    async fn lives(self: &Arc<Self>, class: RequestClass, since: Instant) -> bool {
        if self.health.heard_since(class, since) {
            return true;
        }
        let mut heard = self.heard.lock().await;
        if self.health.heard_since(class, since) || heard.answered >= Some(since) {
            return true;
        }
        if heard.unanswered >= Some(since) {
            return false;
        }
        let begun = Instant::now();
        let lives = self.answers(class, begun + self.silence).await;
        if lives {
            heard.answered = Some(begun);
        } else {
            heard.unanswered = Some(begun);
            self.is_silent(since);
        }
        lives
    }

    fn is_silent(self: &Arc<Self>, since: Instant) {
        let failure = Failure::Silent(self.silence * 2);
        for class in RequestClass::ALL {
            if !self.health.heard_since(class, since) {
                let change = self.health.trip(class, &failure);
                self.changed(class, change);
            }
        }
    }

    async fn answers(&self, class: RequestClass, deadline: Instant) -> bool {
        // Lists may take a source as long as what is being waited for; files never do.
        let classes = [RequestClass::Metadata, RequestClass::Sumdb, class];
        let signal = timeout_at(deadline, self.ask_known(&classes)).await;
        let lives = matches!(signal, Ok(signal) if signal != Signal::Silent);
        self.observer.questioned(&self.name, class, lives);
        lives
    }
}
