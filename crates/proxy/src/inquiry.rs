//! Inquiry: when bytes are not those that the checksum database knows, it is found out why.
//!
//! The record says what the bytes should be, so any source may be asked for another copy: what it
//! sends is proven or thrown away. At most [`RETRIES`] copies are asked for: of the same source first,
//! since most damage happens on the way, then of the others. The first right one is captured as if
//! nothing had happened. Either way the case is written down with all that was seen and the cause it
//! comes to ([`mismatch`]), and a person is told; if no copy is right, so is the client.
//!
//! Wrong copies go into quarantine before they are described, and nothing here can make one served.

use crate::{
    capture::{self, Lost},
    check,
    context::Context,
    positioned::Positioned,
    refusal::{Refusal, RefusalText},
    verify::alarm::{Alarm, AlarmKind, Severity},
    wrong_versions::{Found, WrongBytes},
};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, sumhash::H1};
use mismatch::{
    Announced, Case, Difference, Evidence, Retry, Source, SourceRole, Specimen, Stage, Subject,
};
use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
};
use store::{Key, SealedSpool};
use upstream::{BodyFailure, Download, SourceName, Upstreams, Walk};

/// Copies that are asked for after a wrong one.
const RETRIES: usize = 2;

/// Bytes that can be looked at again.
#[derive(Debug)]
pub(crate) enum Exhibit {
    Memory(Bytes),
    File(File, u64),
}

/// A wrong copy.
#[derive(Debug)]
pub(crate) struct Suspect {
    pub(crate) failure: BodyFailure,
    specimen: Specimen,
    exhibit: Exhibit,
    logged: Option<H1>,
}

/// Where bodies of one artifact come from: the walk, and after a wrong one the inquiry.
pub(crate) struct Inquiry {
    artifact: Artifact,
    walk: Walk,
    /// Whose body was given out last.
    from: Option<SourceName>,
    /// What it should be.
    logged: Option<H1>,
    bad: Option<Suspect>,
    others: Vec<Retry>,
    /// Who is still to be asked for a copy.
    left: Vec<SourceName>,
}

// === impl Exhibit ===

impl Exhibit {
    /// A sealed spool's bytes; they stay readable wherever the file goes.
    pub(crate) fn of_sealed(sealed: &SealedSpool) -> io::Result<Self> {
        Ok(Self::File(sealed.file().try_clone()?, sealed.size()))
    }

    fn open(&self) -> Box<dyn Readable + '_> {
        match self {
            Self::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Self::File(file, size) => Box::new(Positioned::new(file, *size)),
        }
    }
}

/// What copies are read through.
trait Readable: Read + Seek {}

impl<R: Read + Seek> Readable for R {}

// === impl Suspect ===

impl Suspect {
    /// Describes wrong bytes; blocks.
    pub(crate) fn describe(
        artifact: &Artifact,
        exhibit: Exhibit,
        seen: &Seen,
        failure: BodyFailure,
    ) -> io::Result<Self> {
        let specimen = describe(artifact, &exhibit, seen)?;
        Ok(Self {
            failure,
            specimen,
            exhibit,
            logged: seen.logged,
        })
    }

    /// Whether its bytes are those that the database knows.
    fn is_logged(&self) -> bool {
        self.logged.is_some() && self.specimen.h1 == self.logged
    }
}

// === impl Seen ===

impl Seen {
    /// What is known of a body before its bytes.
    pub(crate) fn of(download: &Download) -> Self {
        let source = download.source.to_string();
        Self {
            source,
            announced: download.length,
            logged: None,
        }
    }
}

/// What is known about a copy besides its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) source: String,
    pub(crate) announced: Option<u64>,
    pub(crate) logged: Option<H1>,
}

