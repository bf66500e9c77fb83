//! Revalidation: answers that may change are given by their age, and renewed from their sources.
//!
//! A list, the answer to a query and a statement of absence are not captures: they are remembered with
//! their age, replaced by newer ones, and given in their old form while no source can be asked
//! (stale while revalidating, RFC 5861 section 3; stale if error, section 4). How old an answer may
//! be is decided by [`plan`], which is pure.

use crate::selection;
use codes::Code;
use ingest::{
    AnswerAges, AnswerMemory, AnswerSubject, BodyReceiver, CaptureFailure, Disagreements,
    KnownAbsences, ModuleSources, RememberedAnswer, capture_writer::CaptureWriter,
};
use jiff::{SignedDuration, Timestamp};
use memory::ResponseCache;
use protocol::{Clock, Fetching, Origin, Refusal, database_path};
use single_flight::{FlightBudget, SingleFlights};
use std::{sync::Arc, time::Duration};
use store::{CachedAnswerClass, CachedAnswerStatus};
use upstream::{DatabaseOutcome, Download, Outage, Outcome as Offer, Walk};

/// For how long an old answer is given without asking again after asking has failed. Short against
/// the two seconds in which a source that returned is to be noticed.
pub(crate) const HOLD_OFF: SignedDuration = SignedDuration::from_secs(1);

/// What answers are revalidated with.
pub(crate) struct Revalidation {
    pub(crate) answers: Arc<AnswerMemory>,
    pub(crate) absences: Arc<KnownAbsences>,
    pub(crate) disagreements: Arc<Disagreements>,
    pub(crate) sources: ModuleSources,
    pub(crate) bodies: Arc<BodyReceiver>,
    pub(crate) responses: Arc<ResponseCache>,
    /// Where the version that a query resolved to is kept.
    pub(crate) writer: Arc<CaptureWriter>,
    pub(crate) ages: AnswerAges,
    pub(crate) clock: Clock,
    /// Answers being renewed, by path.
    pub(crate) renewals: RenewalFlights,
}

/// Renewals under way: all who ask for the same path share one.
pub(crate) struct RenewalFlights(SingleFlights<String, Result<Arc<RememberedAnswer>, Refusal>>);

/// An answer, and where it came from this time.
#[derive(Debug, Clone)]
pub(crate) struct RecalledAnswer {
    pub(crate) answer: Arc<RememberedAnswer>,
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
pub(crate) enum AgePlan {
    /// Give it.
    Give,
    /// Give it, and renew it in the background.
    GiveAndRenew,
    /// Renew it; give it only if that fails or takes too long.
    Renew,
}

/// Decides by age alone.
pub(crate) fn plan(age: Duration, max_age: Duration, stale: Duration) -> AgePlan {
    if age <= max_age {
        AgePlan::Give
    } else if age <= max_age.saturating_add(stale) {
        AgePlan::GiveAndRenew
    } else {
        AgePlan::Renew
    }
}

// === impl RenewalFlights ===

impl RenewalFlights {
    pub(crate) fn within(budget: &FlightBudget) -> Self {
        Self(SingleFlights::within(budget))
    }

    /// How many are under way.
    pub(crate) fn running(&self) -> usize {
        self.0.running()
    }
}

// === impl RecalledAnswer ===

impl RecalledAnswer {
    fn renewed(answer: Arc<RememberedAnswer>, max_age: Duration) -> Self {
        let origin = Origin::Upstream(answer.source.clone());
        Self::fresh(answer, origin, max_age)
    }

    pub(crate) fn fresh(answer: Arc<RememberedAnswer>, origin: Origin, max_age: Duration) -> Self {
        let age = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::ZERO);
        Self {
            fresh_until: answer.fetched_at.checked_add(age).ok(),
            answer,
            origin,
        }
    }

    fn old(answer: Arc<RememberedAnswer>, origin: Origin) -> Self {
        Self {
            answer,
            origin,
            fresh_until: None,
        }
    }

    /// Old, and asking has just failed.
    pub(crate) fn in_need(answer: Arc<RememberedAnswer>, now: Timestamp) -> Self {
        Self {
            answer,
            origin: Origin::Stale,
            fresh_until: now.checked_add(HOLD_OFF).ok(),
        }
    }
}

// === impl Revalidation ===

