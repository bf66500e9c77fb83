//! Wrong versions: what was found wrong at its sources is answered from its case for a while.
//!
//! A version whose bytes are not those that the checksum database knows costs three transfers, a
//! case, and a line in the journal. Whoever asks next would pay the same again, though nothing is
//! known to have changed. So for [`RECHECK`] everybody is given the same refusal, with the number of
//! its case; after that the sources are asked again, so a source that was repaired heals within
//! minutes, and `POST /-/refresh/MODULE` makes it at once.
//!
//! Asking again mostly finds the same bytes. They are the same case then, not another one. And a
//! source that sends other wrong bytes each time opens a bounded number of cases an hour; beyond
//! that, wrong bytes are refused and counted as always, and not written down.

use gomod::{Artifact, ModulePath};
use jiff::Timestamp;
use moka::sync::Cache;
use parking_lot::Mutex;
use protocol::Refusal;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How long a version is not asked for again after it was found wrong: a bad mirror is repaired in
/// minutes at the earliest, and a build that is tried again and again is tried every few seconds.
pub(crate) const RECHECK: Duration = Duration::from_mins(5);

/// Versions that are remembered as wrong, about 2 kB each. More than a few at a time means that a
/// whole source is broken, and then its breaker is open.
const REMEMBERED: u64 = 1024;

/// Cases that one source may open in an hour: each is up to 20 kB of journal, which stays.
const CASES_PER_HOUR: u32 = 60;

/// Sources whose cases are counted: an operator's own, which are few.
const SOURCES: usize = 64;

const HOUR: Duration = Duration::from_hours(1);

/// What is remembered of wrong versions.
#[derive(Debug)]
pub struct WrongVersions {
    known: Cache<Artifact, Arc<WrongVersion>>,
    opened: Mutex<HashMap<String, CaseQuota>>,
}

/// What was wrong, who sent it, and what the database knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrongBytes {
    pub(crate) source: String,
    /// The hash that it has.
    pub(crate) sha256: String,
    /// The hash that it should have.
    pub(crate) logged: Option<String>,
}

#[derive(Debug)]
struct WrongVersion {
    bytes: WrongBytes,
    case: CaseReference,
    refusal: Refusal,
}

/// Under which case, if one was opened, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaseReference {
    pub(crate) number: Option<u64>,
    pub(crate) at: Timestamp,
}

/// Cases of one source in the present hour.
#[derive(Debug, Clone, Copy)]
struct CaseQuota {
    since: Timestamp,
    cases: u32,
}

// === impl WrongVersions ===

impl Default for WrongVersions {
    fn default() -> Self {
        Self {
            known: Cache::new(REMEMBERED),
            opened: Mutex::default(),
        }
    }
}

impl WrongVersions {
    /// What whoever asks for this artifact is told, if it was found wrong just now.
    pub(crate) fn recall(&self, artifact: &Artifact, now: Timestamp) -> Option<Refusal> {
        let wrong = self.known.get(artifact)?;
        let left = RECHECK.checked_sub(age(wrong.case.at, now))?;
        Some(Refusal {
            // Whole seconds, and not zero.
            retry_after: Some(Duration::from_secs(left.as_secs() + 1)),
            ..wrong.refusal.clone()
        })
    }

    /// The case of these bytes, if they were found wrong before.
    pub(crate) fn case_of(&self, artifact: &Artifact, bytes: &WrongBytes) -> Option<u64> {
        let wrong = self.known.get(artifact)?;
        (wrong.bytes == *bytes).then_some(wrong.case.number)?
    }

    /// Whether one more case of this source may be opened now; counts it.
    pub(crate) fn may_open(&self, source: &str, now: Timestamp) -> bool {
        let mut opened = self.opened.lock();
        if opened.len() >= SOURCES && !opened.contains_key(source) {
            opened.retain(|_, opened| age(opened.since, now) < HOUR);
        }
        let fresh = CaseQuota {
            since: now,
            cases: 0,
        };
        let of_source = opened.entry(source.to_owned()).or_insert(fresh);
        if age(of_source.since, now) >= HOUR {
            *of_source = fresh;
        }
        of_source.cases = of_source.cases.saturating_add(1);
        of_source.cases <= CASES_PER_HOUR
    }

