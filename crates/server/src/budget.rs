//! Budgets: what clients may make this process hold, in all and each.
//!
//! A stranger can open connections, send bodies and leave answers unread. Each of these holds
//! memory here, so each has a budget that all clients share, and a share of it that one caller may
//! use (law L14). A caller is an IPv4 address or an IPv6 /64 network: the smallest thing that
//! costs money.
//!
//! | What | Beyond the budget |
//! |---|---|
//! | memory of answers ([`memory`]) | the next piece of an answer waits; who takes too few bytes meanwhile is cut early |
//! | memory and number of posted lists ([`posted`]) | 429 with `Retry-After` |
//! | connections ([`seats`]) | the one that rests longest makes room |
//! | requests under way | 429 with `Retry-After` |
//! | refusals a second ([`refusals`]) | the next one waits |
//! | pieces of large answers being worked on ([`turns`]) | the next one waits |
//!
//! Small answers from the response caches need no budget: their bytes are in memory in any case.

pub(crate) mod accounts;
pub(crate) mod memory;
pub(crate) mod posted;
pub(crate) mod refusals;
pub(crate) mod seats;
pub(crate) mod turns;

use crate::Limits;
use accounts::{CallerAccount, CallerAccounts};
use memory::{MemoryBudget, MemoryLender, ReaderPatience};
use posted::PostedBudget;
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use turns::{PieceTurns, TurnLine};

/// One caller's part of a budget that everybody shares: one fourth. So it takes four callers at
/// the very least to use up anything, and one caller still gets what a large build needs.
const SHARE: usize = 4;

/// All budgets of a server.
#[derive(Debug)]
pub(crate) struct Budgets {
    answers: Arc<MemoryBudget>,
    posted: PostedBudget,
    turns: PieceTurns,
    accounts: Arc<CallerAccounts>,
    limits: Limits,
}

/// What one connection may use of the budgets.
#[derive(Debug)]
pub(crate) struct Allowance {
    pub(crate) account: CallerAccount,
    answers: Arc<MemoryBudget>,
    pub(crate) posted: PostedBudget,
    turns: PieceTurns,
    limits: Limits,
}

// === impl Budgets ===

impl Budgets {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            answers: Arc::new(MemoryBudget::new(limits.answer_memory)),
            posted: PostedBudget::new(limits.posted_memory, limits.posted_lists),
            turns: PieceTurns::default(),
            accounts: Arc::default(),
            limits,
        }
    }

    /// The allowance of a connection from `address`.
    pub(crate) fn allowance(&self, address: IpAddr) -> Allowance {
        Allowance {
            account: CallerAccounts::open(&self.accounts, address, &self.limits),
            answers: Arc::clone(&self.answers),
            posted: self.posted.clone(),
            turns: self.turns.clone(),
            limits: self.limits,
        }
    }
}

// === impl Allowance ===

impl Allowance {
    /// Whether more requests of the caller are under way than one caller may have.
    pub(crate) fn has_too_many_requests(&self) -> bool {
        let requests = &self.account.shares().requests;
        requests.load(Relaxed) > self.limits.requests_a_caller
    }

    /// One more refusal of this caller: how long it has to wait.
    pub(crate) fn next_refusal(&self) -> Duration {
        self.account.shares().refusals.next()
    }

    /// A place in line for one answer, in case it is large.
    pub(crate) fn turns(&self) -> TurnLine {
        TurnLine::new(&self.turns, &self.account.shares().turns)
    }

    /// How long this caller may take for bytes that lie ready.
    pub(crate) fn patience(&self) -> ReaderPatience {
        ReaderPatience::new(&self.answers, &self.account.shares().answers, &self.limits)
    }

    /// Lends memory to one answer.
    pub(crate) fn lender(&self) -> MemoryLender {
        MemoryLender::new(&self.answers, &self.account.shares().answers)
    }
}
