//! Mismatch investigation: when bytes are not those that the checksum database knows, it is found out why.
//!
//! The record says what the bytes should be, so any source may be asked for another copy: what it
//! sends is proven or thrown away. At most [`RETRIES`] copies are asked for: of the same source first,
//! since most damage happens on the way, then of the others. The first right one is captured as if
//! nothing had happened. Either way the case is written down with all that was seen and the cause it
//! comes to ([`mismatch`]), and a person is told; if no copy is right, so is the client.
//!
//! Wrong copies go into quarantine before they are described, and nothing here can make one served.

use crate::metrics::IngestMetrics;
use crate::{
    capture_failure::CaptureFailure,
    source_walks::SourceWalks,
    sources::ModuleSources,
    suspect_copy::{CopyBytes, CopyOrigin, RejectedBytes, SuspectCopy, compare, describe},
    wrong_versions::{CaseReference, WrongBytes, WrongVersions},
};
use alarm::{Alarm, AlarmKind, AlarmLog, Severity};
use checksumdb::Verification;
use codes::Code;
use gomod::{Artifact, sumhash::H1};
use inspection::{ZipWorkers, check};
use mismatch::{MismatchCase, MismatchEvidence, MismatchStage, RetryResult};
use protocol::{Clock, Refusal, RefusalText};
use std::{io, sync::Arc};
use store::{Key, Store};
use upstream::{BodyFailure, Download, SourceName, Upstreams, Walk};

/// Copies that are asked for after a wrong one.
const RETRIES: usize = 2;

/// Finds out why bytes are not those that the checksum database knows, and writes the case down.
pub struct Investigator {
    pub(crate) store: Store,
    pub(crate) sources: ModuleSources,
    pub(crate) verification: Arc<Verification>,
    pub(crate) wrong: Arc<WrongVersions>,
    pub(crate) workers: ZipWorkers,
    pub(crate) metrics: IngestMetrics,
    pub(crate) alarms: AlarmLog,
    pub(crate) clock: Clock,
}

/// Where bodies of one artifact come from: the walk, and after a wrong one the inquiry.
pub(crate) struct MismatchInvestigation {
    artifact: Artifact,
    walk: Walk,
    /// Whose body was given out last.
    from: Option<SourceName>,
    /// What it should be.
    logged: Option<H1>,
    bad: Option<SuspectCopy>,
    others: Vec<RetryResult>,
    /// Who is still to be asked for a copy.
    left: Vec<SourceName>,
}

// === impl MismatchInvestigation ===

