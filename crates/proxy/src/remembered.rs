//! Remembered: answers that may change, with the time at which they were true.
//!
//! A list, the answer to a query and a statement of absence are not captures: they are kept with
//! their age, replaced by newer ones, and given in their old form while no source can be asked
//! (stale while revalidating, RFC 5861 section 3; stale if error, section 4). How old an answer may
//! be is decided by [`plan`], which is pure.

use crate::{
    answer::Origin,
    capture::{self, Lost},
    check::{self, INFO_LIMIT, Wrong},
    context::Context,
    options::ProxyOptions,
    refusal::Refusal,
    resource::Fetching,
    selection, sumdb,
};
use bytes::Bytes;
use codes::Code;
use gomod::ModulePath;
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use store::{Memo, MemoClass, MemoKey, MemoStatus};
use upstream::{Absence, DatabaseOutcome, Download, Outage, Outcome as Offer, Walk};

/// The largest list that is accepted: 100,000 versions of 40 bytes.
const LIST_LIMIT: u64 = 4 * 1024 * 1024;

/// For how long an old answer is given without asking again after asking has failed. Short against
/// the two seconds in which a source that returned is to be noticed.
pub(crate) const HOLD_OFF: SignedDuration = SignedDuration::from_secs(1);

/// An answer that may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) status: MemoStatus,
    pub(crate) body: Bytes,
    pub(crate) fetched_at: Timestamp,
    pub(crate) source: String,
}

/// Which answer: where it is asked for and under which name it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Its class in the store.
    pub(crate) class: MemoClass,
    /// Its path in the URL space, escaped.
    pub(crate) path: String,
    /// The module it is about; none for a checksum database.
    pub(crate) module: Option<ModulePath>,
}

/// An answer, and where it came from this time.
#[derive(Debug, Clone)]
pub(crate) struct Recalled {
    pub(crate) answer: Arc<Remembered>,
    pub(crate) origin: Origin,
    /// Until when nobody need be asked again; none where somebody is being asked.
    pub(crate) fresh_until: Option<Timestamp>,
}

/// Whether the caller has something to answer with if a source does not answer soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fallback {
    /// Nothing: the source's answer is worth the wait.
    None,
    /// Something older or computed.
    Some,
}

/// What to do with an answer of some age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Give it.
    Give,
    /// Give it, and renew it in the background.
    GiveAndRenew,
    /// Renew it; give it only if that fails or takes too long.
    Renew,
}

/// Decides by age alone.
pub(crate) fn plan(age: Duration, max_age: Duration, stale: Duration) -> Plan {
    if age <= max_age {
        Plan::Give
    } else if age <= max_age.saturating_add(stale) {
        Plan::GiveAndRenew
    } else {
        Plan::Renew
    }
}

// === impl Context ===

impl Context {
    /// The path of an answer as a log line may show it.
    fn shown_path(&self, subject: &Subject) -> String {
        match &subject.module {
            Some(module) => self.shown(module, &subject.path),
            None => self.shown_database_path(&subject.path),
        }
    }
}

// === impl Recalled ===

impl Recalled {
    fn renewed(answer: Arc<Remembered>, max_age: Duration) -> Self {
        let origin = Origin::Upstream(answer.source.clone());
        Self::fresh(answer, origin, max_age)
    }

    pub(crate) fn fresh(answer: Arc<Remembered>, origin: Origin, max_age: Duration) -> Self {
        let age = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::ZERO);
        Self {
            fresh_until: answer.fetched_at.checked_add(age).ok(),
            answer,
            origin,
        }
    }

    fn old(answer: Arc<Remembered>, origin: Origin) -> Self {
        Self {
            answer,
            origin,
            fresh_until: None,
        }
    }

    /// Old, and asking has just failed.
    pub(crate) fn in_need(answer: Arc<Remembered>, now: Timestamp) -> Self {
        Self {
            answer,
            origin: Origin::Stale,
            fresh_until: now.checked_add(HOLD_OFF).ok(),
        }
    }
}

// === impl Remembered ===

impl Remembered {
    /// A source's statement of absence as a refusal in its own words.
    pub(crate) fn absence(&self) -> Refusal {
        let text = String::from_utf8_lossy(&self.body);
        let (status, text) = text.split_once(' ').unwrap_or(("404", &text));
        Refusal::relayed(if status == "410" { 410 } else { 404 }, text)
    }