fn describe(artifact: &Artifact, exhibit: &Exhibit, seen: &Seen) -> io::Result<Specimen> {
    let source = Source {
        name: seen.source.clone(),
        role: SourceRole::Mirror,
    };
    let announced = Announced {
        size: seen.announced,
        sha256: None,
    };
    let known: Vec<H1> = seen.logged.into_iter().collect();
    let subject = Subject {
        artifact,
        known: &known,
    };
    mismatch::examine(exhibit.open(), source, announced, subject)
}

// === impl Inquiry ===

impl Inquiry {
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

    /// The next body, or the refusal that it all amounts to.
    pub(crate) async fn next(&mut self, context: &Context) -> Result<Download, Refusal> {
        if self.bad.is_none() {
            let download = capture::offered(context, &self.artifact, &mut self.walk).await?;
            self.from = Some(download.source.clone());
            return Ok(download);
        }
        let path = self.artifact.escaped_path();
        while let Some(source) = self.left.pop() {
            let limit = check::limit(self.artifact.kind);
            let Ok(sources) = context.sources(&self.artifact.module) else {
                break;
            };
            if let Some(download) = sources.copy(&source, &path, limit).await {
                self.from = Some(source);
                return Ok(download);
            }
        }
        Err(self.close(context).await)
    }

    /// Heeds how an attempt ended without success; an error ends it all.
    pub(crate) fn heed(&mut self, context: &Context, lost: Lost) -> Result<(), Refusal> {
        match lost {
            Lost::Body(failure) if self.bad.is_none() => self.walk.reject(failure),
            // One copy less to compare with.
            Lost::Body(_) => {}
            Lost::Wrong(suspect) => self.wrong(context, *suspect),
            Lost::Ours(refusal) => return Err(refusal),
        }
        Ok(())
    }

    /// The body given out last is not what the checksum database knows.
    fn wrong(&mut self, context: &Context, suspect: Suspect) {
        if self.bad.is_some() {
            let (specimen, difference) = (suspect.specimen, None);
            self.others.push(Retry {
                specimen,
                difference,
            });
            return;
        }
        self.walk.reject(suspect.failure.clone());
        self.logged = suspect.logged;
        self.left = self.whom_to_ask(context);
        self.bad = Some(suspect);
    }

    /// The same source, then the others; the last first.
    fn whom_to_ask(&self, context: &Context) -> Vec<SourceName> {
        let same = self.from.iter().cloned();
        let all = context.sources(&self.artifact.module);
        let all = all.map(Upstreams::describe).unwrap_or_default();
        let others = all
            .into_iter()
            .filter(|source| Some(source) != self.from.as_ref());
        let mut whom: Vec<SourceName> = same.clone().chain(others).chain(same).collect();
        whom.truncate(RETRIES);
        whom.reverse();
        whom
    }

    /// Whether a right copy would be worth looking at.
    pub(crate) fn is_open(&self) -> bool {
        self.bad.is_some()
    }