    /// Remembers that an artifact was found wrong, and what is said about it.
    pub(crate) fn remember(
        &self,
        artifact: &Artifact,
        bytes: WrongBytes,
        case: CaseReference,
        refusal: &Refusal,
    ) {
        let wrong = WrongVersion {
            bytes,
            case,
            refusal: refusal.clone(),
        };
        self.known.insert(artifact.clone(), Arc::new(wrong));
    }

    /// The sources of a module are to be asked again; gives how many refusals were forgotten.
    pub fn forget(&self, module: &ModulePath, now: Timestamp) -> u64 {
        let of_module = self.known.iter();
        let of_module = of_module.filter(|(artifact, _)| artifact.module == *module);
        let mut forgotten = 0;
        for (artifact, wrong) in of_module {
            forgotten += u64::from(age(wrong.case.at, now) <= RECHECK);
            // The case stays known: the same bytes are the same case.
            let past = WrongVersion {
                bytes: wrong.bytes.clone(),
                case: CaseReference {
                    at: Timestamp::MIN,
                    ..wrong.case
                },
                refusal: wrong.refusal.clone(),
            };
            self.known.insert((*artifact).clone(), Arc::new(past));
        }
        forgotten
    }
}

/// How long ago; zero if it lies in the future, as after a clock was set back.
fn age(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::{CASES_PER_HOUR, CaseReference, RECHECK, WrongBytes, WrongVersions};
    use codes::Code;
    use gomod::{Artifact, ArtifactKind, ModulePath, Version};
    use jiff::Timestamp;
    use protocol::Refusal;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn artifact(path: &str) -> Artifact {
        Artifact {
            module: ModulePath::parse(path).unwrap(),
            version: Version::parse("v1.0.0").unwrap(),
            kind: ArtifactKind::Zip,
        }
    }

    fn bytes(sha256: &str) -> WrongBytes {
        WrongBytes {
            source: "https://a.example".to_owned(),
            sha256: sha256.to_owned(),
            logged: None,
        }
    }

    fn reference() -> CaseReference {
        CaseReference {
            number: Some(7),
            at: at(0),
        }
    }

    #[test]
    fn a_wrong_version_is_refused_for_minutes_and_its_bytes_stay_one_case() {
        let (wrong, zip) = (WrongVersions::default(), artifact("example.com/a"));
        let refusal = Refusal::new(Code::ChecksumMismatch, "case 7");
        assert!(wrong.recall(&zip, at(0)).is_none());
        wrong.remember(&zip, bytes("aa"), reference(), &refusal);
        let told = wrong.recall(&zip, at(60)).unwrap();
        assert_eq!(told.text, refusal.text);
        assert_eq!(told.retry_after.unwrap().as_secs(), 241);
        let over = i64::try_from(RECHECK.as_secs()).unwrap() + 1;
        assert!(wrong.recall(&zip, at(over)).is_none());
        assert_eq!(wrong.case_of(&zip, &bytes("aa")), Some(7));
        assert_eq!(wrong.case_of(&zip, &bytes("bb")), None);
    }

    #[test]
    fn a_refresh_has_the_sources_of_one_module_asked_again() {
        let wrong = WrongVersions::default();
        let (one, other) = (artifact("example.com/a"), artifact("example.com/b"));
        let refusal = Refusal::new(Code::ChecksumMismatch, "");
        for artifact in [&one, &other] {
            wrong.remember(artifact, bytes("aa"), reference(), &refusal);
        }
        assert_eq!(wrong.forget(&one.module, at(1)), 1);
        assert!(wrong.recall(&one, at(1)).is_none());
        assert_eq!(wrong.case_of(&one, &bytes("aa")), Some(7));
        assert!(wrong.recall(&other, at(1)).is_some());
        assert_eq!(wrong.forget(&one.module, at(1)), 0);
    }

    #[test]
    fn a_source_opens_a_bounded_number_of_cases_an_hour() {
        let wrong = WrongVersions::default();
        let opened = |second| {
            (0..1000)
                .filter(|_| wrong.may_open("a", at(second)))
                .count()
        };
        let bound = usize::try_from(CASES_PER_HOUR).unwrap();
        assert_eq!([opened(0), opened(3599), opened(3600)], [bound, 0, bound]);
        assert!(wrong.may_open("b", at(0)), "each source by itself");
    }
}