    /// Whether a source said that it has it.
    pub(crate) fn is_known(&self) -> bool {
        self.status == MemoStatus::Known
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    pub(crate) fn of_absence(absence: &Absence, now: Timestamp) -> Self {
        Self {
            status: MemoStatus::Absent,
            body: format!("{} {}", absence.status, absence.text).into(),
            fetched_at: now,
            source: absence.source.to_string(),
        }
    }
}

impl From<Memo> for Remembered {
    fn from(memo: Memo) -> Self {
        Self {
            status: memo.status,
            body: memo.body,
            fetched_at: memo.fetched_at,
            source: memo.source,
        }
    }
}

impl From<&Remembered> for Memo {
    fn from(remembered: &Remembered) -> Self {
        Self {
            status: remembered.status,
            body: remembered.body.clone(),
            fetched_at: remembered.fetched_at,
            source: remembered.source.clone(),
        }
    }
}

// === impl Subject ===

impl Subject {
    fn memo_key(&self) -> MemoKey {
        MemoKey {
            class: self.class,
            path: self.path.clone(),
        }
    }

    fn limit(&self) -> u64 {
        if self.class == MemoClass::List {
            LIST_LIMIT
        } else {
            INFO_LIMIT
        }
    }

    /// How old an answer may be, and for how long after that it is given while it is renewed. Absence
    /// has its own clock: it is never believed for as long as a list. What an honest database never
    /// changes is believed for longest.
    fn limits(&self, options: &ProxyOptions, remembered: &Remembered) -> (Duration, Duration) {
        let is_record =
            self.class == MemoClass::Sumdb && sumdb::is_permanent(sumdb::split(&self.path).1);
        match (remembered.is_known(), is_record) {
            (true, true) => (options.record_max_age, Duration::ZERO),
            (true, false) => (options.list_max_age, options.list_stale),
            (false, _) => (options.absence_max_age, Duration::ZERO),
        }
    }

    /// Whether a body can be what was asked for.
    fn check(&self, body: &[u8]) -> Result<(), Wrong> {
        match self.class {
            MemoClass::Latest | MemoClass::Query => check::resolved(body).map(drop),
            MemoClass::Sumdb => sumdb::check_changing(sumdb::split(&self.path).1, body),
            _ if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<') => {
                Err(Wrong::new(Code::UpstreamBadContent, "it is a web page"))
            }
            MemoClass::List if !selection::is_list(&String::from_utf8_lossy(body)) => {
                let problem = "it has lines, and no version in them";
                Err(Wrong::new(Code::UpstreamBadContent, problem))
            }
            _ => Ok(()),
        }
    }
}

// === impl Context ===

impl Context {
    /// What is remembered of a subject, at any age.
    pub(crate) async fn memo(&self, subject: &Subject) -> Result<Option<Arc<Remembered>>, Refusal> {
        let memo = self
            .store
            .memo(&subject.memo_key())
            .await
            .map_err(|error| self.store_failure(error))?;
        Ok(memo.map(|memo| Arc::new(Remembered::from(memo))))
    }

    /// The answer on a subject, renewed where its age and `fetching` demand it. A source's "does
    /// not exist" is a refusal in its words.
    ///
    /// With `fallback` the caller has something else to answer with, and does not wait longer for
    /// a source than a client is ready to.
    pub(crate) async fn recall(
        self: &Arc<Self>,
        subject: &Subject,
        fetching: Fetching,
        fallback: Fallback,
    ) -> Result<Recalled, Refusal> {
        let recalled = match (self.memo(subject).await?, fetching) {
            (None, Fetching::Never) => return Err(Refusal::not_kept(&subject.path)),
            (Some(answer), Fetching::Never) => Recalled::old(answer, Origin::Store),
            (None, _) => {
                let answer = self.renew_in_time(subject, None, fallback).await?;
                let (max_age, _) = subject.limits(&self.options, &answer);
                Recalled::renewed(answer, max_age)
            }
            (Some(answer), _) => self.again(subject, answer, fallback).await?,
        };
        if recalled.answer.is_known() {
            Ok(recalled)
        } else {
            Err(recalled.answer.absence())
        }
    }