    /// A right copy came after a wrong one: the case is written down.
    pub(crate) async fn settle(&mut self, context: &Context, exhibit: Exhibit, seen: Seen) {
        let Some(bad) = self.bad.take() else { return };
        let artifact = self.artifact.clone();
        let compared = context.heavily(move || {
            let right = describe(&artifact, &exhibit, &seen)?;
            let difference = compare(&right, &exhibit, &bad).ok();
            Ok::<_, io::Error>((
                Retry {
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
        self.others.push(retry);
        self.bad = Some(bad);
        drop(self.close(context).await);
    }

    /// Writes the case down; gives what a client is told if no copy was right.
    async fn close(&mut self, context: &Context) -> Refusal {
        let Some(bad) = self.bad.take() else {
            return Refusal::internal("an inquiry without a suspect");
        };
        let healed = self
            .others
            .iter()
            .any(|retry| retry.specimen.h1 == self.logged);
        let mut evidence = Evidence::new(self.artifact.clone(), Stage::FromUpstream, bad.specimen);
        evidence.logged = self.logged;
        evidence.others = std::mem::take(&mut self.others);
        let case = Case::new(&evidence);
        let story = context.own_story(&self.artifact, &evidence.bad).await;
        let path = self.artifact.escaped_path();
        let wrong = WrongBytes::of(&evidence);
        let number = context.case_number(&self.artifact, &wrong, &case).await;
        let outcome = if healed {
            "another copy was right"
        } else {
            "no copy was right"
        };
        let alarm = Alarm {
            severity: if healed { Severity::P2 } else { Severity::P1 },
            kind: AlarmKind::ChecksumMismatch,
            subject: path,
            detail: format!(
                "{}: {}; {outcome}",
                in_short(&bad.failure.to_string()),
                case.conclusion.title
            ),
        };
        alarm.raise(&context.store, &context.metrics).await;
        let mut lines = story.unwrap_or_else(|| case.client_lines());
        if let Some(number) = number {
            lines.push(format!(
                "case: {number}, see /-/cases/{number} or modkeep doctor {number}"
            ));
        }
        let refusal = Refusal {
            text: RefusalText::Lines(lines),
            ..Refusal::new(Code::ChecksumMismatch, "")
        };
        if !healed {
            let now = context.options.clock.now();
            let found = Found { number, at: now };
            context
                .wrong
                .remember(&self.artifact, wrong, found, &refusal);
        }
        refusal
    }
}

/// Words that may hold a hostile name, cut to a length that the journal takes.
fn in_short(words: &str) -> String {
    words.chars().take(300).collect()
}

fn compare(right: &Specimen, exhibit: &Exhibit, bad: &Suspect) -> io::Result<Difference> {
    mismatch::compare((right, exhibit.open()), (&bad.specimen, bad.exhibit.open()))
}

// === impl WrongBytes ===

impl WrongBytes {
    fn of(evidence: &Evidence) -> Self {
        Self {
            source: evidence.bad.source.name.clone(),
            sha256: evidence.bad.sha256.to_string(),
            logged: evidence.logged.map(|logged| logged.to_string()),
        }
    }
}

// === impl Context ===

impl Context {
    /// The number of the case of these bytes: that of the same bytes before, or a new one, if its
    /// source may open one more.
    async fn case_number(
        &self,
        artifact: &Artifact,
        wrong: &WrongBytes,
        case: &Case,
    ) -> Option<u64> {
        if let Some(number) = self.wrong.case_of(artifact, wrong) {
            return Some(number);
        }
        if !self.wrong.may_open(&wrong.source, self.options.clock.now()) {
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
    pub(crate) async fn suspect(
        &self,
        artifact: &Artifact,
        caught: Caught,
        seen: Seen,
        failure: BodyFailure,
    ) -> Lost {
        let (key, reason) = (
            Key::Artifact(artifact.clone()),
            in_short(&failure.to_string()),
        );
        let (exhibit, aside) = match caught {
            Caught::Small(bytes) => {
                let exhibit = Exhibit::Memory(bytes.clone());
                (
                    Ok(exhibit),
                    self.store
                        .quarantine_small(&key, bytes, &seen.source, &reason)
                        .await,
                )
            }
            Caught::Sealed(sealed) => {
                let exhibit = Exhibit::of_sealed(&sealed);
                (
                    exhibit,
                    self.store
                        .quarantine(&key, sealed, &seen.source, &reason)
                        .await,
                )
            }
        };
        if let Err(error) = aside {
            tracing::error!(%error, "wrong bytes could not be put aside");
        }
        let (subject, known) = (artifact.clone(), failure.clone());
        let described = match exhibit {
            Ok(exhibit) => {
                self.heavily(move || Suspect::describe(&subject, exhibit, &seen, known))
                    .await
            }
            Err(error) => Some(Err(error)),
        };
        match described {
            Some(Ok(suspect)) if !suspect.is_logged() => Lost::Wrong(Box::new(suspect)),
            // It is what the database knows, and breaks the rules all the same.
            _ => Lost::Body(failure),
        }
    }
}

/// Bytes that nobody vouches for.
pub(crate) enum Caught {
    Small(Bytes),
    Sealed(SealedSpool),
}