impl Revalidation {
    /// The answer on a subject, renewed where its age and `fetching` demand it. A source's "does
    /// not exist" is a refusal in its words.
    ///
    /// With `fallback` the caller has something else to answer with, and does not wait longer for
    /// a source than a client is ready to.
    pub(crate) async fn recall(
        self: &Arc<Self>,
        subject: &AnswerSubject,
        fetching: Fetching,
        fallback: Fallback,
    ) -> Result<RecalledAnswer, Refusal> {
        let recalled = match (self.answers.find(subject).await?, fetching) {
            (None, Fetching::Never) => return Err(Refusal::not_kept(&subject.path)),
            (Some(answer), Fetching::Never) => RecalledAnswer::old(answer, Origin::Store),
            (None, _) => {
                let answer = self.renew_in_time(subject, None, fallback).await?;
                let (max_age, _) = subject.limits(&self.ages, &answer);
                RecalledAnswer::renewed(answer, max_age)
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
        subject: &AnswerSubject,
        answer: Arc<RememberedAnswer>,
        fallback: Fallback,
    ) -> Result<RecalledAnswer, Refusal> {
        let age = self.clock.age(answer.fetched_at);
        let (max_age, stale) = subject.limits(&self.ages, &answer);
        match plan(age, max_age, stale) {
            AgePlan::Give => Ok(RecalledAnswer::fresh(answer, Origin::Store, max_age)),
            AgePlan::GiveAndRenew => {
                self.start_renewal(subject, &answer);
                Ok(RecalledAnswer::old(answer, Origin::Stale))
            }
            AgePlan::Renew => {
                // An old "it exists" outlives an outage; an old "it does not" says too little.
                let fallback = if answer.is_known() {
                    Fallback::Some
                } else {
                    fallback
                };
                let found = Some(Arc::clone(&answer));
                match self.renew_in_time(subject, found, fallback).await {
                    Ok(renewed) => Ok(RecalledAnswer::renewed(renewed, max_age)),
                    Err(_) if answer.is_known() => {
                        Ok(RecalledAnswer::in_need(answer, self.clock.now()))
                    }
                    Err(refusal) => Err(refusal),
                }
            }
        }
    }

    async fn renew_in_time(
        self: &Arc<Self>,
        subject: &AnswerSubject,
        found: Option<Arc<RememberedAnswer>>,
        fallback: Fallback,
    ) -> Result<Arc<RememberedAnswer>, Refusal> {
        match fallback {
            Fallback::None => self.renew(subject, found).await,
            Fallback::Some => {
                tokio::time::timeout(self.ages.refresh_patience, self.renew(subject, found))
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
        subject: &AnswerSubject,
        found: Option<Arc<RememberedAnswer>>,
    ) -> Result<Arc<RememberedAnswer>, Refusal> {
        let renewed = self.renewals.0.run(subject.path.clone(), || {
            let (revalidation, subject, found) = (Arc::clone(self), subject.clone(), found.clone());
            async move { revalidation.ask(&subject, found).await }
        });
        renewed.await.unwrap_or_else(Err)
    }

    fn start_renewal(self: &Arc<Self>, subject: &AnswerSubject, found: &Arc<RememberedAnswer>) {
        self.renewals.0.begin_unasked(&subject.path, || {
            let (revalidation, subject) = (Arc::clone(self), subject.clone());
            let found = Some(Arc::clone(found));
            async move { revalidation.ask(&subject, found).await }
        });
    }

    /// If there is something newer by now than the caller `found`, another renewal ended between the
    /// caller's look and this one's start, and nobody need be asked again.
    async fn ask(
        &self,
        subject: &AnswerSubject,
        found: Option<Arc<RememberedAnswer>>,
    ) -> Result<Arc<RememberedAnswer>, Refusal> {
        if let Some(newer) = self.answers.find(subject).await?
            && found
                .as_ref()
                .is_none_or(|found| newer.fetched_at > found.fetched_at)
        {
            return Ok(newer);
        }
        let before = found.filter(|found| found.is_known());
        let in_reserve = before.is_some();
        let mut answer = match subject.class {
            CachedAnswerClass::Sumdb => self.ask_database(subject).await?,
            _ => self.ask_sources(subject, in_reserve).await?,
        };
        if let (CachedAnswerClass::List, true, Some(before)) =
            (subject.class, answer.is_known(), before)
        {
            let text = selection::remembering(&answer.text(), &before.text());
            answer.body = text.into();
        }
        self.remember(subject, &answer).await;
        if let (CachedAnswerClass::Query, true, Some(module)) =
            (subject.class, answer.is_known(), &subject.module)
        {
            self.writer.keep_resolved(module, &answer).await;
        }
        Ok(Arc::new(answer))
    }

    /// Asks a database once for all who ask at the same time, and remembers nothing.
    pub(crate) async fn ask_unremembered(
        self: &Arc<Self>,
        subject: &AnswerSubject,
    ) -> Result<Arc<RememberedAnswer>, Refusal> {
        let asked = self.renewals.0.run(subject.path.clone(), || {
            let (revalidation, subject) = (Arc::clone(self), subject.clone());
            async move { revalidation.ask_database(&subject).await.map(Arc::new) }
        });
        asked.await.unwrap_or_else(Err)
    }

    async fn ask_database(&self, subject: &AnswerSubject) -> Result<RememberedAnswer, Refusal> {
        let (name, path) = database_path::split(&subject.path);
        match self.sources.of_database(name)?.sumdb(name, path).await {
            DatabaseOutcome::Found(download) => self
                .receive_document(subject, download)
                .await
                .map_err(Refusal::from),
            DatabaseOutcome::Absent(absence) => {
                Ok(RememberedAnswer::of_absence(&absence, self.clock.now()))
            }
            DatabaseOutcome::NotMirrored => Err(Refusal::new(Code::SumdbUnsupported, name)),
            DatabaseOutcome::Unavailable(outage) => Err(Refusal::from(outage)),
        }
    }

    /// With an old answer `in_reserve` nobody waits for a second attempt.
    async fn ask_sources(
        &self,
        subject: &AnswerSubject,
        in_reserve: bool,
    ) -> Result<RememberedAnswer, Refusal> {
        let sources = match &subject.module {
            Some(module) => self.sources.of_module(module)?,
            None => self.sources.public(),
        };
        if let (CachedAnswerClass::List, Some(module)) = (subject.class, &subject.module) {
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
        subject: &AnswerSubject,
        walk: Walk,
    ) -> Result<RememberedAnswer, Refusal> {
        let mut walk = walk.with_limit(subject.limit());
        loop {
            let download = match walk.next().await {
                Offer::Found(download) => download,
                Offer::Absent(absence) => {
                    return Ok(RememberedAnswer::of_absence(&absence, self.clock.now()));
                }
                Offer::Unavailable(outage) => {
                    return Err(self.document_outage(subject, outage).await);
                }
            };
            match self.receive_document(subject, download).await {
                Ok(document) => return Ok(document),
                Err(CaptureFailure::Source(failure)) => walk.reject(failure),
                Err(lost) => return Err(lost.into()),
            }
        }
    }

    async fn receive_document(
        &self,
        subject: &AnswerSubject,
        mut download: Download,
    ) -> Result<RememberedAnswer, CaptureFailure> {
        let source = download.source.to_string();
        let body = self.bodies.receive(&mut download).await?;
        if let Err(wrong) = subject.check(&body) {
            let path = self.answers.shown_path(subject);
            tracing::warn!(path, source, problem = %wrong, "wrong content thrown away");
            return Err(CaptureFailure::Source(wrong.into()));
        }
        Ok(RememberedAnswer {
            status: CachedAnswerStatus::Known,
            body,
            fetched_at: self.clock.now(),
            source,
        })
    }

    async fn document_outage(&self, subject: &AnswerSubject, outage: Outage) -> Refusal {
        match &subject.module {
            Some(module) => self.absences.outage(module, &subject.path, outage).await,
            None => Refusal::from(outage),
        }
    }

    /// Remembers an answer, and what follows from it.
    pub(crate) async fn remember(&self, subject: &AnswerSubject, answer: &RememberedAnswer) {
        self.answers.write(subject, answer).await;
        self.responses.forget(&subject.path);
        if let (CachedAnswerStatus::Absent, Some(module)) = (answer.status, &subject.module) {
            self.absences.remember_absent(subject, module, answer).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AgePlan, plan};
    use std::time::Duration;

    #[test]
    fn age_alone_decides() {
        let second = Duration::from_secs;
        for (age, expected) in [
            (0, AgePlan::Give),
            (60, AgePlan::Give),
            (61, AgePlan::GiveAndRenew),
            (90, AgePlan::GiveAndRenew),
            (91, AgePlan::Renew),
            (u64::MAX / 2, AgePlan::Renew),
        ] {
            assert_eq!(
                plan(second(age), second(60), second(30)),
                expected,
                "{age} s"
            );
        }
    }
}