    async fn again(
        self: &Arc<Self>,
        subject: &Subject,
        answer: Arc<Remembered>,
        fallback: Fallback,
    ) -> Result<Recalled, Refusal> {
        let age = self.options.clock.age(answer.fetched_at);
        let (max_age, stale) = subject.limits(&self.options, &answer);
        match plan(age, max_age, stale) {
            Plan::Give => Ok(Recalled::fresh(answer, Origin::Store, max_age)),
            Plan::GiveAndRenew => {
                self.start_renewal(subject, &answer);
                Ok(Recalled::old(answer, Origin::Stale))
            }
            Plan::Renew => {
                // An old "it exists" outlives an outage; an old "it does not" says too little.
                let fallback = if answer.is_known() {
                    Fallback::Some
                } else {
                    fallback
                };
                let found = Some(Arc::clone(&answer));
                match self.renew_in_time(subject, found, fallback).await {
                    Ok(renewed) => Ok(Recalled::renewed(renewed, max_age)),
                    Err(_) if answer.is_known() => {
                        Ok(Recalled::in_need(answer, self.options.clock.now()))
                    }
                    Err(refusal) => Err(refusal),
                }
            }
        }
    }

    async fn renew_in_time(
        self: &Arc<Self>,
        subject: &Subject,
        found: Option<Arc<Remembered>>,
        fallback: Fallback,
    ) -> Result<Arc<Remembered>, Refusal> {
        match fallback {
            Fallback::None => self.renew(subject, found).await,
            Fallback::Some => {
                tokio::time::timeout(self.options.refresh_patience, self.renew(subject, found))
                    .await
                    .unwrap_or_else(|_elapsed| {
                        Err(Refusal::new(Code::UpstreamTimeout, &subject.path))
                    })
            }
        }
    }

    /// Asks the sources, once for all who ask at the same time.
    async fn renew(
        self: &Arc<Self>,
        subject: &Subject,
        found: Option<Arc<Remembered>>,
    ) -> Result<Arc<Remembered>, Refusal> {
        let renewed = self.refreshes.run(subject.path.clone(), || {
            let (context, subject, found) = (Arc::clone(self), subject.clone(), found.clone());
            async move { context.ask(&subject, found).await }
        });
        renewed.await.unwrap_or_else(Err)
    }

    fn start_renewal(self: &Arc<Self>, subject: &Subject, found: &Arc<Remembered>) {
        self.refreshes.begin_unasked(&subject.path, || {
            let (context, subject) = (Arc::clone(self), subject.clone());
            let found = Some(Arc::clone(found));
            async move { context.ask(&subject, found).await }
        });
    }

    /// If there is something newer by now than the caller `found`, another renewal ended between the
    /// caller's look and this one's start, and nobody need be asked again.
    async fn ask(
        &self,
        subject: &Subject,
        found: Option<Arc<Remembered>>,
    ) -> Result<Arc<Remembered>, Refusal> {
        if let Some(newer) = self.memo(subject).await?
            && found
                .as_ref()
                .is_none_or(|found| newer.fetched_at > found.fetched_at)
        {
            return Ok(newer);
        }
        let before = found.filter(|found| found.is_known());
        let in_reserve = before.is_some();
        let mut answer = match subject.class {
            MemoClass::Sumdb => self.ask_database(subject).await?,
            _ => self.ask_sources(subject, in_reserve).await?,
        };
        if let (MemoClass::List, true, Some(before)) = (subject.class, answer.is_known(), before) {
            let text = selection::remembering(&answer.text(), &before.text());
            answer.body = text.into();
        }
        self.remember(subject, &answer).await;
        if let (MemoClass::Query, true, Some(module)) =
            (subject.class, answer.is_known(), &subject.module)
        {
            self.keep_resolved(module, &answer).await;
        }
        Ok(Arc::new(answer))
    }

    /// Asks a database once for all who ask at the same time, and remembers nothing.
    pub(crate) async fn ask_unremembered(
        self: &Arc<Self>,
        subject: &Subject,
    ) -> Result<Arc<Remembered>, Refusal> {
        let asked = self.refreshes.run(subject.path.clone(), || {
            let (context, subject) = (Arc::clone(self), subject.clone());
            async move { context.ask_database(&subject).await.map(Arc::new) }
        });
        asked.await.unwrap_or_else(Err)
    }