impl MismatchInvestigation {
    pub(crate) fn new(artifact: &Artifact, walk: Walk) -> Self {
        Self {
            artifact: artifact.clone(),
            walk,
            from: None,
            logged: None,
            bad: None,
            others: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Whether a right copy would be worth looking at.
    pub(crate) fn is_open(&self) -> bool {
        self.bad.is_some()
    }
}

// === impl Investigator ===

impl Investigator {
    /// The next body, or the refusal that it all amounts to.
    pub(crate) async fn next_copy(
        &self,
        walks: &SourceWalks,
        investigation: &mut MismatchInvestigation,
    ) -> Result<Download, Refusal> {
        if !investigation.is_open() {
            let MismatchInvestigation { artifact, walk, .. } = investigation;
            let download = walks.next(artifact, walk).await?;
            investigation.from = Some(download.source.clone());
            return Ok(download);
        }
        let path = investigation.artifact.escaped_path();
        while let Some(source) = investigation.left.pop() {
            let limit = check::limit(investigation.artifact.kind);
            let Ok(sources) = self.sources.of_module(&investigation.artifact.module) else {
                break;
            };
            if let Some(download) = sources.copy(&source, &path, limit).await {
                investigation.from = Some(source);
                return Ok(download);
            }
        }
        Err(self.close(investigation).await)
    }

    /// Takes in how an attempt ended without success; an error ends it all.
    pub(crate) fn take_in(
        &self,
        investigation: &mut MismatchInvestigation,
        failure: CaptureFailure,
    ) -> Result<(), Refusal> {
        match failure {
            CaptureFailure::Source(failure) if !investigation.is_open() => {
                investigation.walk.reject(failure);
            }
            // One copy less to compare with.
            CaptureFailure::Source(_) => {}
            CaptureFailure::Mismatch(copy) => self.open(investigation, *copy),
            CaptureFailure::Refused(refusal) => return Err(refusal),
        }
        Ok(())
    }

    /// The body given out last is not what the checksum database knows.
    fn open(&self, investigation: &mut MismatchInvestigation, copy: SuspectCopy) {
        if investigation.is_open() {
            let (specimen, difference) = (copy.specimen, None);
            investigation.others.push(RetryResult {
                specimen,
                difference,
            });
            return;
        }
        investigation.walk.reject(copy.failure.clone());
        investigation.logged = copy.logged;
        investigation.left = self.whom_to_ask(investigation);
        investigation.bad = Some(copy);
    }

    /// The same source, then the others; the last first.
    fn whom_to_ask(&self, investigation: &MismatchInvestigation) -> Vec<SourceName> {
        let same = investigation.from.iter().cloned();
        let all = self.sources.of_module(&investigation.artifact.module);
        let all = all.map(Upstreams::describe).unwrap_or_default();
        let others = all
            .into_iter()
            .filter(|source| Some(source) != investigation.from.as_ref());
        let mut whom: Vec<SourceName> = same.clone().chain(others).chain(same).collect();
        whom.truncate(RETRIES);
        whom.reverse();
        whom
    }

    /// A right copy came after a wrong one: the case is written down.
    pub(crate) async fn settle(
        &self,
        investigation: &mut MismatchInvestigation,
        bytes: CopyBytes,
        origin: CopyOrigin,
    ) {
        let Some(bad) = investigation.bad.take() else {
            return;
        };
        let artifact = investigation.artifact.clone();
        let compared = self.workers.run(move || {
            let right = describe(&artifact, &bytes, &origin)?;
            let difference = compare(&right, &bytes, &bad).ok();
            Ok::<_, io::Error>((
                RetryResult {
                    specimen: right,
                    difference,
                },
                bad,
            ))
        });
        let Some(Ok((retry, bad))) = compared.await else {
            tracing::warn!("a right copy could not be compared with the wrong one");
            return;
        };
        investigation.others.push(retry);
        investigation.bad = Some(bad);
        drop(self.close(investigation).await);
    }

    /// Writes the case down; gives what a client is told if no copy was right.
    async fn close(&self, investigation: &mut MismatchInvestigation) -> Refusal {
        let Some(bad) = investigation.bad.take() else {
            return Refusal::internal("an investigation without a wrong copy");
        };
        let artifact = &investigation.artifact;
        let is_repaired = investigation
            .others
            .iter()
            .any(|retry| retry.specimen.h1 == investigation.logged);
        let mut evidence =
            MismatchEvidence::new(artifact.clone(), MismatchStage::FromUpstream, bad.specimen);
        evidence.logged = investigation.logged;
        evidence.others = std::mem::take(&mut investigation.others);
        let case = MismatchCase::new(&evidence);
        let hosted = self.verification.own_story(artifact, &evidence.bad).await;
        let wrong = WrongBytes::of(&evidence);
        let number = self.case_number(artifact, &wrong, &case).await;
        self.tell(artifact, &case, &bad.failure, is_repaired).await;
        let mut lines = hosted.unwrap_or_else(|| case.client_lines());
        if let Some(number) = number {
            lines.push(format!(
                "case: {number}, see /-/cases/{number} or modkeep doctor {number}"
            ));
        }
        let refusal = Refusal {
            text: RefusalText::Lines(lines),
            ..Refusal::new(Code::ChecksumMismatch, "")
        };
        if !is_repaired {
            let at = self.clock.now();
            let reference = CaseReference { number, at };
            self.wrong.remember(artifact, wrong, reference, &refusal);
        }
        refusal
    }

    async fn tell(
        &self,
        artifact: &Artifact,
        case: &MismatchCase,
        failure: &BodyFailure,
        is_repaired: bool,
    ) {
        let (severity, outcome) = if is_repaired {
            (Severity::P2, "another copy was right")
        } else {
            (Severity::P1, "no copy was right")
        };
        let alarm = Alarm {
            severity,
            kind: AlarmKind::ChecksumMismatch,
            subject: artifact.escaped_path(),
            detail: format!(
                "{}: {}; {outcome}",
                in_short(&failure.to_string()),
                case.conclusion.title
            ),
        };
        self.alarms.raise(alarm).await;
    }

    /// The number of the case of these bytes: that of the same bytes before, or a new one, if its
    /// source may open one more.
    async fn case_number(
        &self,
        artifact: &Artifact,
        wrong: &WrongBytes,
        case: &MismatchCase,
    ) -> Option<u64> {
        if let Some(number) = self.wrong.case_of(artifact, wrong) {
            return Some(number);
        }
        if !self.wrong.may_open(&wrong.source, self.clock.now()) {
            self.metrics.cases_not_opened.inc();
            tracing::warn!(source = wrong.source, "too many cases in this hour");
            return None;
        }
        let path = artifact.escaped_path();
        let number = self.store.open_case(&path, &case.to_json()).await;
        number
            .inspect_err(|error| tracing::error!(%error, "a case could not be kept"))
            .ok()
    }

    /// Puts wrong bytes aside and describes them. What the database knows is what makes them a case;
    /// without it they are only wrong.
    pub async fn suspect(
        &self,
        artifact: &Artifact,
        rejected: RejectedBytes,
        origin: CopyOrigin,
        failure: BodyFailure,
    ) -> CaptureFailure {
        let (key, reason) = (
            Key::Artifact(artifact.clone()),
            in_short(&failure.to_string()),
        );
        let (copy, aside) = match rejected {
            RejectedBytes::Small(bytes) => {
                let copy = CopyBytes::Memory(bytes.clone());
                (
                    Ok(copy),
                    self.store
                        .quarantine_small(&key, bytes, &origin.source, &reason)
                        .await,
                )
            }
            RejectedBytes::Sealed(sealed) => {
                let copy = CopyBytes::of_sealed(&sealed);
                (
                    copy,
                    self.store
                        .quarantine(&key, sealed, &origin.source, &reason)
                        .await,
                )
            }
        };
        if let Err(error) = aside {
            tracing::error!(%error, "wrong bytes could not be put aside");
        }
        let (subject, known) = (artifact.clone(), failure.clone());
        let described = match copy {
            Ok(copy) => {
                self.workers
                    .run(move || SuspectCopy::describe(&subject, copy, &origin, known))
                    .await
            }
            Err(error) => Some(Err(error)),
        };
        match described {
            Some(Ok(suspect)) if !suspect.is_logged() => {
                CaptureFailure::Mismatch(Box::new(suspect))
            }
            // It is what the database knows, and breaks the rules all the same.
            _ => CaptureFailure::Source(failure),
        }
    }
}

/// Words that may hold a hostile name, cut to a length that the journal takes.
fn in_short(words: &str) -> String {
    words.chars().take(300).collect()
}

// === impl WrongBytes ===

impl WrongBytes {
    fn of(evidence: &MismatchEvidence) -> Self {
        Self {
            source: evidence.bad.source.name.clone(),
            sha256: evidence.bad.sha256.to_string(),
            logged: evidence.logged.map(|logged| logged.to_string()),
        }
    }
}