    async fn ask_database(&self, subject: &Subject) -> Result<Remembered, Refusal> {
        let (name, path) = sumdb::split(&subject.path);
        match self.database_sources(name)?.sumdb(name, path).await {
            DatabaseOutcome::Found(download) => self
                .receive_document(subject, download)
                .await
                .map_err(Refusal::from),
            DatabaseOutcome::Absent(absence) => {
                Ok(Remembered::of_absence(&absence, self.options.clock.now()))
            }
            DatabaseOutcome::NotMirrored => Err(Refusal::new(Code::SumdbUnsupported, name)),
            DatabaseOutcome::Unavailable(outage) => Err(Refusal::from(outage)),
        }
    }

    /// With an old answer `in_reserve` nobody waits for a second attempt.
    async fn ask_sources(
        &self,
        subject: &Subject,
        in_reserve: bool,
    ) -> Result<Remembered, Refusal> {
        let sources = match &subject.module {
            Some(module) => self.sources(module)?,
            None => &self.upstreams,
        };
        if let (MemoClass::List, Some(module)) = (subject.class, &subject.module) {
            let walks = sources.walks(&subject.path);
            if walks.len() > 1 {
                return self.ask_all(subject, module, walks, in_reserve).await;
            }
        }
        let walk = sources.walk(&subject.path);
        self.walked(subject, walk.with_reserve(in_reserve)).await
    }

    /// What a walk amounts to.
    pub(crate) async fn walked(
        &self,
        subject: &Subject,
        walk: Walk,
    ) -> Result<Remembered, Refusal> {
        let mut walk = walk.with_limit(subject.limit());
        loop {
            let download = match walk.next().await {
                Offer::Found(download) => download,
                Offer::Absent(absence) => {
                    return Ok(Remembered::of_absence(&absence, self.options.clock.now()));
                }
                Offer::Unavailable(outage) => {
                    return Err(self.document_outage(subject, outage).await);
                }
            };
            match self.receive_document(subject, download).await {
                Ok(document) => return Ok(document),
                Err(Lost::Body(failure)) => walk.reject(failure),
                Err(lost) => return Err(lost.into()),
            }
        }
    }

    async fn receive_document(
        &self,
        subject: &Subject,
        mut download: Download,
    ) -> Result<Remembered, Lost> {
        let source = download.source.to_string();
        let body = capture::collect(self, &mut download).await?;
        if let Err(wrong) = subject.check(&body) {
            let path = self.shown_path(subject);
            tracing::warn!(path, source, problem = %wrong, "wrong content thrown away");
            return Err(Lost::Body(wrong.into()));
        }
        Ok(Remembered {
            status: MemoStatus::Known,
            body,
            fetched_at: self.options.clock.now(),
            source,
        })
    }

    async fn document_outage(&self, subject: &Subject, outage: Outage) -> Refusal {
        match &subject.module {
            Some(module) => self.outage(module, &subject.path, outage).await,
            None => Refusal::from(outage),
        }
    }

    /// Writes an answer down. A store that cannot be written costs the memory, not the answer.
    pub(crate) async fn note(&self, subject: &Subject, answer: &Remembered) {
        if let Err(error) = self
            .store
            .memo_put(subject.memo_key(), Memo::from(answer))
            .await
        {
            self.metrics.store_failures.inc();
            let path = self.shown_path(subject);
            tracing::warn!(%error, path, "an answer could not be remembered");
        }
    }

    /// Remembers an answer, and what follows from it.
    pub(crate) async fn remember(&self, subject: &Subject, answer: &Remembered) {
        self.note(subject, answer).await;
        self.fresh.forget(&subject.path);
        if let (MemoStatus::Absent, Some(module)) = (answer.status, &subject.module) {
            self.remember_absent(subject, module, answer).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, plan};
    use std::time::Duration;

    #[test]
    fn age_alone_decides() {
        let second = Duration::from_secs;
        for (age, expected) in [
            (0, Plan::Give),
            (60, Plan::Give),
            (61, Plan::GiveAndRenew),
            (90, Plan::GiveAndRenew),
            (91, Plan::Renew),
            (u64::MAX / 2, Plan::Renew),
        ] {
            assert_eq!(
                plan(second(age), second(60), second(30)),
                expected,
                "{age} s"
            );
        }
    }
}
